// SPDX-License-Identifier: MIT
#include "formats/onnx/forest.h"

#include "formats/format_error.h"
#include "formats/onnx/limits.h"
#include "model/forest_builder.h"
#include "model/limits.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <queue>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

// An index into the arrays of nodes or of weights.
using Index = std::uint32_t;

constexpr std::size_t kNowhere = std::numeric_limits<std::size_t>::max();

// A weight on its way to its leaf.
struct PlacedWeight {
  Index tree;   // in the order of the file
  Index first;  // the first weight of the leaf in the file
  Index weight;
  Index position;  // of the leaf, in Trees::order
};

// The trees in the order of their first node in the file.
class TreeRanks {
 public:
  explicit TreeRanks(const OnnxIntegers& tree_ids) {
    for (const std::int64_t id : tree_ids) {
      if (!ranks_.empty() && id == last_id_) continue;
      last_id_ = id;
      ranks_.try_emplace(id, static_cast<Index>(ranks_.size()));
    }
    last_rank_ = ranks_.at(last_id_);
  }

  [[nodiscard]] std::size_t size() const { return ranks_.size(); }

  // Files have the nodes and the weights of a tree side by side.
  [[nodiscard]] std::optional<Index> find(std::int64_t id) const {
    if (id == last_id_) return last_rank_;
    const auto found = ranks_.find(id);
    if (found == ranks_.end()) return std::nullopt;
    last_id_ = id;
    last_rank_ = found->second;
    return last_rank_;
  }

 private:
  std::unordered_map<std::int64_t, Index> ranks_;
  mutable std::int64_t last_id_ = 0;
  mutable Index last_rank_ = 0;
};

// The nodes by tree, and in a tree by node id.
struct SortedNodes {
  std::vector<Index> order;       // of the nodes; empty when the file has them in order
  std::vector<std::size_t> ends;  // by tree: where it ends in `order`

  [[nodiscard]] std::size_t begin(std::size_t tree) const { return tree == 0 ? 0 : ends[tree - 1]; }
  [[nodiscard]] std::size_t size_of(std::size_t tree) const { return ends[tree] - begin(tree); }
  [[nodiscard]] Index node(std::size_t position) const {
    return order.empty() ? static_cast<Index>(position) : order[position];
  }
};

class ForestMaker {
 public:
  ForestMaker(const OnnxEnsemble& ensemble, const ForestForm& form)
      : ensemble_(ensemble), form_(form), ranks_(ensemble.tree_ids) {}

  Forest make() {
    sort_nodes();
    place_weights();
    decide_width();
    if (form_.takes_base) take_base();
    return build();
  }

 private:
  template <class... Args>
  [[noreturn]] void refuse_here(Code code, fmt::format_string<Args...> format,
                                Args&&... args) const {
    refuse(code, "onnx: {}: {}", ensemble_.where, fmt::format(format, std::forward<Args>(args)...));
  }

  [[nodiscard]] Index rank_of_node(std::size_t node) const {
    return *ranks_.find(ensemble_.tree_ids[node]);
  }

  void sort_nodes() {
    const std::size_t count = ensemble_.node_count();
    trees_.ends.assign(ranks_.size(), 0);
    bool is_in_order = true;
    Index last = 0;
    for (std::size_t node = 0; node < count; ++node) {
      const Index rank = rank_of_node(node);
      ++trees_.ends[rank];
      const bool ascends =
          rank > last || node == 0 ||
          (rank == last && ensemble_.node_ids[node - 1] < ensemble_.node_ids[node]);
      is_in_order = is_in_order && ascends;
      last = rank;
    }
    for (std::size_t tree = 1; tree < trees_.ends.size(); ++tree) {
      trees_.ends[tree] += trees_.ends[tree - 1];
    }
    if (is_in_order) return;
    order_nodes();
    for (std::size_t tree = 0; tree < trees_.ends.size(); ++tree) refuse_twins(tree);
  }

  void order_nodes() {
    const std::size_t count = ensemble_.node_count();
    order_share_ = OnnxMemoryShare(*ensemble_.memory, count, sizeof(Index));
    const OnnxMemoryShare sorting(*ensemble_.memory, count, sizeof(Index));
    std::vector<Index> ranks(count);
    trees_.order.resize(count);
    for (Index node = 0; node < count; ++node) {
      ranks[node] = rank_of_node(node);
      trees_.order[node] = node;
    }
    std::ranges::sort(trees_.order, [&](Index left, Index right) {
      return std::pair(ranks[left], ensemble_.node_ids[left]) <
             std::pair(ranks[right], ensemble_.node_ids[right]);
    });
  }

