// SPDX-License-Identifier: MIT
// TreeEnsemble of ai.onnx.ml 5, whose arrays name nodes by their place and leaves apart, becomes
// the arrays of the versions before.
#include "formats/format_error.h"
#include "formats/onnx/ensemble.h"
#include "formats/onnx/tensor.h"
#include "model/limits.h"

#include <array>
#include <cmath>
#include <limits>

namespace ml_inference {
namespace {

constexpr auto kKnownAttributes = std::to_array<std::string_view>(
    {"aggregate_function", "leaf_targetids", "leaf_weights", "membership_values", "n_targets",
     "nodes_falseleafs", "nodes_falsenodeids", "nodes_featureids", "nodes_hitrates",
     "nodes_missing_value_tracks_true", "nodes_modes", "nodes_splits", "nodes_trueleafs",
     "nodes_truenodeids", "post_transform", "tree_roots"});

class JoinedReader {
 public:
  JoinedReader(const OnnxAttributes& attributes, OnnxEnsemble& ensemble)
      : attributes_(attributes), ensemble_(ensemble), owned_(ensemble.owned) {}

  void read() {
    attributes_.refuse_others_than(kKnownAttributes);
    read_settings();
    read_nodes();
    read_leaves();
    read_members();
    for (const std::int64_t root : attributes_.integers("tree_roots")) add_tree(root);
    if (tree_ == 0) refuse_here(Code::data_loss, "tree_roots has no values, expected one a tree");
    view_owned();
  }

 private:
  template <class... Args>
  [[noreturn]] void refuse_here(Code code, fmt::format_string<Args...> format,
                                Args&&... args) const {
    refuse(code, "onnx: {}: {}", ensemble_.where, fmt::format(format, std::forward<Args>(args)...));
  }

  void read_settings() {
    constexpr std::array kAggregates = {TreeAggregate::average, TreeAggregate::sum,
                                        TreeAggregate::smallest, TreeAggregate::largest};
    // The specification has SOFTMAX for 1 and LOGISTIC for 2; onnxruntime 1.32 has them the other
    // way round, and its answers are the ones that count.
    constexpr std::array kTransforms = {PostTransform::none, PostTransform::logistic,
                                        PostTransform::softmax, PostTransform::softmax_zero,
                                        PostTransform::probit};
    ensemble_.aggregate = kAggregates[choice("aggregate_function", 1, kAggregates.size())];
    ensemble_.transform = kTransforms[choice("post_transform", 0, kTransforms.size())];
    const std::int64_t target_count = attributes_.integer("n_targets", 1);
    if (target_count < 1 || target_count > static_cast<std::int64_t>(kOutputCountMax)) {
      refuse_here(Code::resource_exhausted, "{} targets, expected 1 to {}", target_count,
                  kOutputCountMax);
    }
    ensemble_.output_count = static_cast<std::size_t>(target_count);
  }

  std::size_t choice(std::string_view name, std::int64_t otherwise, std::size_t count) const {
    const std::int64_t chosen = attributes_.integer(name, otherwise);
    if (chosen < 0 || chosen >= static_cast<std::int64_t>(count)) {
      refuse_here(Code::unimplemented, "{} is {}, expected 0 to {}", name, chosen, count - 1);
    }
    return static_cast<std::size_t>(chosen);
  }

  std::span<const std::int64_t> integers(std::string_view name, std::size_t expected) const {
    const auto values = attributes_.integers(name);
    if (values.size() != expected) {
      refuse_here(Code::data_loss, "{} has {} values, expected {}", name, values.size(), expected);
    }
    return values;
  }

  OnnxTensor tensor(std::string_view name, std::size_t count_max) const {
    const onnx::TensorProto* given = attributes_.tensor(name);
    if (given == nullptr) return {};
    return read_onnx_tensor(*given, count_max, fmt::format("{}: {}", ensemble_.where, name));
  }

