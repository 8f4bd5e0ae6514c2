// SPDX-License-Identifier: MIT
#include "training/random_search.h"

#include "training/criteria.h"
#include "training/whole_criteria.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace ml_inference {
namespace {

// Values closer together than this, compared in float32, are one value to a split.
// Source: scikit-learn, sklearn/tree/_partitioner.pxd, FEATURE_THRESHOLD.
constexpr float kFeatureThreshold = 1e-7F;

// Whether a value goes left: NaN compares as false. Not a branch, which would be guessed wrong at
// every second row.
bool goes_left(float value, double threshold, bool missing_goes_left) {
  const int is_missing = static_cast<int>(std::isnan(value)) & static_cast<int>(missing_goes_left);
  return (static_cast<int>(double{value} <= threshold) | is_missing) != 0;
}

}  // namespace

ColumnRows::ColumnRows(MatrixView<const float> rows)
    : rows_(rows),
      has_missing_(
          std::ranges::any_of(rows.values(), [](float value) { return std::isnan(value); })),
      columns_(rows.values().size()) {
  for (std::size_t row = 0; row < rows.row_count(); ++row) {
    const std::span<const float> values = rows.row(row);
    for (std::size_t feature = 0; feature < values.size(); ++feature) {
      columns_[feature * rows.row_count() + row] = values[feature];
    }
  }
}

template <class Criterion>
RandomSearch<Criterion>::RandomSearch(const ColumnRows& data, Criterion criterion,
                                      std::size_t min_samples_leaf)
    : data_(data), criterion_(std::move(criterion)), min_samples_leaf_(min_samples_leaf) {}

template <class Criterion>
bool RandomSearch<Criterion>::consider(std::size_t feature, Random& random, Split& best) {
  const Column column = read(feature);
  if (!(column.greatest > column.least + kFeatureThreshold)) return false;
  const double low = column.least;
  const double high = column.greatest;
  Split split;
  split.feature = feature;
  split.threshold = low + random.fraction() * (high - low);
  if (split.threshold >= high) split.threshold = low;
  split.missing_goes_left = column.missing_count > 0 && random.below(2) == 1;
  offer(column, split, best);
  return true;
}

// Where all values are missing, the least is infinite.
template <class Criterion>
auto RandomSearch<Criterion>::read(std::size_t feature) -> Column {
  const ColumnRows::Values values = data_.values(feature, rows_.size());
  values_.resize(std::max(values_.size(), rows_.size()));
  Column column{.least = std::numeric_limits<float>::infinity(),
                .greatest = -std::numeric_limits<float>::infinity(),
                .missing_count = 0};
  for (std::size_t index = 0; index < rows_.size(); ++index) {
    const float value = values[rows_[index]];
    values_[index] = value;
    column.least = value < column.least ? value : column.least;
    column.greatest = value > column.greatest ? value : column.greatest;
    column.missing_count += std::isnan(value) ? 1 : 0;
  }
  return column;
}

// Replaces `best` by the split, if it may be made and scores higher.
template <class Criterion>
void RandomSearch<Criterion>::offer(const Column& column, Split split, Split& best) {
  auto left = criterion_.left();
  std::size_t left_count = 0;
  for (std::size_t index = 0; index < rows_.size(); ++index) {
    const bool is_left = goes_left(values_[index], split.threshold, split.missing_goes_left);
    left.move_if(index, is_left);
    left_count += is_left ? 1 : 0;
  }
  const std::size_t right_count = rows_.size() - left_count;
  if (std::min(left_count, right_count) < min_samples_leaf_) return;
  split.score = left.score();
  // Infinite when class weights far apart lose all weight of one side in rounding.
  if (!(split.score > best.score) || std::isinf(split.score)) return;
  // Where this column misses nothing but another one does, a missing value to come follows the
  // crowd.
  if (column.missing_count == 0) {
    split.missing_goes_left = data_.has_missing() && left_count > right_count;
  }
  best = split;
}

template <class Criterion>
std::size_t RandomSearch<Criterion>::partition(std::span<std::uint32_t> rows, const Split& split) {
  const ColumnRows::Values values = data_.values(split.feature, rows.size());
  return partition_rows(rows, right_rows_, [&](std::uint32_t row) {
    return goes_left(values[row], split.threshold, split.missing_goes_left);
  });
}

template class RandomSearch<GiniCriterion>;
template class RandomSearch<EntropyCriterion>;
template class RandomSearch<SquaredErrorCriterion>;
template class RandomSearch<WholeGini>;
template class RandomSearch<WholeEntropy>;

}  // namespace ml_inference
