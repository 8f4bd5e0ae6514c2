// SPDX-License-Identifier: MIT
#include "formats/onnx/ensemble.h"

#include "formats/format_error.h"
#include "formats/onnx/wire.h"
#include "model/limits.h"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_set>

namespace ml_inference {
namespace {

constexpr auto kKnownAttributes = std::to_array<std::string_view>(
    {"aggregate_function", "base_values", "base_values_as_tensor", "class_ids", "class_nodeids",
     "class_treeids", "class_weights", "class_weights_as_tensor", "classlabels_int64s",
     "classlabels_strings", "n_targets", "nodes_falsenodeids", "nodes_featureids",
     // How often training met a node: it decides nothing.
     "nodes_hitrates", "nodes_hitrates_as_tensor", "nodes_missing_value_tracks_true", "nodes_modes",
     "nodes_nodeids", "nodes_treeids", "nodes_truenodeids", "nodes_values",
     "nodes_values_as_tensor", "post_transform", "target_ids", "target_nodeids", "target_treeids",
     "target_weights", "target_weights_as_tensor"});

class EnsembleReader {
 public:
  EnsembleReader(const OnnxAttributes& attributes, OnnxEnsemble& ensemble)
      : attributes_(attributes), ensemble_(ensemble) {}

  void read(bool is_classifier) {
    attributes_.refuse_others_than(kKnownAttributes);
    ensemble_.is_classifier = is_classifier;
    read_settings();
    read_nodes();
    read_weights();
    read_base_values();
    look_at_weights();
  }

 private:
  template <class... Args>
  [[noreturn]] void refuse_here(Code code, fmt::format_string<Args...> format,
                                Args&&... args) const {
    refuse(code, "onnx: {}: {}", ensemble_.where, fmt::format(format, std::forward<Args>(args)...));
  }

  void read_settings() {
    ensemble_.transform =
        post_transform_named(attributes_.text("post_transform", "NONE"), ensemble_.where);
    const std::string_view aggregate = attributes_.text("aggregate_function", "SUM");
    constexpr std::array<std::pair<std::string_view, TreeAggregate>, 4> kAggregates = {
        {{"SUM", TreeAggregate::sum},
         {"AVERAGE", TreeAggregate::average},
         {"MIN", TreeAggregate::smallest},
         {"MAX", TreeAggregate::largest}}};
    const auto* found = std::ranges::find(kAggregates, aggregate,
                                          &std::pair<std::string_view, TreeAggregate>::first);
    if (found == kAggregates.end() || (ensemble_.is_classifier && aggregate != "SUM")) {
      refuse_here(Code::unimplemented,
                  "aggregate_function {} is not known here, expected 'SUM' or, in a regressor, "
                  "'AVERAGE', 'MIN' or 'MAX'",
                  quoted_text(aggregate));
    }
    ensemble_.aggregate = found->second;
    if (ensemble_.is_classifier) {
      ensemble_.class_labels =
          onnx_class_labels(attributes_, "classlabels_int64s", "classlabels_strings");
      ensemble_.output_count = ensemble_.class_labels.size();
      // onnxruntime picks a label beside the list here.
      if (ensemble_.output_count < 2) {
        refuse_here(Code::unimplemented, "{} class, expected at least 2", ensemble_.output_count);
      }
      return;
    }
    const std::int64_t target_count = attributes_.integer("n_targets", 1);
    if (target_count < 1 || target_count > static_cast<std::int64_t>(kOutputCountMax)) {
      refuse_here(Code::resource_exhausted, "{} targets, expected 1 to {}", target_count,
                  kOutputCountMax);
    }
    ensemble_.output_count = static_cast<std::size_t>(target_count);
  }

  void expect_size(std::string_view name, std::size_t size, std::size_t expected) const {
    if (size != expected) {
      refuse_here(Code::data_loss, "{} has {} values, expected {}", name, size, expected);
    }
  }

