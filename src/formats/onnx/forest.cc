// SPDX-License-Identifier: MIT
#include "formats/onnx/forest.h"

#include "formats/format_error.h"
#include "model/forest_builder.h"
#include "model/limits.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <queue>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

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

// An index into the arrays of nodes or of weights.
using Index = std::uint32_t;

constexpr std::size_t kNowhere = std::numeric_limits<std::size_t>::max();

// How the weights of a leaf become its values.
enum class Columns {
  as_given,        // a weight for each output that it names
  one_minus,       // two classes, one weight s, none negative: 1 - s and s
  minus_and_plus,  // two classes, one weight s, some negative: -s and s
};

struct Nodes {
  std::span<const std::int64_t> tree_ids, node_ids, feature_ids, true_ids, false_ids, tracks_true;
  std::span<const std::string* const> modes;
  OnnxNumbers values;

  [[nodiscard]] std::size_t size() const { return tree_ids.size(); }
};

struct Weights {
  std::span<const std::int64_t> tree_ids, node_ids, output_ids;
  OnnxNumbers values;

  [[nodiscard]] std::size_t size() const { return tree_ids.size(); }
};

// A weight on its way to its leaf.
struct PlacedWeight {
  Index tree;   // in the order of the file
  Index first;  // the first weight of the leaf in the file
  Index weight;
  Index position;  // of the leaf, in Trees::order
};

// The nodes by tree, and in a tree by node id.
struct Trees {
  std::vector<Index> order;       // of the nodes
  std::vector<std::size_t> ends;  // by tree: where it ends in `order`
  std::unordered_map<std::int64_t, std::size_t> rank_by_id;

  [[nodiscard]] std::size_t begin(std::size_t tree) const { return tree == 0 ? 0 : ends[tree - 1]; }
};

class ForestReader {
 public:
  ForestReader(const OnnxGraph& graph, std::size_t memory_max)
      : graph_(graph), attributes_(graph.ensemble), memory_max_(memory_max) {}

  Forest read() {
    attributes_.refuse_others_than(kKnownAttributes);
    refuse_other_settings();
    read_nodes();
    read_weights();
    read_base_values();
    sort_nodes();
    place_weights();
    decide_columns();
    return build();
  }

 private:
  [[nodiscard]] bool is_classifier() const { return graph_.task == Task::classification; }
  [[nodiscard]] const std::string& where() const { return attributes_.where(); }

  template <class... Args>
  [[noreturn]] void refuse_here(Code code, fmt::format_string<Args...> format,
                                Args&&... args) const {
    refuse(code, "onnx: {}: {}", where(), fmt::format(format, std::forward<Args>(args)...));
  }

  void refuse_other_settings() {
    const std::string_view transform = attributes_.text("post_transform", "NONE");
    if (transform != "NONE") {
      refuse_here(Code::unimplemented, "post_transform {} is not known here, expected 'NONE'",
                  quoted_text(transform));
    }
    const std::string_view aggregate = attributes_.text("aggregate_function", "SUM");
    if (aggregate != "SUM" && (aggregate != "AVERAGE" || is_classifier())) {
      refuse_here(Code::unimplemented,
                  "aggregate_function {} is not known here, expected 'SUM' or, in a regressor, "
                  "'AVERAGE'",
                  quoted_text(aggregate));
    }
    averages_ = aggregate == "AVERAGE";
    output_count_ = is_classifier() ? graph_.class_labels.size() : 1;
    const std::int64_t target_count = attributes_.integer("n_targets", 1);
    if (target_count != 1) {
      refuse_here(Code::unimplemented, "{} targets, expected 1", target_count);
    }
    if (is_classifier() && output_count_ < 2) {
      // onnxruntime picks a label beside the list here.
      refuse_here(Code::unimplemented, "1 class, expected at least 2");
    }
  }

  void expect_size(std::string_view name, std::size_t size, std::size_t expected) const {
    if (size != expected) {
      refuse_here(Code::data_loss, "{} has {} values, expected {}", name, size, expected);
    }
  }

  std::span<const std::int64_t> integers(std::string_view name, std::size_t expected) const {
    const auto values = attributes_.integers(name);
    expect_size(name, values.size(), expected);
    return values;
  }