  void read_nodes() {
    feature_ids_ = attributes_.integers("nodes_featureids");
    const std::size_t count = feature_ids_.size();
    if (count == 0 || count > kNodeCountMax) {
      refuse_here(Code::resource_exhausted, "{} nodes, expected 1 to {}", count, kNodeCountMax);
    }
    true_ids_ = integers("nodes_truenodeids", count);
    false_ids_ = integers("nodes_falsenodeids", count);
    true_leaves_ = integers("nodes_trueleafs", count);
    false_leaves_ = integers("nodes_falseleafs", count);
    tracks_true_ = attributes_.integers("nodes_missing_value_tracks_true");
    if (!tracks_true_.empty()) integers("nodes_missing_value_tracks_true", count);
    splits_ = tensor("nodes_splits", count).numbers;
    modes_ = tensor("nodes_modes", count).numbers;
    if (splits_.size() != count || modes_.size() != count) {
      refuse_here(Code::data_loss, "nodes_splits has {} values and nodes_modes {}, expected {}",
                  splits_.size(), modes_.size(), count);
    }
    for (const double mode : modes_) {
      if (!(mode >= 0 && mode <= 6)) {
        refuse_here(Code::data_loss, "nodes_modes holds {}, expected 0 to 6", mode);
      }
    }
    is_reached_.assign(count, false);
  }

  void read_leaves() {
    leaf_targets_ = attributes_.integers("leaf_targetids");
    leaf_weights_ = tensor("leaf_weights", kLeafValueCountMax).numbers;
    if (leaf_weights_.size() != leaf_targets_.size()) {
      refuse_here(Code::data_loss, "leaf_weights has {} values, expected {}", leaf_weights_.size(),
                  leaf_targets_.size());
    }
    for (const std::int64_t target : leaf_targets_) {
      if (target < 0 || target >= static_cast<std::int64_t>(ensemble_.output_count)) {
        refuse_here(Code::data_loss, "leaf_targetids holds {}, expected 0 to {}", target,
                    ensemble_.output_count - 1);
      }
    }
  }

  // By node that asks for a member, where its values begin; each list ends with NaN.
  void read_members() {
    std::vector<double> values = tensor("membership_values", kLeafValueCountMax).numbers;
    if (!values.empty() && !std::isnan(values.back())) {
      values.push_back(std::numeric_limits<double>::quiet_NaN());
    }
    member_begins_.assign(modes_.size(), 0);
    std::size_t next = 0;
    for (std::size_t node = 0; node < modes_.size(); ++node) {
      if (mode_of(node) != TreeMode::member) continue;
      if (next >= values.size()) {
        refuse_here(Code::data_loss, "membership_values has no values for node {}", node);
      }
      member_begins_[node] = next;
      while (!std::isnan(values[next])) ++next;
      ++next;
    }
    ensemble_.members = std::move(values);
  }

  [[nodiscard]] TreeMode mode_of(std::size_t node) const {
    return static_cast<TreeMode>(static_cast<int>(modes_[node]));
  }

  // A node or a leaf that still has to be added, and what leads to it.
  struct Frame {
    std::int64_t index;
    bool is_leaf;
    std::vector<std::int64_t>* link;  // true_ids or false_ids, or null for the root
    std::size_t parent;
  };

  void add_tree(std::int64_t root) {
    const std::size_t at = checked(root, modes_.size(), "tree_roots");
    // A tree of one leaf is a node whose both sides are that leaf.
    const bool is_leaf =
        true_ids_[at] == false_ids_[at] && true_leaves_[at] != 0 && false_leaves_[at] != 0;
    if (tree_ == static_cast<std::int64_t>(kTreeCountMax)) {
      refuse_here(Code::resource_exhausted, "more trees than {}", kTreeCountMax);
    }
    number_ = 0;
    std::vector<Frame> open = {{is_leaf ? true_ids_[at] : root, is_leaf, nullptr, 0}};
    if (is_leaf) reach(at);
    while (!open.empty()) {
      const Frame frame = open.back();
      open.pop_back();
      if (frame.link != nullptr) (*frame.link)[frame.parent] = number_;
      if (frame.is_leaf) {
        add_leaf(checked(frame.index, leaf_targets_.size(), "a leaf"));
        continue;
      }
      const std::size_t node = checked(frame.index, modes_.size(), "a node");
      reach(node);
      const std::size_t place = add_node(node);
      open.push_back({false_ids_[node], false_leaves_[node] != 0, &owned_.false_ids, place});
      open.push_back({true_ids_[node], true_leaves_[node] != 0, &owned_.true_ids, place});
    }
    ++tree_;
  }

