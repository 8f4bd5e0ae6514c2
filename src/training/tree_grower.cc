// SPDX-License-Identifier: MIT
#include "training/tree_grower.h"

#include "training/criteria.h"
#include "training/node_search.h"
#include "training/random_search.h"
#include "training/whole_criteria.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace ml_inference {
namespace {

// What rounding may take from an impurity decrease before min_impurity_decrease refuses it.
// Source: scikit-learn, sklearn/tree/_tree.pyx, EPSILON.
constexpr double kDecreaseEpsilon = std::numeric_limits<double>::epsilon();

// With more features, what is known of them would take more memory than looking again takes time.
constexpr std::size_t kRememberedFeatureMax = 4'096;

constexpr std::size_t kWordBits = 64;

}  // namespace

template <class Search>
TreeGrower<Search>::TreeGrower(Search search, const GrowthLimits& limits)
    : search_(std::move(search)),
      limits_(limits),
      features_(search_.feature_count()),
      constant_words_(features_.size() <= kRememberedFeatureMax
                          ? (features_.size() + kWordBits - 1) / kWordBits
                          : 0) {}

template <class Search>
GrownTree TreeGrower<Search>::grow(std::span<const double> weights, Random random) {
  random_ = random;
  start(weights);
  add_node({0, rows_.size()}, 0, std::nullopt);
  for (std::size_t leaf_count = 1; leaf_count < limits_.max_leaf_nodes && !candidates_.empty();
       ++leaf_count) {
    apply(next_candidate());
  }
  add_leaf_values();
  return {{tree_.nodes.begin(), tree_.nodes.end()},
          {tree_.leaf_values.begin(), tree_.leaf_values.end()}};
}

template <class Search>
void TreeGrower<Search>::start(std::span<const double> weights) {
  tree_.nodes.clear();
  tree_.leaf_values.clear();
  ranges_.clear();
  candidates_.clear();
  constants_.clear();
  free_constants_.clear();
  rows_.clear();
  tree_weight_ = 0;
  for (std::size_t row = 0; row < weights.size(); ++row) {
    if (weights[row] == 0) continue;
    rows_.push_back(static_cast<std::uint32_t>(row));
    tree_weight_ += weights[row];
  }
  std::iota(features_.begin(), features_.end(), 0U);
  search_.set_weights(weights);
}

// Adds a leaf, and, where it may be split, the candidate that would make a test of it.
template <class Search>
void TreeGrower<Search>::add_node(Range range, std::size_t depth,
                                  std::optional<std::size_t> parent_constants) {
  const std::size_t node = tree_.nodes.size();
  tree_.nodes.emplace_back();
  ranges_.push_back(range);
  const std::span<const std::uint32_t> rows = rows_of(range);
  if (depth >= limits_.max_depth || rows.size() < limits_.min_samples_split ||
      rows.size() / 2 < limits_.min_samples_leaf) {
    return;
  }
  search_.enter(rows);
  if (search_.node().is_pure()) return;
  const std::size_t constants = copy_constants(parent_constants);
  const Split split = find_split(constants_at(constants));
  const double decrease = std::max(0.0, split.score - search_.node().score());
  if (!split.exists() ||
      decrease / tree_weight_ + kDecreaseEpsilon < limits_.min_impurity_decrease) {
    free_constants_.push_back(constants);
    return;
  }
  candidates_.push_back({node, depth, decrease, constants, split});
  if (limits_.best_first) std::ranges::push_heap(candidates_, is_later);
}

template <class Search>
auto TreeGrower<Search>::next_candidate() -> Candidate {
  if (limits_.best_first) std::ranges::pop_heap(candidates_, is_later);
  const Candidate next = candidates_.back();
  candidates_.pop_back();
  return next;
}