  void read_nodes() {
    nodes_.tree_ids = attributes_.integers("nodes_treeids");
    const std::size_t count = nodes_.tree_ids.size();
    if (count == 0)
      refuse_here(Code::data_loss, "nodes_treeids has no values, expected one a node");
    if (count > kNodeCountMax) {
      refuse_here(Code::resource_exhausted, "{} nodes, expected at most {}", count, kNodeCountMax);
    }
    nodes_.node_ids = integers("nodes_nodeids", count);
    nodes_.feature_ids = integers("nodes_featureids", count);
    nodes_.true_ids = integers("nodes_truenodeids", count);
    nodes_.false_ids = integers("nodes_falsenodeids", count);
    nodes_.modes = attributes_.texts("nodes_modes");
    expect_size("nodes_modes", nodes_.modes.size(), count);
    nodes_.values = attributes_.numbers("nodes_values");
    expect_size("nodes_values", nodes_.values.size(), count);
    if (attributes_.has("nodes_missing_value_tracks_true")) {
      nodes_.tracks_true = attributes_.integers("nodes_missing_value_tracks_true");
      if (!nodes_.tracks_true.empty()) {
        expect_size("nodes_missing_value_tracks_true", nodes_.tracks_true.size(), count);
      }
    }
  }

  void read_weights() {
    const std::string kind = is_classifier() ? "class" : "target";
    weights_.tree_ids = attributes_.integers(kind + "_treeids");
    const std::size_t count = weights_.tree_ids.size();
    if (count > kLeafValueCountMax) {
      refuse_here(Code::resource_exhausted, "{} weights, expected at most {}", count,
                  kLeafValueCountMax);
    }
    weights_.node_ids = integers(kind + "_nodeids", count);
    weights_.output_ids = integers(kind + "_ids", count);
    weights_.values = attributes_.numbers(kind + "_weights");
    expect_size(kind + "_weights", weights_.values.size(), count);
    for (const std::int64_t id : weights_.output_ids) {
      if (id < 0 || id >= static_cast<std::int64_t>(output_count_)) {
        refuse_here(Code::data_loss, "{}_ids holds {}, expected 0 to {}", kind, id,
                    output_count_ - 1);
      }
    }
  }

  void read_base_values() {
    base_values_ = attributes_.numbers("base_values");
    const std::size_t count = base_values_.size();
    if (count == 0) return;
    expect_size("base_values", count, output_count_);
    if (averages_ || (is_classifier() && output_count_ == 2)) {
      refuse_here(Code::unimplemented, "base_values with {} are not known here",
                  averages_ ? "an average" : "two classes");
    }
  }

  void sort_nodes() {
    for (const std::int64_t id : nodes_.tree_ids) {
      trees_.rank_by_id.try_emplace(id, trees_.rank_by_id.size());
    }
    if (trees_.rank_by_id.size() > kTreeCountMax) {
      refuse_here(Code::resource_exhausted, "{} trees, expected at most {}",
                  trees_.rank_by_id.size(), kTreeCountMax);
    }
    std::vector<Index> ranks(nodes_.size());
    trees_.ends.assign(trees_.rank_by_id.size(), 0);
    trees_.order.resize(nodes_.size());
    for (Index node = 0; node < nodes_.size(); ++node) {
      ranks[node] = static_cast<Index>(trees_.rank_by_id.at(nodes_.tree_ids[node]));
      ++trees_.ends[ranks[node]];
      trees_.order[node] = node;
    }
    std::ranges::sort(trees_.order, [&](Index left, Index right) {
      return std::pair(ranks[left], nodes_.node_ids[left]) <
             std::pair(ranks[right], nodes_.node_ids[right]);
    });
    for (std::size_t tree = 1; tree < trees_.ends.size(); ++tree) {
      trees_.ends[tree] += trees_.ends[tree - 1];
    }
    for (std::size_t tree = 0; tree < trees_.ends.size(); ++tree) refuse_twins(tree);
  }

  void refuse_twins(std::size_t tree) const {
    for (std::size_t at = trees_.begin(tree); at + 1 < trees_.ends[tree]; ++at) {
      const std::int64_t id = nodes_.node_ids[trees_.order[at]];
      if (id == nodes_.node_ids[trees_.order[at + 1]]) {
        refuse_here(Code::data_loss, "{}: the node is given twice", node_text(at));
      }
    }
  }

  // Where a node of a tree stands in trees_.order, or kNowhere.
  [[nodiscard]] std::size_t position_of(std::size_t tree, std::int64_t node_id) const {
    const auto begin = trees_.order.begin() + static_cast<std::ptrdiff_t>(trees_.begin(tree));
    const auto end = trees_.order.begin() + static_cast<std::ptrdiff_t>(trees_.ends[tree]);
    const auto found = std::ranges::lower_bound(begin, end, node_id, {},
                                                [&](Index node) { return nodes_.node_ids[node]; });
    if (found == end || nodes_.node_ids[*found] != node_id) return kNowhere;
    return static_cast<std::size_t>(found - trees_.order.begin());
  }

