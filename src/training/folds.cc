// SPDX-License-Identifier: MIT
#include "training/folds.h"

#include "training/random.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace ml_inference {
namespace {

// Streams of random numbers beside those of trees, which are numbered from 0.
constexpr std::uint64_t kFoldStream = std::uint64_t{1} << 40;
constexpr std::uint64_t kOrderStream = kFoldStream + 1;

// Fisher and Yates's shuffle; std::shuffle draws in another way in each library.
template <class T>
void shuffle(std::span<T> values, Random& random) {
  for (std::size_t left = values.size(); left > 1; --left) {
    std::swap(values[left - 1], values[random.below(static_cast<std::uint32_t>(left))]);
  }
}

// By class: its rows, ascending.
std::vector<std::vector<std::size_t>> rows_by_class(std::span<const std::int32_t> classes) {
  std::vector<std::vector<std::size_t>> rows;
  for (std::size_t row = 0; row < classes.size(); ++row) {
    const auto number = static_cast<std::size_t>(classes[row]);
    if (number >= rows.size()) rows.resize(number + 1);
    rows[number].push_back(row);
  }
  return rows;
}

// what  of which there are `most`.
Result<void> check_fold_count(std::size_t fold_count, std::size_t most, std::string_view what) {
  if (fold_count < 2) {
    return fail(Code::invalid_argument,
                fmt::format("cross-validation: expected 2 folds or more, got {}", fold_count));
  }
  if (most < 2) {
    return fail(Code::invalid_argument,
                fmt::format("cross-validation: expected 2 {} or more, got {}", what, most));
  }
  if (fold_count <= most) return {};
  return fail(Code::invalid_argument,
              fmt::format("cross-validation: expected at most {} folds, as there are {} {}, got {}",
                          most, most, what, fold_count));
}

}  // namespace

Result<Folds> plain_folds(std::size_t row_count, std::size_t fold_count, std::uint64_t seed) {
  RETURN_IF_ERROR(check_fold_count(fold_count, row_count, "rows"));
  Folds folds(row_count);
  for (std::size_t row = 0; row < row_count; ++row) folds[row] = row % fold_count;
  Random random(seed, kFoldStream);
  shuffle(std::span(folds), random);
  return folds;
}

Result<Folds> stratified_folds(std::span<const std::int32_t> classes, std::size_t fold_count,
                               std::uint64_t seed) {
  std::vector<std::vector<std::size_t>> by_class = rows_by_class(classes);
  std::size_t most = 0;
  for (const auto& rows : by_class) most = std::max(most, rows.size());
  RETURN_IF_ERROR(check_fold_count(fold_count, most, "rows of the most frequent class"));
  // Classes in the order in which they first appear, one after another, are dealt in turn; each
  // then spreads what it was dealt over its rows at random.
  std::erase_if(by_class, [](const auto& rows) { return rows.empty(); });
  std::ranges::sort(by_class, {}, [](const auto& rows) { return rows.front(); });
  Folds folds(classes.size());
  Random random(seed, kFoldStream);
  std::size_t next = 0;
  for (const auto& rows : by_class) {
    Folds dealt;
    for (std::size_t row = 0; row < rows.size(); ++row) dealt.push_back(next++ % fold_count);
    shuffle(std::span(dealt), random);
    for (std::size_t row = 0; row < rows.size(); ++row) folds[rows[row]] = dealt[row];
  }
  return folds;
}

Result<Folds> make_folds(const TrainingSet& set, std::size_t fold_count, std::uint64_t seed) {
  if (set.schema.task() == Task::classification) {
    return stratified_folds(set.classes, fold_count, seed);
  }
  return plain_folds(set.row_count, fold_count, seed);
}

std::vector<std::size_t> rows_in(const Folds& folds, std::size_t fold) {
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < folds.size(); ++row) {
    if (folds[row] == fold) rows.push_back(row);
  }
  return rows;
}

std::vector<std::size_t> rows_outside(const Folds& folds, std::size_t fold) {
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < folds.size(); ++row) {
    if (folds[row] != fold) rows.push_back(row);
  }
  return rows;
}

std::vector<std::size_t> fair_order(const TrainingSet& set, std::span<const std::size_t> rows,
                                    std::uint64_t seed) {
  std::vector<std::size_t> order(rows.begin(), rows.end());
  Random random(seed, kOrderStream);
  shuffle(std::span(order), random);
  if (set.schema.task() == Task::regression) return order;
  // The i-th of a class's n rows stands at (i + 1/2) / n of the whole.
  std::vector<std::size_t> counts(set.schema.class_labels().size());
  for (const std::size_t row : rows) ++counts[static_cast<std::size_t>(set.classes[row])];
  std::vector<std::size_t> taken(counts.size());
  std::vector<std::pair<double, std::size_t>> places;  // and where in `order`
  for (std::size_t at = 0; at < order.size(); ++at) {
    const auto number = static_cast<std::size_t>(set.classes[order[at]]);
    const auto place = static_cast<double>(2 * taken[number]++ + 1);
    places.emplace_back(place / static_cast<double>(2 * counts[number]), at);
  }
  std::ranges::sort(places);
  std::vector<std::size_t> fair;
  fair.reserve(order.size());
  for (const auto& [place, at] : places) fair.push_back(order[at]);
  return fair;
}

}  // namespace ml_inference