  void refuse_twins(std::size_t tree) const {
    for (std::size_t at = trees_.begin(tree); at + 1 < trees_.ends[tree]; ++at) {
      const std::int64_t id = ensemble_.node_ids[trees_.node(at)];
      if (id == ensemble_.node_ids[trees_.node(at + 1)]) {
        refuse_here(Code::data_loss, "{}: the node is given twice", node_text(at));
      }
    }
  }

  // Where a node of a tree stands among the sorted ones, or kNowhere.
  [[nodiscard]] std::size_t position_of(std::size_t tree, std::int64_t node_id) const {
    std::size_t begin = trees_.begin(tree);
    std::size_t end = trees_.ends[tree];
    // Ids count from 0 in files of converters.
    if (node_id >= 0 && static_cast<std::size_t>(node_id) < end - begin) {
      const std::size_t guess = begin + static_cast<std::size_t>(node_id);
      if (node_id_at(guess) == node_id) return guess;
    }
    while (begin < end) {
      const std::size_t middle = begin + (end - begin) / 2;
      const std::int64_t found = node_id_at(middle);
      if (found == node_id) return middle;
      (found < node_id ? begin : end) = found < node_id ? middle + 1 : middle;
    }
    return kNowhere;
  }

  [[nodiscard]] std::int64_t node_id_at(std::size_t position) const {
    return ensemble_.node_ids[trees_.node(position)];
  }

  // "tree 3 node 17", with the ids of the file.
  [[nodiscard]] std::string node_text(std::size_t position) const {
    const Index node = trees_.node(position);
    return fmt::format("tree {} node {}", ensemble_.tree_ids[node], ensemble_.node_ids[node]);
  }

  [[nodiscard]] bool is_leaf(std::size_t position) const {
    return ensemble_.modes[trees_.node(position)] == TreeMode::leaf;
  }

  // Sees to it that every weight belongs to a leaf and every leaf has a weight: onnxruntime refuses
  // others. Then weights come by leaf: leaves by tree and then by their first weight, the weights
  // of one leaf in the order of the file.
  void place_weights() {
    std::vector<bool> has_weight(ensemble_.node_count(), false);  // by position
    bool is_in_order = true;
    PlacedWeight last{};
    for (std::size_t weight = 0; weight < ensemble_.weight_count(); ++weight) {
      const PlacedWeight placed = placed_at(weight);
      const bool is_same_leaf = weight != 0 && placed.position == last.position;
      if (!is_same_leaf && (has_weight[placed.position] || placed.tree < last.tree)) {
        is_in_order = false;
      }
      has_weight[placed.position] = true;
      last = placed;
    }
    count_leaves(has_weight);
    if (!is_in_order) sort_weights();
  }

  // Where a weight of the file belongs.
  [[nodiscard]] PlacedWeight placed_at(std::size_t weight) const {
    const std::optional<Index> tree = ranks_.find(ensemble_.weight_tree_ids[weight]);
    const std::size_t position =
        tree ? position_of(*tree, ensemble_.weight_node_ids[weight]) : kNowhere;
    if (position == kNowhere || !is_leaf(position)) {
      refuse_here(Code::data_loss, "weight {} belongs to tree {} node {}, which is no leaf", weight,
                  ensemble_.weight_tree_ids[weight], ensemble_.weight_node_ids[weight]);
    }
    return {*tree, 0, static_cast<Index>(weight), static_cast<Index>(position)};
  }

  void count_leaves(const std::vector<bool>& has_weight) {
    for (std::size_t position = 0; position < has_weight.size(); ++position) {
      if (!is_leaf(position)) continue;
      ++leaf_count_;
      if (!has_weight[position]) {
        refuse_here(Code::data_loss, "{}: the leaf has no weight", node_text(position));
      }
    }
  }

  void sort_weights() {
    constexpr Index kNone = std::numeric_limits<Index>::max();
    const std::size_t count = ensemble_.weight_count();
    placed_share_ = OnnxMemoryShare(*ensemble_.memory, count, sizeof(PlacedWeight));
    const OnnxMemoryShare sorting(*ensemble_.memory, ensemble_.node_count(), sizeof(Index));
    std::vector<Index> first(ensemble_.node_count(), kNone);  // by position
    placed_.reserve(count);
    for (Index weight = 0; weight < count; ++weight) {
      PlacedWeight placed = placed_at(weight);
      if (first[placed.position] == kNone) first[placed.position] = weight;
      placed.first = first[placed.position];
      placed_.push_back(placed);
    }
    std::ranges::sort(placed_, [&](const PlacedWeight& left, const PlacedWeight& right) {
      return std::tie(left.tree, left.first, left.weight) <
             std::tie(right.tree, right.first, right.weight);
    });
  }

