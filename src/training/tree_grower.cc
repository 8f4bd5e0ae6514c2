// SPDX-License-Identifier: MIT
#include "training/tree_grower.h"

#include "training/criteria.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <utility>

namespace ml_inference {
namespace {

// Values closer together than this, compared in float32, are one value to a split.
// Source: scikit-learn, sklearn/tree/_partitioner.pxd, FEATURE_THRESHOLD.
constexpr float kFeatureThreshold = 1e-7F;

// What rounding may take from an impurity decrease before min_impurity_decrease refuses it.
// Source: scikit-learn, sklearn/tree/_tree.pyx, EPSILON.
constexpr double kDecreaseEpsilon = std::numeric_limits<double>::epsilon();

// Sorting by counting touches every possible digit, so that few rows want few digits: at most four
// a row, and no more counters than the first-level cache holds beside the keys.
constexpr int kDigitBitsMax = 11;

// With more rounds than this, comparing is faster.
constexpr int kDigitCountMax = 2;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Whether a cut can be made between two values, the smaller one first.
bool differs(float value, float next) { return next > value + kFeatureThreshold; }

std::uint32_t rank_of(std::uint64_t key) { return static_cast<std::uint32_t>(key >> 32); }
std::uint32_t row_of(std::uint64_t key) { return static_cast<std::uint32_t>(key); }

}  // namespace

template <class Criterion>
TreeGrower<Criterion>::TreeGrower(const RankedRows& rows, Criterion criterion,
                                  const GrowthLimits& limits)
    : data_(rows),
      criterion_(std::move(criterion)),
      limits_(limits),
      features_(rows.feature_count()) {}

template <class Criterion>
GrownTree TreeGrower<Criterion>::grow(std::span<const double> weights, Random random) {
  random_ = random;
  start(weights);
  add_node({0, rows_.size()}, 0);
  for (std::size_t leaf_count = 1; leaf_count < limits_.max_leaf_nodes && !candidates_.empty();
       ++leaf_count) {
    apply(next_candidate());
  }
  add_leaf_values();
  return {{tree_.nodes.begin(), tree_.nodes.end()},
          {tree_.leaf_values.begin(), tree_.leaf_values.end()}};
}

template <class Criterion>
void TreeGrower<Criterion>::start(std::span<const double> weights) {
  tree_.nodes.clear();
  tree_.leaf_values.clear();
  ranges_.clear();
  candidates_.clear();
  rows_.clear();
  tree_weight_ = 0;
  for (std::size_t row = 0; row < weights.size(); ++row) {
    if (weights[row] == 0) continue;
    rows_.push_back(static_cast<std::uint32_t>(row));
    tree_weight_ += weights[row];
  }
  right_rows_.resize(rows_.size());
  sorted_.resize(rows_.size());
  unsorted_.resize(rows_.size());
  std::iota(features_.begin(), features_.end(), 0U);
  criterion_.set_weights(weights);
}

// Adds a leaf, and, where it may be split, the candidate that would make a test of it.
template <class Criterion>
void TreeGrower<Criterion>::add_node(Range range, std::size_t depth) {
  const std::size_t node = tree_.nodes.size();
  tree_.nodes.emplace_back();
  ranges_.push_back(range);
  const std::span<const std::uint32_t> rows = rows_of(range);
  if (depth >= limits_.max_depth || rows.size() < limits_.min_samples_split ||
      rows.size() / 2 < limits_.min_samples_leaf) {
    return;
  }
  criterion_.enter(rows);
  if (criterion_.is_pure()) return;
  const std::optional<Split> split = find_split(rows);
  if (!split) return;
  const double decrease = std::max(0.0, split->score - criterion_.score());
  if (decrease / tree_weight_ + kDecreaseEpsilon < limits_.min_impurity_decrease) return;
  candidates_.push_back({node, depth, decrease, *split});
  if (limits_.best_first) std::ranges::push_heap(candidates_, is_later);
}

template <class Criterion>
auto TreeGrower<Criterion>::next_candidate() -> Candidate {
  if (limits_.best_first) std::ranges::pop_heap(candidates_, is_later);
  const Candidate next = candidates_.back();
  candidates_.pop_back();
  return next;
}

template <class Criterion>
void TreeGrower<Criterion>::apply(const Candidate& candidate) {
  const Range range = ranges_[candidate.node];
  const std::size_t middle = partition(range, candidate.split);
  GrownNode& node = tree_.nodes[candidate.node];
  node.threshold = candidate.split.threshold;
  node.decrease = candidate.decrease;
  node.feature = static_cast<std::int32_t>(candidate.split.feature);
  node.left = static_cast<std::uint32_t>(tree_.nodes.size());
  node.missing_goes_left = candidate.split.missing_goes_left;
  add_node({range.begin, middle}, candidate.depth + 1);
  add_node({middle, range.end}, candidate.depth + 1);
}

// Brings the rows that go left before those that go right, both still ascending; returns where the
// right side begins.
template <class Criterion>
std::size_t TreeGrower<Criterion>::partition(Range range, const Split& split) {
  const std::span<const std::uint32_t> ranks = data_.ranks(split.feature);
  const auto missing_rank = static_cast<std::uint32_t>(data_.values(split.feature).size());
  std::size_t left_end = range.begin;
  std::size_t right_count = 0;
  for (std::size_t index = range.begin; index < range.end; ++index) {
    const std::uint32_t row = rows_[index];
    const std::uint32_t rank = ranks[row];
    const bool goes_left =
        rank <= split.last_left_rank || (split.missing_goes_left && rank == missing_rank);
    rows_[left_end] = row;
    right_rows_[right_count] = row;
    left_end += goes_left ? 1 : 0;
    right_count += goes_left ? 0 : 1;
  }
  std::copy_n(right_rows_.begin(), right_count,
              rows_.begin() + static_cast<std::ptrdiff_t>(left_end));
  return left_end;
}

template <class Criterion>
void TreeGrower<Criterion>::add_leaf_values() {
  std::uint32_t leaf_count = 0;
  for (std::size_t node = 0; node < tree_.nodes.size(); ++node) {
    if (tree_.nodes[node].feature >= 0) continue;
    tree_.nodes[node].left = leaf_count++;
    criterion_.append_leaf(rows_of(ranges_[node]), tree_.leaf_values);
  }
}

template <class Criterion>
bool TreeGrower<Criterion>::is_later(const Candidate& a, const Candidate& b) {
  return a.decrease < b.decrease || (a.decrease == b.decrease && a.node > b.node);
}

// Draws features without putting them back until max_features were looked at and one of them was
// not constant. The criterion has entered the node.
template <class Criterion>
auto TreeGrower<Criterion>::find_split(std::span<const std::uint32_t> rows)
    -> std::optional<Split> {
  Split best;
  bool one_varies = false;
  for (std::size_t drawn = 0; drawn < features_.size(); ++drawn) {
    if (drawn >= limits_.max_features && one_varies) break;
    const auto left = static_cast<std::uint32_t>(features_.size() - drawn);
    std::swap(features_[drawn], features_[drawn + random_.below(left)]);
    one_varies |= consider(features_[drawn], rows, best);
  }
  if (best.score == Split{}.score) return std::nullopt;
  return best;
}

// Replaces `best` when a split by this feature is better; false when the feature is constant here.
template <class Criterion>
bool TreeGrower<Criterion>::consider(std::size_t feature, std::span<const std::uint32_t> rows,
                                     Split& best) {
  const std::span<const std::uint64_t> keys = sorted_by_rank(data_.ranks(feature), rows);
  if (keys.empty()) return false;
  const std::span<const float> values = data_.values(feature);
  std::size_t present_count = keys.size();
  while (rank_of(keys[present_count - 1]) == values.size()) --present_count;
  const SortedColumn column{.feature = feature,
                            .values = values,
                            .present = keys.first(present_count),
                            .missing = keys.subspan(present_count)};
  if (!column.missing.empty()) {
    scan(column, false, best);
    scan(column, true, best);
    return true;
  }
  if (!differs(values[rank_of(keys.front())], values[rank_of(keys.back())])) return false;
  scan(column, false, best);
  return true;
}

// The rows in the order of their ranks, rows of one rank ascending; nothing when all have the same
// rank. Rows come in ascending order, so that counting and comparing give the same result.
template <class Criterion>
std::span<const std::uint64_t> TreeGrower<Criterion>::sorted_by_rank(
    std::span<const std::uint32_t> ranks, std::span<const std::uint32_t> rows) {
  std::uint32_t least = ranks[rows.front()];
  std::uint32_t greatest = least;
  for (std::size_t index = 0; index < rows.size(); ++index) {
    const std::uint32_t rank = ranks[rows[index]];
    least = std::min(least, rank);
    greatest = std::max(greatest, rank);
    unsorted_[index] = std::uint64_t{rank} << 32 | rows[index];
  }
  if (least == greatest) return {};
  return sorted(rows.size(), least, static_cast<int>(std::bit_width(greatest - least)));
}

// Sorts the first `count` keys of unsorted_, whose ranks lie above `least` by numbers of rank_bits
// bits: digit by digit, least digit first, when two rounds of counting do it, otherwise by
// comparing.
template <class Criterion>
std::span<const std::uint64_t> TreeGrower<Criterion>::sorted(std::size_t count, std::uint32_t least,
                                                             int rank_bits) {
  const int digit_bits_max = std::min(kDigitBitsMax, static_cast<int>(std::bit_width(count)) + 1);
  const int digit_count = (rank_bits + digit_bits_max - 1) / digit_bits_max;
  if (digit_count > kDigitCountMax) {
    const std::span<std::uint64_t> keys = std::span(unsorted_).first(count);
    std::ranges::sort(keys);
    return keys;
  }
  const int digit_bits = (rank_bits + digit_count - 1) / digit_count;
  const std::uint32_t mask = (1U << digit_bits) - 1;
  for (int shift = 0; shift < rank_bits; shift += digit_bits) {
    const auto digit_of = [least, shift, mask](std::uint64_t key) {
      return (rank_of(key) - least) >> shift & mask;
    };
    const std::span<const std::uint64_t> keys = std::span(unsorted_).first(count);
    places_.assign(std::size_t{mask} + 1, 0);
    for (const std::uint64_t key : keys) ++places_[digit_of(key)];
    std::uint32_t place = 0;
    for (std::uint32_t& keys_of_digit : places_) place += std::exchange(keys_of_digit, place);
    for (const std::uint64_t key : keys) sorted_[places_[digit_of(key)]++] = key;
    unsorted_.swap(sorted_);
  }
  return std::span(unsorted_).first(count);
}

// Moves the rows from right to left, one after another, and scores every cut between two values,
// and, where values are missing, the cut between all values and the missing ones.
template <class Criterion>
void TreeGrower<Criterion>::scan(const SortedColumn& column, bool missing_goes_left, Split& best) {
  criterion_.restart();
  std::size_t left_count = 0;
  if (missing_goes_left) {
    for (const std::uint64_t key : column.missing) criterion_.move_left(row_of(key));
    left_count = column.missing.size();
  }
  const std::size_t last = column.present.size() - 1;
  for (std::size_t index = 0; index <= last; ++index) {
    criterion_.move_left(row_of(column.present[index]));
    ++left_count;
    const std::uint32_t rank = rank_of(column.present[index]);
    if (index < last) {
      const std::uint32_t next_rank = rank_of(column.present[index + 1]);
      if (rank == next_rank || !differs(column.values[rank], column.values[next_rank])) continue;
      offer_cut(column, rank, column.values[next_rank], {left_count, missing_goes_left}, best);
    } else if (!missing_goes_left && !column.missing.empty()) {
      offer_cut(column, rank, kInfinity, {left_count, missing_goes_left}, best);
    }
  }
}

// Replaces `best` by the cut where the criterion stands, if it may be made and scores higher.
//
// next_value  the least value on the right; infinity when only missing ones are there
template <class Criterion>
void TreeGrower<Criterion>::offer_cut(const SortedColumn& column, std::uint32_t rank,
                                      float next_value, LeftSide left, Split& best) {
  const std::size_t right_count = column.present.size() + column.missing.size() - left.row_count;
  if (std::min(left.row_count, right_count) < limits_.min_samples_leaf) return;
  const double score = criterion_.split_score();
  // Infinite when class weights far apart lose all weight of one side in rounding.
  if (!(score > best.score) || score == kInfinity) return;
  // Where this column misses nothing but another one does, a missing value to come follows the
  // crowd.
  const bool majority_is_left = data_.has_missing() && left.row_count > right_count;
  best = {.score = score,
          .threshold = double{column.values[rank]} / 2 + double{next_value} / 2,
          .feature = column.feature,
          .last_left_rank = rank,
          .missing_goes_left = column.missing.empty() ? majority_is_left : left.has_missing};
}

template class TreeGrower<GiniCriterion>;
template class TreeGrower<EntropyCriterion>;
template class TreeGrower<SquaredErrorCriterion>;

}  // namespace ml_inference