  // "tree 3 node 17", with the ids of the file.
  [[nodiscard]] std::string node_text(std::size_t position) const {
    const Index node = trees_.order[position];
    return fmt::format("tree {} node {}", nodes_.tree_ids[node], nodes_.node_ids[node]);
  }

  [[nodiscard]] bool is_leaf(std::size_t position) const {
    return *nodes_.modes[trees_.order[position]] == "LEAF";
  }

  // Sorts the weights by leaf: leaves by tree and then by their first weight, the weights of one
  // leaf in the order of the file.
  void place_weights() {
    constexpr Index kNone = std::numeric_limits<Index>::max();
    std::vector<Index> first(nodes_.size(), kNone);  // by position
    placed_.reserve(weights_.size());
    for (Index weight = 0; weight < weights_.size(); ++weight) {
      const auto tree = trees_.rank_by_id.find(weights_.tree_ids[weight]);
      const std::size_t position = tree == trees_.rank_by_id.end()
                                       ? kNowhere
                                       : position_of(tree->second, weights_.node_ids[weight]);
      if (position == kNowhere || !is_leaf(position)) {
        refuse_here(Code::data_loss, "weight {} belongs to tree {} node {}, which is no leaf",
                    weight, weights_.tree_ids[weight], weights_.node_ids[weight]);
      }
      if (first[position] == kNone) first[position] = weight;
      placed_.push_back({static_cast<Index>(tree->second), first[position], weight,
                         static_cast<Index>(position)});
    }
    check_memory(first);
    std::ranges::sort(placed_, [&](const PlacedWeight& left, const PlacedWeight& right) {
      return std::tie(left.tree, left.first, left.weight) <
             std::tie(right.tree, right.first, right.weight);
    });
  }

  // Every leaf has a weight (onnxruntime refuses others); all leaf values together stay in the
  // budget.
  void check_memory(std::span<const Index> first) const {
    std::size_t leaf_count = 0;
    for (std::size_t position = 0; position < first.size(); ++position) {
      if (!is_leaf(position)) continue;
      ++leaf_count;
      if (first[position] == std::numeric_limits<Index>::max()) {
        refuse_here(Code::data_loss, "{}: the leaf has no weight", node_text(position));
      }
    }
    if (leaf_count > memory_max_ / (output_count_ * sizeof(double))) {
      refuse_here(Code::resource_exhausted, "{} leaves of {} values, expected at most {} bytes",
                  leaf_count, output_count_, memory_max_);
    }
  }

  // What onnxruntime makes of two classes depends on which of them the weights name.
  void decide_columns() {
    if (!is_classifier()) return;
    if (output_count_ > 2) return refuse_unscored_classes();
    const auto names = [&](std::int64_t id) {
      return std::ranges::find(weights_.output_ids, id) != weights_.output_ids.end();
    };
    if (names(0) && names(1)) {
      if (graph_.uses_own_label) {
        refuse_here(
            Code::unimplemented,
            "the label output of two classes with weights for both (onnxruntime answers the "
            "second whenever its score is positive)");
      }
      return refuse_unscored_classes();
    }
    if (names(1)) {
      refuse_here(Code::unimplemented,
                  "two classes with weights for the second only, expected for both or the first");
    }
    columns_ = Columns::one_minus;
    for (std::size_t weight = 0; weight < weights_.size(); ++weight) {
      if (weights_.values[weight] < 0) columns_ = Columns::minus_and_plus;
    }
  }

  // onnxruntime never answers with a class for which no reached leaf has a weight, a Forest counts
  // it as 0. So every class needs a tree that names it in all of its leaves, or a base value.
  void refuse_unscored_classes() const {
    if (base_values_.size() != 0) return;
    std::vector<bool> is_scored(output_count_, false);
    std::vector<std::size_t> leaves_naming(output_count_);
    for (auto begin = placed_.begin(); begin != placed_.end();) {
      const Index tree = begin->tree;
      std::ranges::fill(leaves_naming, 0);
      auto end = begin;
      std::size_t leaf_count = 0;
      for (; end != placed_.end() && end->tree == tree; ++end) {
        if (end == begin || end->position != (end - 1)->position) ++leaf_count;
        ++leaves_naming[static_cast<std::size_t>(weights_.output_ids[end->weight])];
      }
      for (; begin != end; ++begin) {
        const auto output = static_cast<std::size_t>(weights_.output_ids[begin->weight]);
        if (leaves_naming[output] == leaf_count) is_scored[output] = true;
      }
    }
    const auto unscored = std::ranges::find(is_scored, false);
    if (unscored == is_scored.end()) return;
    refuse_here(Code::unimplemented, "class {} has no tree that names it in every leaf",
                unscored - is_scored.begin());
  }

