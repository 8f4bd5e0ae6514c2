// SPDX-License-Identifier: MIT
// TreeEnsemble of ai.onnx.ml 5, whose arrays name nodes by their place and leaves apart, becomes
// the arrays of the versions before.
#include "formats/format_error.h"
#include "formats/onnx/ensemble.h"
#include "formats/onnx/tensor.h"
#include "model/limits.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

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
      : attributes_(attributes), ensemble_(ensemble) {}

  void read() {
    attributes_.refuse_others_than(kKnownAttributes);
    read_settings();
    read_nodes();
    read_leaves();
    read_members();
    const OnnxIntegers roots = attributes_.integers("tree_roots");
    if (roots.size() > kTreeCountMax) {
      refuse_here(Code::resource_exhausted, "more trees than {}", kTreeCountMax);
    }
    make_room(roots.size());
    for (const std::int64_t root : roots) add_tree(root);
    if (tree_ == 0) refuse_here(Code::data_loss, "tree_roots has no values, expected one a tree");
    cut();
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

  [[nodiscard]] OnnxIntegers integers(std::string_view name, std::size_t expected) const {
    OnnxIntegers values = attributes_.integers(name);
    if (values.size() != expected) {
      refuse_here(Code::data_loss, "{} has {} values, expected {}", name, values.size(), expected);
    }
    return values;
  }

  // Floats or doubles; none when there is no such attribute.
  [[nodiscard]] OnnxNumbers reals(std::string_view name) const {
    const std::optional<OnnxTensorFields> given = attributes_.tensor(name);
    if (!given) return {};
    return {*given, fmt::format("{}: {}", ensemble_.where, name), attributes_.memory()};
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
    if (!tracks_true_.empty()) {
      static_cast<void>(integers("nodes_missing_value_tracks_true", count));
    }
    splits_ = reals("nodes_splits");
    read_modes(count);
    if (splits_.size() != count || modes_.size() != count) {
      refuse_here(Code::data_loss, "nodes_splits has {} values and nodes_modes {}, expected {}",
                  splits_.size(), modes_.size(), count);
    }
    is_reached_.assign(count, false);
  }

  void read_modes(std::size_t count) {
    const std::optional<OnnxTensorFields> given = attributes_.tensor("nodes_modes");
    if (!given) return;
    modes_share_ = OnnxMemoryShare(attributes_.memory(), count, sizeof(TreeMode));
    modes_.reserve(count);
    for_each_onnx_number(
        *given, count, fmt::format("{}: nodes_modes", ensemble_.where), [this](double mode) {
          if (!(mode >= 0 && mode <= 6)) {
            refuse_here(Code::data_loss, "nodes_modes holds {}, expected 0 to 6", mode);
          }
          modes_.push_back(static_cast<TreeMode>(static_cast<int>(mode)));
        });
  }

  void read_leaves() {
    leaf_targets_ = attributes_.integers("leaf_targetids");
    leaf_weights_ = reals("leaf_weights");
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
    const OnnxNumbers given = reals("membership_values");
    if (std::ranges::find(modes_, TreeMode::member) == modes_.end()) return;
    attributes_.memory().take(given.size() + 1, sizeof(double));
    std::vector<double>& values = ensemble_.members;
    values.reserve(given.size() + 1);
    for (std::size_t index = 0; index < given.size(); ++index) values.push_back(given[index]);
    if (!values.empty() && !std::isnan(values.back())) {
      values.push_back(std::numeric_limits<double>::quiet_NaN());
    }
    member_begins_ = OnnxIntegers(modes_.size(), 0, static_cast<std::int64_t>(values.size()),
                                  attributes_.memory());
    std::size_t next = 0;
    for (std::size_t node = 0; node < modes_.size(); ++node) {
      if (modes_[node] != TreeMode::member) continue;
      if (next >= values.size()) {
        refuse_here(Code::data_loss, "membership_values has no values for node {}", node);
      }
      member_begins_.set(node, static_cast<std::int64_t>(next));
      while (!std::isnan(values[next])) ++next;
      ++next;
    }
  }

  // Room for all nodes and for a leaf more in each tree.
  void make_room(std::size_t root_count) {
    OnnxMemory& memory = attributes_.memory();
    const std::size_t leaves = modes_.size() + root_count;
    const std::size_t entries = modes_.size() + leaves;
    const auto trees = static_cast<std::int64_t>(root_count);
    const auto nodes = static_cast<std::int64_t>(entries);
    std::int64_t least = 0;
    std::int64_t most = 0;
    for (const std::int64_t feature : feature_ids_) {
      least = std::min(least, feature);
      most = std::max(most, feature);
    }
    ensemble_.tree_ids = OnnxIntegers(entries, 0, trees, memory);
    ensemble_.node_ids = OnnxIntegers(entries, 0, nodes, memory);
    ensemble_.feature_ids = OnnxIntegers(entries, least, most, memory);
    ensemble_.true_ids = OnnxIntegers(entries, 0, nodes, memory);
    ensemble_.false_ids = OnnxIntegers(entries, 0, nodes, memory);
    ensemble_.tracks_true = OnnxIntegers(entries, 0, 1, memory);
    // Where a member's list begins is exact as a float up to 2^24.
    const bool is_wide = splits_.width() == sizeof(double) || ensemble_.members.size() >> 24 != 0;
    ensemble_.values = OnnxNumbers(entries, is_wide ? sizeof(double) : sizeof(float), memory);
    ensemble_.share = OnnxMemoryShare(memory, entries, sizeof(TreeMode));
    ensemble_.modes.reserve(entries);
    ensemble_.weight_tree_ids = OnnxIntegers(leaves, 0, trees, memory);
    ensemble_.weight_node_ids = OnnxIntegers(leaves, 0, nodes, memory);
    ensemble_.output_ids =
        OnnxIntegers(leaves, 0, static_cast<std::int64_t>(ensemble_.output_count), memory);
    ensemble_.weights = OnnxNumbers(leaves, leaf_weights_.width(), memory);
  }

  // A node or a leaf that still has to be added, and what leads to it.
  struct Frame {
    std::int64_t index;
    bool is_leaf;
    OnnxIntegers* link;  // true_ids or false_ids, or null for the root
    std::size_t parent;
  };

  void add_tree(std::int64_t root) {
    const std::size_t at = checked(root, modes_.size(), "tree_roots");
    // A tree of one leaf is a node whose both sides are that leaf.
    const bool is_leaf =
        true_ids_[at] == false_ids_[at] && true_leaves_[at] != 0 && false_leaves_[at] != 0;
    number_ = 0;
    std::vector<Frame> open = {{is_leaf ? true_ids_[at] : root, is_leaf, nullptr, 0}};
    if (is_leaf) reach(at);
    while (!open.empty()) {
      const Frame frame = open.back();
      open.pop_back();
      if (frame.link != nullptr) frame.link->set(frame.parent, number_);
      if (frame.is_leaf) {
        add_leaf(checked(frame.index, leaf_targets_.size(), "a leaf"));
        continue;
      }
      const std::size_t node = checked(frame.index, modes_.size(), "a node");
      reach(node);
      const std::size_t place = add_node(node);
      open.push_back({false_ids_[node], false_leaves_[node] != 0, &ensemble_.false_ids, place});
      open.push_back({true_ids_[node], true_leaves_[node] != 0, &ensemble_.true_ids, place});
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

  std::size_t add_entry(std::int64_t feature, TreeMode mode, double value, bool tracks_true) {
    const std::size_t entry = ensemble_.modes.size();
    ensemble_.tree_ids.set(entry, tree_);
    ensemble_.node_ids.set(entry, number_++);
    ensemble_.feature_ids.set(entry, feature);
    ensemble_.tracks_true.set(entry, tracks_true ? 1 : 0);
    ensemble_.values.set(entry, value);
    ensemble_.modes.push_back(mode);
    return entry;
  }

  std::size_t add_node(std::size_t node) {
    const TreeMode mode = modes_[node];
    const double value =
        mode == TreeMode::member ? static_cast<double>(member_begins_[node]) : splits_[node];
    return add_entry(feature_ids_[node], mode, value,
                     !tracks_true_.empty() && tracks_true_[node] == 1);
  }

  void add_leaf(std::size_t leaf) {
    ensemble_.weight_tree_ids.set(leaf_count_, tree_);
    ensemble_.weight_node_ids.set(leaf_count_, number_);
    ensemble_.output_ids.set(leaf_count_, leaf_targets_[leaf]);
    ensemble_.weights.set(leaf_count_, leaf_weights_[leaf]);
    ++leaf_count_;
    add_entry(0, TreeMode::leaf, 0, false);
  }

  // Nodes that no tree reaches are left out.
  void cut() {
    const std::size_t entries = ensemble_.modes.size();
    ensemble_.tree_ids.truncate(entries);
    ensemble_.node_ids.truncate(entries);
    ensemble_.feature_ids.truncate(entries);
    ensemble_.true_ids.truncate(entries);
    ensemble_.false_ids.truncate(entries);
    ensemble_.tracks_true.truncate(entries);
    ensemble_.values.truncate(entries);
    ensemble_.weight_tree_ids.truncate(leaf_count_);
    ensemble_.weight_node_ids.truncate(leaf_count_);
    ensemble_.output_ids.truncate(leaf_count_);
    ensemble_.weights.truncate(leaf_count_);
    ensemble_.tree_count = static_cast<std::size_t>(tree_);
  }

  const OnnxAttributes& attributes_;
  OnnxEnsemble& ensemble_;
  OnnxIntegers feature_ids_, true_ids_, false_ids_, true_leaves_, false_leaves_;
  OnnxIntegers tracks_true_, leaf_targets_;
  OnnxNumbers splits_, leaf_weights_;
  std::vector<TreeMode> modes_;
  OnnxMemoryShare modes_share_;
  OnnxIntegers member_begins_;  // by node
  std::size_t leaf_count_ = 0;
  std::vector<bool> is_reached_;
  std::int64_t tree_ = 0;
  std::int64_t number_ = 0;  // of the next node of the tree
};

}  // namespace

void read_joined_ensemble(const OnnxAttributes& attributes, OnnxEnsemble& ensemble) {
  JoinedReader(attributes, ensemble).read();
}

}  // namespace ml_inference