  // The weights in the order that place_weights() tells of.
  [[nodiscard]] PlacedWeight placed(std::size_t index) const {
    return placed_.empty() ? placed_at(index) : placed_[index];
  }

  // The values of a leaf of which all are kept.
  [[nodiscard]] std::size_t full_width() const {
    switch (form_.leaves) {
      case LeafForm::each_output: return ensemble_.output_count;
      case LeafForm::counted: return 2 * ensemble_.output_count;
      case LeafForm::only_weight: return 1;
      case LeafForm::minus_and_plus: return 2;
    }
    return 0;
  }

  // Boosted trees of several classes have one weight a leaf, all of a tree for one class: their
  // leaves are narrow.
  void decide_width() {
    const bool is_for_all = form_.leaves != LeafForm::each_output || form_.keeps_trees_apart ||
                            form_.adds_base || !form_.may_be_narrow;
    first_outputs_.assign(trees_.ends.size(), kNowhere);
    is_narrow_ = !is_for_all;
    for (std::size_t weight = 0; weight < ensemble_.weight_count() && is_narrow_; ++weight) {
      const auto output = static_cast<std::size_t>(ensemble_.output_ids[weight]);
      std::size_t& first = first_outputs_[placed_at(weight).tree];
      if (first == kNowhere) first = output;
      is_narrow_ = first == output;
    }
    leaf_width_ = is_narrow_ ? 1 : full_width();
    const std::size_t left = ensemble_.memory->left();
    if (leaf_count_ > left / (leaf_width_ * sizeof(double))) {
      refuse_here(Code::resource_exhausted, "{} leaves of {} values, expected at most {} bytes",
                  leaf_count_, leaf_width_, left);
    }
  }

  // The forest, and what the builder and this class need for the largest tree beside it.
  void take_memory() {
    OnnxMemory& memory = *ensemble_.memory;
    memory.take(ensemble_.node_count(), sizeof(ForestNode));
    memory.take(leaf_count_, leaf_width_ * sizeof(double));
    std::size_t largest = 0;
    for (std::size_t tree = 0; tree < trees_.ends.size(); ++tree) {
      largest = std::max(largest, trees_.size_of(tree));
    }
    constexpr std::size_t kNodeScratch = 4 * sizeof(Index);
    tree_share_ = OnnxMemoryShare(memory, largest, kNodeScratch + leaf_width_ * sizeof(double) / 2);
  }

  [[nodiscard]] bool asks_for_equality() const {
    return std::ranges::any_of(ensemble_.modes, [](TreeMode mode) {
      return mode >= TreeMode::equal && mode != TreeMode::leaf;
    });
  }

  // A tree stays in any case: there is no forest without.
  void take_base() {
    std::vector<bool> has_base(ensemble_.output_count, false);
    std::vector<double> base(ensemble_.output_count, 0.0);
    for (std::size_t tree = 0; tree + 1 < trees_.ends.size(); ++tree) {
      const bool is_leaf_alone = trees_.size_of(tree) == 1 && is_leaf(trees_.begin(tree));
      if (!is_leaf_alone || tree >= ensemble_.weight_count() || placed(tree).tree != tree) break;
      const Index weight = placed(tree).weight;
      const auto output = static_cast<std::size_t>(ensemble_.output_ids[weight]);
      const bool has_next = tree + 1 < ensemble_.weight_count();
      if (has_base[output] || (has_next && placed(tree + 1).tree == tree)) break;
      has_base[output] = true;
      base[output] += ensemble_.weights[weight];  // what a sum that begins with 0 comes to
      ++base_tree_count_;
    }
    if (base_tree_count_ > 0) base_ = std::move(base);
  }