  [[nodiscard]] OnnxIntegers integers(std::string_view name, std::size_t expected) const {
    OnnxIntegers values = attributes_.integers(name);
    expect_size(name, values.size(), expected);
    return values;
  }

  void read_nodes() {
    ensemble_.tree_ids = attributes_.integers("nodes_treeids");
    const std::size_t count = ensemble_.tree_ids.size();
    if (count == 0)
      refuse_here(Code::data_loss, "nodes_treeids has no values, expected one a node");
    if (count > kNodeCountMax) {
      refuse_here(Code::resource_exhausted, "{} nodes, expected at most {}", count, kNodeCountMax);
    }
    count_trees();
    ensemble_.node_ids = integers("nodes_nodeids", count);
    ensemble_.feature_ids = integers("nodes_featureids", count);
    ensemble_.true_ids = integers("nodes_truenodeids", count);
    ensemble_.false_ids = integers("nodes_falsenodeids", count);
    read_modes(count);
    ensemble_.values = attributes_.numbers("nodes_values");
    expect_size("nodes_values", ensemble_.values.size(), count);
    if (attributes_.has("nodes_missing_value_tracks_true")) {
      ensemble_.tracks_true = attributes_.integers("nodes_missing_value_tracks_true");
      if (!ensemble_.tracks_true.empty()) {
        expect_size("nodes_missing_value_tracks_true", ensemble_.tracks_true.size(), count);
      }
    }
  }

  void count_trees() {
    std::unordered_set<std::int64_t> seen;
    std::optional<std::int64_t> last;
    for (const std::int64_t id : ensemble_.tree_ids) {
      if (id == last) continue;
      seen.insert(id);
      last = id;
      if (seen.size() > kTreeCountMax) {
        refuse_here(Code::resource_exhausted, "more than {} trees", kTreeCountMax);
      }
    }
    ensemble_.tree_count = seen.size();
  }

  void read_modes(std::size_t count) {
    static constexpr auto kModes =
        std::to_array<std::string_view>({"BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT",
                                         "BRANCH_EQ", "BRANCH_NEQ", "BRANCH_MEMBER", "LEAF"});
    expect_size("nodes_modes", attributes_.text_count("nodes_modes"), count);
    ensemble_.share = OnnxMemoryShare(attributes_.memory(), count, sizeof(TreeMode));
    ensemble_.modes.reserve(count);
    const auto read = [this](std::string_view text) {
      const auto* found = std::ranges::find(kModes, text);
      const auto mode = static_cast<TreeMode>(found - kModes.begin());
      if (found == kModes.end() || mode == TreeMode::member) refuse_mode(text);
      ensemble_.modes.push_back(mode);
    };
    for_each_bytes(attributes_.text_list("nodes_modes"), OnnxAttributes::kOnnxTexts, read);
  }

  [[noreturn]] void refuse_mode(std::string_view text) const {
    const std::size_t node = ensemble_.modes.size();
    refuse_here(Code::unimplemented,
                "tree {} node {}: mode {} is not known here, expected BRANCH_LEQ, _LT, _GT, "
                "_GTE, _EQ, _NEQ or LEAF",
                ensemble_.tree_ids[node], ensemble_.node_ids[node], quoted_text(text));
  }

  void read_weights() {
    const std::string kind = ensemble_.is_classifier ? "class" : "target";
    ensemble_.weight_tree_ids = attributes_.integers(kind + "_treeids");
    const std::size_t count = ensemble_.weight_tree_ids.size();
    if (count > kLeafValueCountMax) {
      refuse_here(Code::resource_exhausted, "{} weights, expected at most {}", count,
                  kLeafValueCountMax);
    }
    ensemble_.weight_node_ids = integers(kind + "_nodeids", count);
    ensemble_.output_ids = integers(kind + "_ids", count);
    ensemble_.weights = attributes_.numbers(kind + "_weights");
    expect_size(kind + "_weights", ensemble_.weights.size(), count);
    for (const std::int64_t id : ensemble_.output_ids) {
      if (id < 0 || id >= static_cast<std::int64_t>(ensemble_.output_count)) {
        refuse_here(Code::data_loss, "{}_ids holds {}, expected 0 to {}", kind, id,
                    ensemble_.output_count - 1);
      }
    }
  }

