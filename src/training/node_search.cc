// SPDX-License-Identifier: MIT
#include "training/node_search.h"

#include "training/criteria.h"
#include "training/whole_criteria.h"

#include <algorithm>
#include <utility>

namespace ml_inference {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

template <class Criterion>
NodeSearch<Criterion>::NodeSearch(const RankedRows& data, Criterion criterion,
                                  std::size_t min_samples_leaf)
    : data_(data), criterion_(std::move(criterion)), min_samples_leaf_(min_samples_leaf) {}

template <class Criterion>
bool NodeSearch<Criterion>::consider(std::size_t feature, Random& /*random*/, Split& best) {
  if constexpr (Criterion::kIsExact) {
    if (is_countable(feature)) return consider_counted(feature, best);
  }
  constexpr std::size_t kNarrowCountMax = std::size_t{1} << RankKey<std::uint32_t>::kHalfBits;
  if (data_.is_narrow(feature) && rows_.size() <= kNarrowCountMax) {
    return consider_sorted(feature, narrow_sorter_, best);
  }
  return consider_sorted(feature, wide_sorter_, best);
}

template <class Criterion>
template <class Number>
bool NodeSearch<Criterion>::consider_sorted(std::size_t feature, KeySorter<Number>& sorter,
                                            Split& best) {
  using Key = RankKey<Number>;
  const std::span<Number> unsorted = sorter.keys(rows_.size());
  const auto [least, greatest] = data_.with_ranks(feature, rows_.size(), [&](auto ranks) {
    std::uint32_t least_rank = ranks[rows_.front()];
    std::uint32_t greatest_rank = least_rank;
    for (std::size_t index = 0; index < rows_.size(); ++index) {
      const std::uint32_t rank = ranks[rows_[index]];
      least_rank = std::min(least_rank, rank);
      greatest_rank = std::max(greatest_rank, rank);
      unsorted[index] = Key::make(rank, index);
    }
    return std::pair(least_rank, greatest_rank);
  });
  if (least == greatest) return false;
  const std::span<const Number> keys = sorter.sort(least, greatest);
  const std::span<const float> values = data_.values(feature);
  std::size_t missing_count = 0;
  while (Key::rank(keys[keys.size() - 1 - missing_count]) == values.size()) ++missing_count;
  if (missing_count == 0 && !data_.are_apart(feature, least, greatest)) return false;
  scan(keys, {feature, values, missing_count, false}, best);
  if (missing_count > 0) scan(keys, {feature, values, missing_count, true}, best);
  return true;
}

// Moves the rows from right to left, one after another, and scores every cut between two values,
// and, where values are missing, the cut between all values and the missing ones.
template <class Criterion>
template <class Number>
void NodeSearch<Criterion>::scan(std::span<const Number> keys, const Column& column, Split& best) {
  using Key = RankKey<Number>;
  auto left = criterion_.left();
  const std::size_t last = keys.size() - column.missing_count - 1;
  std::size_t left_count = 1;
  if (column.missing_goes_left) {
    for (const Number key : keys.subspan(last + 1)) left.move(Key::index(key));
    left_count += column.missing_count;
  }
  for (std::size_t index = 0; index < last; ++index, ++left_count) {
    left.move(Key::index(keys[index]));
    const std::uint32_t rank = Key::rank(keys[index]);
    const std::uint32_t next_rank = Key::rank(keys[index + 1]);
    const double score = left.score();
    if (static_cast<int>(score > best.score) & static_cast<int>(rank != next_rank)) {
      offer(column, {rank, next_rank, left_count}, score, best);
    }
  }
  if (column.missing_goes_left || column.missing_count == 0) return;
  left.move(Key::index(keys[last]));
  const auto missing_rank = static_cast<std::uint32_t>(column.values.size());
  offer(column, {Key::rank(keys[last]), missing_rank, left_count}, left.score(), best);
}

// Whether counting every class of every rank is less work than sorting the rows.
template <class Criterion>
bool NodeSearch<Criterion>::is_countable(std::size_t feature) const {
  if constexpr (Criterion::kIsExact) {
    const std::size_t rank_count = data_.values(feature).size() + 1;
    return rank_count * criterion_.class_count() <= 2 * rows_.size();
  }
  return false;
}

template <class Criterion>
bool NodeSearch<Criterion>::consider_counted(std::size_t feature, Split& best) {
  count_by_rank(feature);
  if (rank_counts_.size() == 1) return false;
  const std::span<const float> values = data_.values(feature);
  const bool has_missing = rank_counts_.back().rank == values.size();
  const std::size_t missing_count = has_missing ? rank_counts_.back().row_count : 0;
  if (!has_missing &&
      !data_.are_apart(feature, rank_counts_.front().rank, rank_counts_.back().rank)) {
    return false;
  }
  scan_counted({feature, values, missing_count, false}, best);
  if (has_missing) scan_counted({feature, values, missing_count, true}, best);
  return true;
}

template <class Criterion>
void NodeSearch<Criterion>::count_by_rank(std::size_t feature) {
  constexpr std::uint64_t kOneRow = std::uint64_t{1} << 32;
  rank_counts_.clear();
  if constexpr (Criterion::kIsExact) {
    const std::size_t class_count = criterion_.class_count();
    const std::size_t rank_count = data_.values(feature).size() + 1;
    const std::size_t count_count = rank_count * class_count;
    counts_.assign(2 * count_count, 0);
    data_.with_ranks(feature, rows_.size(), [&](auto ranks) {
      const std::span<const std::uint32_t> rows = rows_;
      const auto add = [&](std::uint64_t* counts, std::size_t index) {
        const auto [row_class, weight] = criterion_.item(index);
        counts[ranks[rows[index]] * class_count + row_class] += kOneRow + weight;
      };
      // Rows take turns at two sets of counters, since adding to a counter waits for what was added
      // to it just before.
      std::uint64_t* const even = counts_.data();
      std::uint64_t* const odd = even + count_count;
      for (std::size_t index = 0; index + 1 < rows.size(); index += 2) {
        add(even, index);
        add(odd, index + 1);
      }
      if (rows.size() % 2 == 1) add(even, rows.size() - 1);
      for (std::size_t index = 0; index < count_count; ++index) even[index] += odd[index];
    });
    for (std::size_t rank = 0; rank < rank_count; ++rank) {
      std::uint64_t sum = 0;
      for (const std::uint64_t count :
           std::span(counts_).subspan(rank * class_count, class_count)) {
        sum += count;
      }
      if (sum > 0) rank_counts_.push_back({static_cast<std::uint32_t>(rank), sum / kOneRow});
    }
  }
}

// As scan(), with all rows of a rank moved at once.
template <class Criterion>
void NodeSearch<Criterion>::scan_counted(const Column& column, Split& best) {
  if constexpr (Criterion::kIsExact) {
    auto left = criterion_.left();
    const auto move = [&](std::uint32_t rank) {
      const std::size_t class_count = criterion_.class_count();
      const std::uint64_t* const counts = counts_.data() + rank * class_count;
      for (std::uint32_t row_class = 0; row_class < class_count; ++row_class) {
        left.move({row_class, static_cast<std::uint32_t>(counts[row_class])});
      }
    };
    std::size_t left_count = 0;
    if (column.missing_goes_left) {
      move(rank_counts_.back().rank);
      left_count = column.missing_count;
    }
    const std::size_t cut_count = rank_counts_.size() - (column.missing_goes_left ? 2 : 1);
    for (std::size_t index = 0; index < cut_count; ++index) {
      move(rank_counts_[index].rank);
      left_count += rank_counts_[index].row_count;
      offer(column, {rank_counts_[index].rank, rank_counts_[index + 1].rank, left_count},
            left.score(), best);
    }
  }
}

// Replaces `best` by a cut, if it may be made and scores higher.
template <class Criterion>
void NodeSearch<Criterion>::offer(const Column& column, const Cut& cut, double score,
                                  Split& best) const {
  // Infinite when class weights far apart lose all weight of one side in rounding.
  if (!(score > best.score) || score == kInfinity) return;
  const std::size_t right_count = rows_.size() - cut.left_count;
  if (std::min(cut.left_count, right_count) < min_samples_leaf_) return;
  const bool is_between_values = cut.next_rank < column.values.size();
  if (is_between_values && !data_.are_apart(column.feature, cut.last_rank, cut.next_rank)) return;
  // Where this column misses nothing but another one does, a missing value to come follows the
  // crowd.
  const bool majority_is_left = data_.has_missing() && cut.left_count > right_count;
  const bool missing_goes_left =
      column.missing_count == 0 ? majority_is_left : column.missing_goes_left;
  best = {{.score = score, .feature = column.feature, .missing_goes_left = missing_goes_left},
          cut.last_rank,
          cut.next_rank};
}

template <class Criterion>
std::size_t NodeSearch<Criterion>::partition(std::span<std::uint32_t> rows, const Split& split) {
  const auto missing_rank = static_cast<std::uint32_t>(data_.values(split.feature).size());
  return data_.with_ranks(split.feature, rows.size(), [&](auto ranks) {
    return partition_rows(rows, right_rows_, [&](std::uint32_t row) {
      const std::uint32_t rank = ranks[row];
      return rank <= split.last_left_rank || (split.missing_goes_left && rank == missing_rank);
    });
  });
}

template <class Criterion>
double NodeSearch<Criterion>::threshold(const Split& split) const {
  const std::span<const float> values = data_.values(split.feature);
  const bool only_missing_right = split.first_right_rank == values.size();
  const double next = only_missing_right ? kInfinity : values[split.first_right_rank];
  return double{values[split.last_left_rank]} / 2 + next / 2;
}

template class NodeSearch<GiniCriterion>;
template class NodeSearch<EntropyCriterion>;
template class NodeSearch<SquaredErrorCriterion>;
template class NodeSearch<WholeGini>;
template class NodeSearch<WholeEntropy>;

}  // namespace ml_inference