  Forest build() {
    const std::size_t count = trees_.ends.size();
    ForestBuilder builder(
        {.feature_count = form_.feature_count,
         .output_count = is_narrow_                ? ensemble_.output_count
                         : form_.keeps_trees_apart ? leaf_width_ * count
                                                   : leaf_width_,
         .leaf_width = is_narrow_ || form_.keeps_trees_apart ? leaf_width_ : 0,
         .aggregation = form_.aggregation,
         .feature_type = form_.feature_type,
         .sum_type = form_.sum_type,
         .category_rule = asks_for_equality() ? CategoryRule::whole : CategoryRule::truncated,
         .base = base_});
    take_memory();
    const std::size_t base_count = form_.adds_base ? 1 : 0;
    builder.expect(count + base_count - base_tree_count_,
                   ensemble_.node_count() + base_count - base_tree_count_,
                   ForestBuilder::Promise::certain);
    std::size_t next = base_tree_count_;  // of whose trees each has one weight
    for (std::size_t tree = base_tree_count_; tree < count; ++tree) {
      number_nodes(tree);
      builder.start_tree(numbers_.size(), is_narrow_                ? first_outputs_[tree]
                                          : form_.keeps_trees_apart ? tree * leaf_width_
                                                                    : 0);
      add_tests(tree, builder);
      add_leaves(tree, builder, next);
    }
    if (form_.adds_base) {
      builder.start_tree(1);
      builder.leaf(0, ensemble_.base_values);
    }
    Result<Forest> forest = std::move(builder).build();
    if (!forest) refuse_here(forest.error().code, "{}", forest.error().message);
    return *std::move(forest);
  }

  // Gives every node of the tree its number in the forest, parents first and of those that could be
  // next the one with the smallest id: ids that ascend from parent to child keep their order.
  void number_nodes(std::size_t tree) {
    const std::size_t begin = trees_.begin(tree);
    constexpr Index kNone = std::numeric_limits<Index>::max();
    numbers_.assign(trees_.size_of(tree), kNone);
    std::priority_queue<Index, std::vector<Index>, std::greater<>> next;
    next.push(static_cast<Index>(root_of(tree)));
    Index number = 0;
    while (!next.empty()) {
      const Index position = next.top();
      next.pop();
      numbers_[position - begin] = number++;
      if (is_leaf(position)) continue;
      next.push(static_cast<Index>(child(tree, position, ensemble_.true_ids)));
      next.push(static_cast<Index>(child(tree, position, ensemble_.false_ids)));
    }
    if (number != numbers_.size()) {
      const auto lost = std::ranges::find(numbers_, kNone) - numbers_.begin();
      refuse_here(Code::invalid_argument, "{}: the node is on a cycle, expected a tree",
                  node_text(begin + static_cast<std::size_t>(lost)));
    }
  }

  [[nodiscard]] std::size_t child(std::size_t tree, std::size_t position,
                                  const OnnxIntegers& ids) const {
    return position_of(tree, ids[trees_.node(position)]);
  }