  Forest build() {
    const bool has_base = base_values_.size() != 0 || columns_ == Columns::one_minus;
    const std::size_t tree_count = trees_.ends.size() + (has_base ? 1 : 0);
    ForestBuilder builder({.feature_count = feature_count(),
                           .output_count = output_count_,
                           .aggregation = aggregation(tree_count)});
    auto next = placed_.cbegin();
    for (std::size_t tree = 0; tree < trees_.ends.size(); ++tree) {
      number_nodes(tree);
      builder.start_tree(numbers_.size());
      add_tests(tree, builder);
      add_leaves(tree, builder, next);
    }
    if (has_base) add_base(builder);
    Result<Forest> forest = std::move(builder).build();
    if (!forest) refuse_here(forest.error().code, "{}", forest.error().message);
    return *std::move(forest);
  }

  [[nodiscard]] std::size_t feature_count() const {
    if (graph_.feature_count) return *graph_.feature_count;
    const std::int64_t largest = std::ranges::max(nodes_.feature_ids);
    return largest < 0 ? 1 : static_cast<std::size_t>(largest) + 1;
  }

  // An average is written in two ways: as the aggregate function, or as a division by the number of
  // trees.
  [[nodiscard]] Aggregation aggregation(std::size_t tree_count) const {
    if (!graph_.divisor) return averages_ ? Aggregation::average : Aggregation::sum;
    if (averages_ || *graph_.divisor != static_cast<double>(tree_count)) {
      refuse_here(Code::unimplemented, "the sum is divided by {}, expected by the {} trees",
                  *graph_.divisor, tree_count);
    }
    return Aggregation::average;
  }

  // Gives every node of the tree its number in the forest, parents first and of those that could be
  // next the one with the smallest id: ids that ascend from parent to child keep their order.
  void number_nodes(std::size_t tree) {
    const std::size_t begin = trees_.begin(tree);
    numbers_.assign(trees_.ends[tree] - begin, kNowhere);
    std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> next;
    next.push(root_of(tree));
    std::size_t number = 0;
    while (!next.empty()) {
      const std::size_t position = next.top();
      next.pop();
      numbers_[position - begin] = number++;
      if (is_leaf(position)) continue;
      next.push(child(tree, position, nodes_.true_ids));
      next.push(child(tree, position, nodes_.false_ids));
    }
    if (number != numbers_.size()) {
      const auto lost = std::ranges::find(numbers_, kNowhere) - numbers_.begin();
      refuse_here(Code::invalid_argument, "{}: the node is on a cycle, expected a tree",
                  node_text(begin + static_cast<std::size_t>(lost)));
    }
  }

  [[nodiscard]] std::size_t child(std::size_t tree, std::size_t position,
                                  std::span<const std::int64_t> ids) const {
    return position_of(tree, ids[trees_.order[position]]);
  }

  // The one node without a parent. Afterwards every other node has exactly one, so that walking
  // down from the root ends.
  [[nodiscard]] std::size_t root_of(std::size_t tree) const {
    const std::size_t begin = trees_.begin(tree);
    std::vector<bool> has_parent(trees_.ends[tree] - begin, false);
    for (std::size_t position = begin; position < trees_.ends[tree]; ++position) {
      if (is_leaf(position)) continue;
      for (const auto ids : {nodes_.true_ids, nodes_.false_ids}) {
        const std::size_t below = child(tree, position, ids);
        if (below == kNowhere) {
          refuse_here(Code::data_loss, "{}: child {} does not exist", node_text(position),
                      ids[trees_.order[position]]);
        }
        if (has_parent[below - begin]) {
          refuse_here(Code::invalid_argument, "{}: the node has two parents", node_text(below));
        }
        has_parent[below - begin] = true;
      }
    }
    const auto root = std::ranges::find(has_parent, false);
    if (root == has_parent.end()) {
      refuse_here(Code::invalid_argument, "{}: the node is on a cycle, expected a tree",
                  node_text(begin));
    }
    const auto second = std::find(root + 1, has_parent.end(), false);
    if (second != has_parent.end()) {
      refuse_here(Code::invalid_argument, "{}: no parent leads to the node, nor to {}",
                  node_text(begin + static_cast<std::size_t>(second - has_parent.begin())),
                  node_text(begin + static_cast<std::size_t>(root - has_parent.begin())));
    }
    return begin + static_cast<std::size_t>(root - has_parent.begin());
  }