template <class Search>
void TreeGrower<Search>::apply(const Candidate& candidate) {
  const Range range = ranges_[candidate.node];
  const std::size_t middle = range.begin + search_.partition(rows_of(range), candidate.split);
  GrownNode& node = tree_.nodes[candidate.node];
  node.threshold = search_.threshold(candidate.split);
  node.decrease = candidate.decrease;
  node.feature = static_cast<std::int32_t>(candidate.split.feature);
  node.left = static_cast<std::uint32_t>(tree_.nodes.size());
  node.missing_goes_left = candidate.split.missing_goes_left;
  add_node({range.begin, middle}, candidate.depth + 1, candidate.constants);
  add_node({middle, range.end}, candidate.depth + 1, candidate.constants);
  free_constants_.push_back(candidate.constants);
}

template <class Search>
void TreeGrower<Search>::add_leaf_values() {
  std::uint32_t leaf_count = 0;
  for (std::size_t node = 0; node < tree_.nodes.size(); ++node) {
    if (tree_.nodes[node].feature >= 0) continue;
    tree_.nodes[node].left = leaf_count++;
    search_.append_leaf(rows_of(ranges_[node]), tree_.leaf_values);
  }
}

template <class Search>
bool TreeGrower<Search>::is_later(const Candidate& a, const Candidate& b) {
  return a.decrease < b.decrease || (a.decrease == b.decrease && a.node > b.node);
}

// Draws features without putting them back until max_features were looked at and one of them was
// not constant. The search has entered the node.
template <class Search>
auto TreeGrower<Search>::find_split(std::span<std::uint64_t> constants) -> Split {
  Split best;
  bool one_varies = false;
  for (std::size_t drawn = 0; drawn < features_.size(); ++drawn) {
    if (drawn >= limits_.max_features && one_varies) break;
    const auto left = static_cast<std::uint32_t>(features_.size() - drawn);
    std::swap(features_[drawn], features_[drawn + random_.below(left)]);
    // What cannot be beaten is not compared; drawing goes on as if it were.
    if (Search::kMayStopEarly && best.score == search_.node().score_max()) continue;
    one_varies |= varies(features_[drawn], constants, best);
  }
  return best;
}

// Replaces `best` when a split by this feature is better; false when the feature is constant here.
template <class Search>
bool TreeGrower<Search>::varies(std::size_t feature, std::span<std::uint64_t> constants,
                                Split& best) {
  if (constants.empty()) return search_.consider(feature, random_, best);
  std::uint64_t& word = constants[feature / kWordBits];
  const std::uint64_t bit = std::uint64_t{1} << feature % kWordBits;
  if ((word & bit) != 0) return false;
  const bool is_varying = search_.consider(feature, random_, best);
  if (!is_varying) word |= bit;
  return is_varying;
}

// What is known of a node is known of its children: returns the place of a copy.
template <class Search>
std::size_t TreeGrower<Search>::copy_constants(std::optional<std::size_t> parent_constants) {
  if (constant_words_ == 0) free_constants_.assign(1, 0);
  if (free_constants_.empty()) {
    free_constants_.push_back(constants_.size() / constant_words_);
    constants_.resize(constants_.size() + constant_words_);
  }
  const std::size_t place = free_constants_.back();
  free_constants_.pop_back();
  if (parent_constants) {
    std::ranges::copy(constants_at(*parent_constants), constants_at(place).begin());
  } else {
    std::ranges::fill(constants_at(place), 0U);
  }
  return place;
}

template class TreeGrower<NodeSearch<GiniCriterion>>;
template class TreeGrower<RandomSearch<GiniCriterion>>;
template class TreeGrower<NodeSearch<EntropyCriterion>>;
template class TreeGrower<RandomSearch<EntropyCriterion>>;
template class TreeGrower<NodeSearch<SquaredErrorCriterion>>;
template class TreeGrower<RandomSearch<SquaredErrorCriterion>>;
template class TreeGrower<NodeSearch<WholeGini>>;
template class TreeGrower<RandomSearch<WholeGini>>;
template class TreeGrower<NodeSearch<WholeEntropy>>;
template class TreeGrower<RandomSearch<WholeEntropy>>;

}  // namespace ml_inference
