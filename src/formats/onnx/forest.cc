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

// The nodes by tree, and in a tree by node id.
struct SortedNodes {
  std::vector<Index> order;       // of the nodes
  std::vector<std::size_t> ends;  // by tree: where it ends in `order`
  std::unordered_map<std::int64_t, std::size_t> rank_by_id;

  [[nodiscard]] std::size_t begin(std::size_t tree) const { return tree == 0 ? 0 : ends[tree - 1]; }
};

class ForestMaker {
 public:
  ForestMaker(const OnnxEnsemble& ensemble, const ForestForm& form, std::size_t memory_max)
      : ensemble_(ensemble), form_(form), memory_max_(memory_max) {}

  Forest make() {
    sort_nodes();
    place_weights();
    decide_width();
    return build();
  }

 private:
  template <class... Args>
  [[noreturn]] void refuse_here(Code code, fmt::format_string<Args...> format,
                                Args&&... args) const {
    refuse(code, "onnx: {}: {}", ensemble_.where, fmt::format(format, std::forward<Args>(args)...));
  }

  void sort_nodes() {
    for (const std::int64_t id : ensemble_.tree_ids) {
      trees_.rank_by_id.try_emplace(id, trees_.rank_by_id.size());
    }
    if (trees_.rank_by_id.size() > kTreeCountMax) {
      refuse_here(Code::resource_exhausted, "{} trees, expected at most {}",
                  trees_.rank_by_id.size(), kTreeCountMax);
    }
    std::vector<Index> ranks(ensemble_.node_count());
    trees_.ends.assign(trees_.rank_by_id.size(), 0);
    trees_.order.resize(ensemble_.node_count());
    for (Index node = 0; node < ensemble_.node_count(); ++node) {
      ranks[node] = static_cast<Index>(trees_.rank_by_id.at(ensemble_.tree_ids[node]));
      ++trees_.ends[ranks[node]];
      trees_.order[node] = node;
    }
    std::ranges::sort(trees_.order, [&](Index left, Index right) {
      return std::pair(ranks[left], ensemble_.node_ids[left]) <
             std::pair(ranks[right], ensemble_.node_ids[right]);
    });
    for (std::size_t tree = 1; tree < trees_.ends.size(); ++tree) {
      trees_.ends[tree] += trees_.ends[tree - 1];
    }
    for (std::size_t tree = 0; tree < trees_.ends.size(); ++tree) refuse_twins(tree);
  }

  void refuse_twins(std::size_t tree) const {
    for (std::size_t at = trees_.begin(tree); at + 1 < trees_.ends[tree]; ++at) {
      const std::int64_t id = ensemble_.node_ids[trees_.order[at]];
      if (id == ensemble_.node_ids[trees_.order[at + 1]]) {
        refuse_here(Code::data_loss, "{}: the node is given twice", node_text(at));
      }
    }
  }

  // Where a node of a tree stands in trees_.order, or kNowhere.
  [[nodiscard]] std::size_t position_of(std::size_t tree, std::int64_t node_id) const {
    const auto begin = trees_.order.begin() + static_cast<std::ptrdiff_t>(trees_.begin(tree));
    const auto end = trees_.order.begin() + static_cast<std::ptrdiff_t>(trees_.ends[tree]);
    const auto found = std::ranges::lower_bound(
        begin, end, node_id, {}, [&](Index node) { return ensemble_.node_ids[node]; });
    if (found == end || ensemble_.node_ids[*found] != node_id) return kNowhere;
    return static_cast<std::size_t>(found - trees_.order.begin());
  }

  // "tree 3 node 17", with the ids of the file.
  [[nodiscard]] std::string node_text(std::size_t position) const {
    const Index node = trees_.order[position];
    return fmt::format("tree {} node {}", ensemble_.tree_ids[node], ensemble_.node_ids[node]);
  }

  [[nodiscard]] bool is_leaf(std::size_t position) const {
    return ensemble_.modes[trees_.order[position]] == TreeMode::leaf;
  }

  // Sorts the weights by leaf: leaves by tree and then by their first weight, the weights of one
  // leaf in the order of the file.
  void place_weights() {
    constexpr Index kNone = std::numeric_limits<Index>::max();
    std::vector<Index> first(ensemble_.node_count(), kNone);  // by position
    placed_.reserve(ensemble_.weight_count());
    for (Index weight = 0; weight < ensemble_.weight_count(); ++weight) {
      const auto tree = trees_.rank_by_id.find(ensemble_.weight_tree_ids[weight]);
      const std::size_t position =
          tree == trees_.rank_by_id.end()
              ? kNowhere
              : position_of(tree->second, ensemble_.weight_node_ids[weight]);
      if (position == kNowhere || !is_leaf(position)) {
        refuse_here(Code::data_loss, "weight {} belongs to tree {} node {}, which is no leaf",
                    weight, ensemble_.weight_tree_ids[weight], ensemble_.weight_node_ids[weight]);
      }
      if (first[position] == kNone) first[position] = weight;
      placed_.push_back({static_cast<Index>(tree->second), first[position], weight,
                         static_cast<Index>(position)});
    }
    count_leaves(first);
    std::ranges::sort(placed_, [&](const PlacedWeight& left, const PlacedWeight& right) {
      return std::tie(left.tree, left.first, left.weight) <
             std::tie(right.tree, right.first, right.weight);
    });
  }