  void read_base_values() {
    const OnnxNumbers base = attributes_.numbers("base_values");
    const std::size_t count = base.size();
    if (count == 0) return;
    const bool is_one_of_two = ensemble_.is_classifier && ensemble_.output_count == 2 && count == 1;
    if (!is_one_of_two) expect_size("base_values", count, ensemble_.output_count);
    for (std::size_t index = 0; index < count; ++index) {
      ensemble_.base_values.push_back(base[index]);
    }
  }

  void look_at_weights() {
    bool first = false;
    bool second = false;
    for (std::size_t weight = 0; weight < ensemble_.weight_count(); ++weight) {
      first = first || ensemble_.output_ids[weight] == 0;
      second = second || ensemble_.output_ids[weight] == 1;
      if (ensemble_.weights[weight] < 0) ensemble_.all_positive = false;
    }
    if (!ensemble_.is_classifier || ensemble_.output_count != 2) return;
    ensemble_.two = first && second ? TwoClasses::by_both
                    : second        ? TwoClasses::by_second
                                    : TwoClasses::by_first;
  }

  const OnnxAttributes& attributes_;
  OnnxEnsemble& ensemble_;
};

}  // namespace

std::size_t OnnxEnsemble::least_feature_count() const {
  std::int64_t largest = 0;
  for (std::size_t node = 0; node < node_count(); ++node) {
    if (modes[node] != TreeMode::leaf) largest = std::max(largest, feature_ids[node]);
  }
  return static_cast<std::size_t>(largest) + 1;
}

PostTransform post_transform_named(std::string_view name, std::string_view where) {
  if (name == "NONE") return PostTransform::none;
  if (name == "LOGISTIC") return PostTransform::logistic;
  if (name == "SOFTMAX") return PostTransform::softmax;
  if (name == "SOFTMAX_ZERO") return PostTransform::softmax_zero;
  if (name == "PROBIT") return PostTransform::probit;
  refuse(Code::unimplemented,
         "onnx: {}: post_transform {} is not known here, expected 'NONE', 'LOGISTIC', 'SOFTMAX', "
         "'SOFTMAX_ZERO' or 'PROBIT'",
         where, quoted_text(name));
}

std::vector<Label> onnx_class_labels(const OnnxAttributes& attributes,
                                     std::string_view numbers_name, std::string_view texts_name) {
  const OnnxIntegers numbers = attributes.integers(numbers_name);
  const std::vector<std::string_view> texts = attributes.texts(texts_name);
  if (!numbers.empty() && !texts.empty()) {
    refuse(Code::data_loss, "onnx: {}: class labels are given as numbers and as texts",
           attributes.where());
  }
  if (numbers.size() + texts.size() > kOutputCountMax) {
    refuse(Code::resource_exhausted, "onnx: {}: {} class labels, expected at most {}",
           attributes.where(), numbers.size() + texts.size(), kOutputCountMax);
  }
  std::vector<Label> labels(numbers.begin(), numbers.end());
  for (const std::string_view text : texts) labels.emplace_back(std::string(text));
  return labels;
}

OnnxEnsemble read_onnx_ensemble(const OnnxAttributes& attributes, std::string_view type) {
  OnnxEnsemble ensemble{.where = attributes.where(), .memory = &attributes.memory()};
  if (type == "TreeEnsemble") {
    read_joined_ensemble(attributes, ensemble);
  } else {
    EnsembleReader(attributes, ensemble).read(type == "TreeEnsembleClassifier");
  }
  return ensemble;
}

}  // namespace ml_inference