  std::size_t checked(std::int64_t index, std::size_t count, std::string_view what) const {
    if (index < 0 || index >= static_cast<std::int64_t>(count)) {
      refuse_here(Code::data_loss, "{} is {}, expected 0 to {}", what, index,
                  static_cast<std::int64_t>(count) - 1);
    }
    return static_cast<std::size_t>(index);
  }

  // Each node belongs to one place, so that walking ends.
  void reach(std::size_t node) {
    if (is_reached_[node]) {
      refuse_here(Code::invalid_argument, "node {} is reached twice, expected trees", node);
    }
    is_reached_[node] = true;
  }

  std::size_t add_entry(std::int64_t feature, TreeMode mode, double value, std::int64_t tracks) {
    owned_.tree_ids.push_back(tree_);
    owned_.node_ids.push_back(number_++);
    owned_.feature_ids.push_back(feature);
    owned_.true_ids.push_back(0);
    owned_.false_ids.push_back(0);
    owned_.tracks_true.push_back(tracks);
    owned_.values.push_back(value);
    ensemble_.modes.push_back(mode);
    return owned_.tree_ids.size() - 1;
  }

  std::size_t add_node(std::size_t node) {
    const TreeMode mode = mode_of(node);
    const double value =
        mode == TreeMode::member ? static_cast<double>(member_begins_[node]) : splits_[node];
    return add_entry(feature_ids_[node], mode, value,
                     tracks_true_.empty() ? 0 : tracks_true_[node]);
  }

  void add_leaf(std::size_t leaf) {
    owned_.weight_tree_ids.push_back(tree_);
    owned_.weight_node_ids.push_back(number_);
    owned_.output_ids.push_back(leaf_targets_[leaf]);
    owned_.weights.push_back(leaf_weights_[leaf]);
    add_entry(0, TreeMode::leaf, 0, 0);
  }

  void view_owned() {
    ensemble_.tree_ids = owned_.tree_ids;
    ensemble_.node_ids = owned_.node_ids;
    ensemble_.feature_ids = owned_.feature_ids;
    ensemble_.true_ids = owned_.true_ids;
    ensemble_.false_ids = owned_.false_ids;
    ensemble_.tracks_true = owned_.tracks_true;
    ensemble_.values = OnnxNumbers(std::span<const double>(owned_.values));
    ensemble_.weight_tree_ids = owned_.weight_tree_ids;
    ensemble_.weight_node_ids = owned_.weight_node_ids;
    ensemble_.output_ids = owned_.output_ids;
    ensemble_.weights = OnnxNumbers(std::span<const double>(owned_.weights));
  }

  const OnnxAttributes& attributes_;
  OnnxEnsemble& ensemble_;
  OnnxEnsemble::Owned& owned_;
  std::span<const std::int64_t> feature_ids_, true_ids_, false_ids_, true_leaves_, false_leaves_;
  std::span<const std::int64_t> tracks_true_, leaf_targets_;
  std::vector<double> splits_, modes_, leaf_weights_;
  std::vector<std::size_t> member_begins_;  // by node
  std::vector<bool> is_reached_;
  std::int64_t tree_ = 0;
  std::int64_t number_ = 0;  // of the next node of the tree
};

}  // namespace

void read_joined_ensemble(const OnnxAttributes& attributes, OnnxEnsemble& ensemble) {
  JoinedReader(attributes, ensemble).read();
}

}  // namespace ml_inference