  // Every leaf has a weight: onnxruntime refuses others.
  void count_leaves(std::span<const Index> first) {
    for (std::size_t position = 0; position < first.size(); ++position) {
      if (!is_leaf(position)) continue;
      ++leaf_count_;
      if (first[position] == std::numeric_limits<Index>::max()) {
        refuse_here(Code::data_loss, "{}: the leaf has no weight", node_text(position));
      }
    }
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
    for (const PlacedWeight& placed : placed_) {
      const auto output = static_cast<std::size_t>(ensemble_.output_ids[placed.weight]);
      std::size_t& first = first_outputs_[placed.tree];
      if (first == kNowhere) first = output;
      is_narrow_ = is_narrow_ && first == output;
    }
    leaf_width_ = is_narrow_ ? 1 : full_width();
    if (leaf_count_ > memory_max_ / (leaf_width_ * sizeof(double))) {
      refuse_here(Code::resource_exhausted, "{} leaves of {} values, expected at most {} bytes",
                  leaf_count_, leaf_width_, memory_max_);
    }
  }

  [[nodiscard]] bool asks_for_equality() const {
    return std::ranges::any_of(ensemble_.modes, [](TreeMode mode) {
      return mode >= TreeMode::equal && mode != TreeMode::leaf;
    });
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
         .category_rule = asks_for_equality() ? CategoryRule::whole : CategoryRule::truncated});
    auto next = placed_.cbegin();
    for (std::size_t tree = 0; tree < count; ++tree) {
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
    numbers_.assign(trees_.ends[tree] - begin, kNowhere);
    std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> next;
    next.push(root_of(tree));
    std::size_t number = 0;
    while (!next.empty()) {
      const std::size_t position = next.top();
      next.pop();
      numbers_[position - begin] = number++;
      if (is_leaf(position)) continue;
      next.push(child(tree, position, ensemble_.true_ids));
      next.push(child(tree, position, ensemble_.false_ids));
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
      for (const auto ids : {ensemble_.true_ids, ensemble_.false_ids}) {
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
      const Index node = trees_.order[position];
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
    const Index node = trees_.order[position];
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
    const Index node = trees_.order[position];
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

  void add_leaves(std::size_t tree, ForestBuilder& builder,
                  std::vector<PlacedWeight>::const_iterator& next) const {
    const std::size_t begin = trees_.begin(tree);
    std::vector<double> values(leaf_width_);
    std::vector<bool> is_given(ensemble_.output_count);
    while (next != placed_.end() && next->tree == tree) {
      const std::size_t position = next->position;
      std::ranges::fill(values, 0.0);
      is_given.assign(ensemble_.output_count, false);
      for (; next != placed_.end() && next->position == position; ++next) {
        const auto output = static_cast<std::size_t>(ensemble_.output_ids[next->weight]);
        if (is_given[output]) {
          refuse_here(Code::data_loss, "{}: output {} has two weights", node_text(position),
                      output);
        }
        is_given[output] = true;
        set_weight(output, ensemble_.weights[next->weight], values);
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
  const std::size_t memory_max_;
  SortedNodes trees_;
  std::vector<PlacedWeight> placed_;
  std::size_t leaf_count_ = 0;
  std::vector<std::size_t> first_outputs_;  // by tree, where leaves are narrow
  bool is_narrow_ = false;
  std::size_t leaf_width_ = 0;
  std::vector<std::size_t> numbers_;  // of the current tree, by position
};

}  // namespace

bool may_leave_outputs_out(const OnnxEnsemble& ensemble) {
  // How many leaves a tree has, and how many name an output: whoever names all names it always.
  std::unordered_map<std::int64_t, std::size_t> leaves;
  for (std::size_t node = 0; node < ensemble.node_count(); ++node) {
    if (ensemble.modes[node] == TreeMode::leaf) ++leaves[ensemble.tree_ids[node]];
  }
  std::vector<std::pair<std::int64_t, std::int64_t>> named;
  named.reserve(ensemble.weight_count());
  for (std::size_t weight = 0; weight < ensemble.weight_count(); ++weight) {
    named.emplace_back(ensemble.weight_tree_ids[weight], ensemble.output_ids[weight]);
  }
  std::ranges::sort(named);
  std::vector<bool> is_always_named(ensemble.output_count, false);
  for (std::size_t begin = 0, end = 0; begin < named.size(); begin = end) {
    while (end < named.size() && named[end] == named[begin]) ++end;
    if (end - begin >= leaves[named[begin].first]) {
      is_always_named[static_cast<std::size_t>(named[begin].second)] = true;
    }
  }
  return std::ranges::find(is_always_named, false) != is_always_named.end();
}

std::size_t tree_count(const OnnxEnsemble& ensemble) {
  std::unordered_map<std::int64_t, bool> seen;
  for (const std::int64_t id : ensemble.tree_ids) seen.emplace(id, true);
  return seen.size();
}

Forest make_onnx_forest(const OnnxEnsemble& ensemble, const ForestForm& form,
                        std::size_t memory_max) {
  return ForestMaker(ensemble, form, memory_max).make();
}

}  // namespace ml_inference