  // The one node without a parent. Afterwards every other node has exactly one, so that walking
  // down from the root ends.
  [[nodiscard]] std::size_t root_of(std::size_t tree) const {
    const std::size_t begin = trees_.begin(tree);
    std::vector<bool> has_parent(trees_.ends[tree] - begin, false);
    for (std::size_t position = begin; position < trees_.ends[tree]; ++position) {
      if (is_leaf(position)) continue;
      for (const OnnxIntegers* const ids : {&ensemble_.true_ids, &ensemble_.false_ids}) {
        const std::size_t below = child(tree, position, *ids);
        if (below == kNowhere) {
          refuse_here(Code::data_loss, "{}: child {} does not exist", node_text(position),
                      (*ids)[trees_.node(position)]);
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
      const Index node = trees_.node(position);
      if (ensemble_.feature_ids[node] < 0) {
        refuse_here(Code::data_loss, "{}: feature {} does not exist", node_text(position),
                    ensemble_.feature_ids[node]);
      }
      const std::size_t number = numbers_[position - begin];
      const std::size_t if_true = numbers_[child(tree, position, ensemble_.true_ids) - begin];
      const std::size_t if_false = numbers_[child(tree, position, ensemble_.false_ids) - begin];
      if (ensemble_.modes[node] >= TreeMode::equal) {
        builder.categorical_test(number, category_test(position, if_true, if_false, builder));
      } else {
        builder.numerical_test(number, numerical_test(position, if_true, if_false));
      }
    }
  }

  // A missing value follows the true branch where the node says so and otherwise, no comparison
  // but != being true of it, the false one.
  [[nodiscard]] bool tracks_true(Index node) const {
    return !ensemble_.tracks_true.empty() && ensemble_.tracks_true[node] == 1;
  }

  // The test as `feature <= threshold`, or `<`, for the branch that holds below it.
  [[nodiscard]] NumericalTest numerical_test(std::size_t position, std::size_t if_true,
                                             std::size_t if_false) const {
    const Index node = trees_.node(position);
    const TreeMode mode = ensemble_.modes[node];
    const bool is_greater = mode == TreeMode::greater || mode == TreeMode::greater_or_equal;
    return {.feature = static_cast<std::size_t>(ensemble_.feature_ids[node]),
            .threshold = ensemble_.values[node],
            .left = is_greater ? if_false : if_true,
            .right = is_greater ? if_true : if_false,
            .is_strict = mode == TreeMode::less || mode == TreeMode::greater_or_equal,
            .missing_goes_left = tracks_true(node) != is_greater};
  }

  // A test of equality as one of categories: exact, since the forest's are whole numbers.
  [[nodiscard]] CategoricalTest category_test(std::size_t position, std::size_t if_true,
                                              std::size_t if_false, ForestBuilder& builder) const {
    const Index node = trees_.node(position);
    const TreeMode mode = ensemble_.modes[node];
    const bool is_other = mode == TreeMode::not_equal;
    std::vector<std::uint32_t> words;
    if (mode == TreeMode::member) {
      for (auto at = static_cast<std::size_t>(ensemble_.values[node]);
           !std::isnan(ensemble_.members[at]); ++at) {
        add_category(position, ensemble_.members[at], words);
      }
    } else {
      add_category(position, ensemble_.values[node], words);
    }
    return {.feature = static_cast<std::size_t>(ensemble_.feature_ids[node]),
            .set = builder.category_set(words),
            .left = is_other ? if_false : if_true,
            .right = is_other ? if_true : if_false,
            .strangers_go_left = false,
            .missing_goes_left = !is_other && tracks_true(node)};
  }

  void add_category(std::size_t position, double value, std::vector<std::uint32_t>& words) const {
    if (!(value >= 0 && value <= kOnnxCategoryMax && std::trunc(value) == value)) {
      refuse_here(Code::unimplemented,
                  "{}: a test whether a feature equals {}, expected a whole number of 0 to {}",
                  node_text(position), value, kOnnxCategoryMax);
    }
    const auto code = static_cast<std::size_t>(value);
    if (code / 32 >= words.size()) words.resize(code / 32 + 1, 0);
    words[code / 32] |= std::uint32_t{1} << (code % 32);
  }

  void add_leaves(std::size_t tree, ForestBuilder& builder, std::size_t& next) const {
    const std::size_t begin = trees_.begin(tree);
    const std::size_t count = ensemble_.weight_count();
    std::vector<double> values(leaf_width_);
    std::vector<bool> is_given(ensemble_.output_count);
    while (next < count && placed(next).tree == tree) {
      const std::size_t position = placed(next).position;
      std::ranges::fill(values, 0.0);
      is_given.assign(ensemble_.output_count, false);
      for (; next < count && placed(next).position == position; ++next) {
        const Index weight = placed(next).weight;
        const auto output = static_cast<std::size_t>(ensemble_.output_ids[weight]);
        if (is_given[output]) {
          refuse_here(Code::data_loss, "{}: output {} has two weights", node_text(position),
                      output);
        }
        is_given[output] = true;
        set_weight(output, ensemble_.weights[weight], values);
      }
      builder.leaf(numbers_[position - begin], values);
    }
  }

  void set_weight(std::size_t output, double weight, std::span<double> values) const {
    switch (form_.leaves) {
      case LeafForm::each_output: values[is_narrow_ ? 0 : output] = weight; return;
      case LeafForm::counted:
        values[output] = weight;
        values[ensemble_.output_count + output] = 1;
        return;
      case LeafForm::only_weight: values[0] = weight; return;
      case LeafForm::minus_and_plus:
        values[0] = -weight;
        values[1] = weight;
        return;
    }
  }

  const OnnxEnsemble& ensemble_;
  const ForestForm& form_;
  TreeRanks ranks_;
  SortedNodes trees_;
  std::vector<PlacedWeight> placed_;  // empty when the file has the weights in order
  std::size_t leaf_count_ = 0;
  std::size_t base_tree_count_ = 0;  // trees that became the base
  std::vector<double> base_;
  std::vector<std::size_t> first_outputs_;  // by tree, where leaves are narrow
  bool is_narrow_ = false;
  std::size_t leaf_width_ = 0;
  std::vector<Index> numbers_;  // of the current tree, by position
  OnnxMemoryShare order_share_, placed_share_, tree_share_;
};

}  // namespace

Forest make_onnx_forest(const OnnxEnsemble& ensemble, const ForestForm& form) {
  return ForestMaker(ensemble, form).make();
}

}  // namespace ml_inference