  void add_tests(std::size_t tree, ForestBuilder& builder) const {
    const std::size_t begin = trees_.begin(tree);
    for (std::size_t position = begin; position < trees_.ends[tree]; ++position) {
      if (is_leaf(position)) continue;
      NumericalTest test = test_at(position);
      test.left = numbers_[child(tree, position, nodes_.true_ids) - begin];
      test.right = numbers_[child(tree, position, nodes_.false_ids) - begin];
      if (is_greater(position)) {
        std::swap(test.left, test.right);
        test.missing_goes_left = !test.missing_goes_left;
      }
      builder.numerical_test(numbers_[position - begin], test);
    }
  }

  [[nodiscard]] bool is_greater(std::size_t position) const {
    return nodes_.modes[trees_.order[position]]->starts_with("BRANCH_GT");
  }

  // The test as `feature <= threshold`, or `<`, for the branch that holds below it. A missing value
  // follows the true branch where the node says so and otherwise, no comparison being true of it,
  // the false one.
  [[nodiscard]] NumericalTest test_at(std::size_t position) const {
    const Index node = trees_.order[position];
    const std::string& mode = *nodes_.modes[node];
    if (nodes_.feature_ids[node] < 0) {
      refuse_here(Code::data_loss, "{}: feature {} does not exist", node_text(position),
                  nodes_.feature_ids[node]);
    }
    const bool is_strict = mode == "BRANCH_LT" || mode == "BRANCH_GTE";
    if (!is_strict && mode != "BRANCH_LEQ" && mode != "BRANCH_GT") {
      refuse_here(Code::unimplemented,
                  "{}: mode {} is not known here, expected BRANCH_LEQ, _LT, _GT, _GTE or LEAF",
                  node_text(position), quoted_text(mode));
    }
    const std::int64_t tracks_true = nodes_.tracks_true.empty() ? 0 : nodes_.tracks_true[node];
    return {.feature = static_cast<std::size_t>(nodes_.feature_ids[node]),
            .threshold = nodes_.values[node],
            .is_strict = is_strict,
            .missing_goes_left = tracks_true == 1};
  }

  void add_leaves(std::size_t tree, ForestBuilder& builder,
                  std::vector<PlacedWeight>::const_iterator& next) const {
    const std::size_t begin = trees_.begin(tree);
    std::vector<double> values(output_count_);
    std::vector<bool> is_given(output_count_);
    while (next != placed_.end() && next->tree == tree) {
      const std::size_t position = next->position;
      std::ranges::fill(values, 0.0);
      is_given.assign(output_count_, false);
      for (; next != placed_.end() && next->position == position; ++next) {
        const auto output = static_cast<std::size_t>(weights_.output_ids[next->weight]);
        if (is_given[output]) {
          refuse_here(Code::data_loss, "{}: output {} has two weights", node_text(position),
                      output);
        }
        is_given[output] = true;
        values[output] = weights_.values[next->weight];
      }
      if (columns_ != Columns::as_given) values = {-values[0], values[0]};
      builder.leaf(numbers_[position - begin], values);
    }
  }

  // What is added to the sum of the trees is a tree of one leaf, the last.
  void add_base(ForestBuilder& builder) const {
    std::vector<double> values{1.0, 0.0};
    if (columns_ != Columns::one_minus) {
      values.resize(output_count_);
      for (std::size_t output = 0; output < output_count_; ++output) {
        values[output] = base_values_[output];
      }
    }
    builder.start_tree(1);
    builder.leaf(0, values);
  }

  const OnnxGraph& graph_;
  const OnnxAttributes& attributes_;
  const std::size_t memory_max_;
  std::size_t output_count_ = 0;
  bool averages_ = false;
  Columns columns_ = Columns::as_given;
  Nodes nodes_;
  Weights weights_;
  OnnxNumbers base_values_;
  Trees trees_;
  std::vector<PlacedWeight> placed_;
  std::vector<std::size_t> numbers_;  // of the current tree, by position
};

}  // namespace

Forest read_onnx_forest(const OnnxGraph& graph, std::size_t memory_max) {
  return ForestReader(graph, memory_max).read();
}

}  // namespace ml_inference
