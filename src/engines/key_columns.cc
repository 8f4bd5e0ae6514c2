// SPDX-License-Identifier: MIT
#include "engines/key_columns.h"

#include "engines/exact_threshold.h"
#include "model/forest_walk.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>
#include <optional>
#include <type_traits>

namespace ml_inference {
namespace {

// Integers in the order of the float32 numbers. -0.0 becomes 0.0; NaN has no place.
std::int32_t ordered_bits(float value) {
  const auto bits = std::bit_cast<std::int32_t>(value + 0.0F);
  return bits ^ (bits >> 31 & std::numeric_limits<std::int32_t>::max());
}

// The number of `sorted` that are below the value. Without a branch on what is compared: rows
// differ, and each guess would be wrong half of the time.
std::int32_t count_below(std::span<const double> sorted, double value) {
  const double* first = sorted.data();
  std::size_t count = sorted.size();
  while (count > 1) {
    const std::size_t half = count / 2;
    first += first[half - 1] < value ? half : 0;
    count -= half;
  }
  const auto before = static_cast<std::int32_t>(first - sorted.data());
  return count == 1 && *first < value ? before + 1 : before;
}

}  // namespace

template <class Feature>
Result<KeyColumns<Feature>> KeyColumns<Feature>::make(const Forest& forest) {
  KeyColumns columns;
  columns.category_rule_ = forest.shape().category_rule;
  columns.zero_magnitude_ = forest.shape().zero_magnitude;
  columns.add_columns(forest);
  if constexpr (std::is_same_v<Feature, double>) columns.add_thresholds(forest);
  RETURN_IF_ERROR(columns.add_sets(forest));
  return columns;
}

template <class Feature>
std::size_t KeyColumns<Feature>::kind_of(const ForestNode& test) {
  if (test.is_categorical()) return kCategoricalKind;
  return (test.missing_goes_left() ? 1U : 0U) + (test.zero_is_missing() ? 2U : 0U);
}

template <class Feature>
auto KeyColumns<Feature>::use_of(const ForestNode& test) -> SetUse {
  return {test.category_set(), test.feature(), test.strangers_go_left(), test.missing_goes_left()};
}

// Which kinds there are is marked first: a forest of millions of nodes is gone through once.
template <class Feature>
void KeyColumns<Feature>::add_columns(const Forest& forest) {
  columns_of_.resize(forest.feature_count());
  // Without a branch for leaves, whose feature is 0: half of the guesses would be wrong.
  for (const ForestNode& node : forest.nodes()) {
    columns_of_[node.feature()][kind_of(node)] |= node.is_leaf() ? 0U : 1U;
  }
  const auto add = [this](std::size_t feature, std::size_t kind) {
    std::uint32_t& column = columns_of_[feature][kind];
    if (column == 0) return;
    columns_.push_back({.feature = static_cast<std::uint32_t>(feature),
                        .missing_goes_left = (kind & 1) != 0,
                        .zero_is_missing = (kind & 2) != 0});
    column = static_cast<std::uint32_t>(columns_.size());
  };
  for (std::size_t feature = 0; feature < columns_of_.size(); ++feature) {
    for (std::size_t kind = 0; kind < kCategoricalKind; ++kind) add(feature, kind);
  }
  first_categorical_ = column_count();
  for (std::size_t feature = 0; feature < columns_of_.size(); ++feature) {
    add(feature, kCategoricalKind);
  }
}

template <class Feature>
void KeyColumns<Feature>::add_thresholds(const Forest& forest) {
  std::vector<std::vector<Feature>> of_feature(forest.feature_count());
  for (const ForestNode& node : forest.nodes()) {
    if (node.is_leaf() || node.is_categorical()) continue;
    const auto threshold = largest_that_passes<Feature>(node);
    if (!std::isnan(threshold)) of_feature[node.feature()].push_back(threshold);
  }
  std::vector<std::uint32_t> begins;
  for (std::vector<Feature>& values : of_feature) {
    begins.push_back(static_cast<std::uint32_t>(thresholds_.size()));
    std::ranges::sort(values);
    std::ranges::unique_copy(values, std::back_inserter(thresholds_));
    values = {};
  }
  begins.push_back(static_cast<std::uint32_t>(thresholds_.size()));
  thresholds_.shrink_to_fit();
  for (std::size_t column = 1; column < first_categorical_; ++column) {
    Column& numerical = columns_[column - 1];
    numerical.begin = begins[numerical.feature];
    numerical.end = begins[numerical.feature + 1];
  }
}

template <class Feature>
Result<void> KeyColumns<Feature>::add_sets(const Forest& forest) {
  if (first_categorical_ == column_count()) return {};
  count_codes(forest);
  for (const ForestNode& node : forest.nodes()) {
    if (!node.is_leaf() && node.is_categorical()) append_set(forest, node);
    if (set_words_.size() > kSetWordCountMax) {
      return fail(Code::resource_exhausted,
                  fmt::format("the category sets, each with all codes of its feature, take more "
                              "than {} words of 32 codes",
                              kSetWordCountMax));
    }
  }
  set_words_.shrink_to_fit();
  return {};
}

template <class Feature>
void KeyColumns<Feature>::count_codes(const Forest& forest) {
  for (const ForestNode& node : forest.nodes()) {
    if (node.is_leaf() || !node.is_categorical()) continue;
    Column& column = columns_[columns_of_[node.feature()][kCategoricalKind] - 1];
    const std::size_t count = forest.category_set(node.category_set()).size() * 32;
    column.code_count = std::max(column.code_count, static_cast<std::uint32_t>(count));
  }
}

// Behind the codes of the feature a word for what has none: bit 0 for strangers, bit 1 for what is
// missing. A code behind the end of this set is a stranger to it.
template <class Feature>
void KeyColumns<Feature>::append_set(const Forest& forest, const ForestNode& test) {
  const auto [use, is_new] =
      set_begins_.emplace(use_of(test), static_cast<std::int32_t>(set_words_.size()));
  if (!is_new) return;
  const Column& column = columns_[columns_of_[test.feature()][kCategoricalKind] - 1];
  const std::span<const std::uint32_t> words = forest.category_set(test.category_set());
  set_words_.insert(set_words_.end(), words.begin(), words.end());
  const std::uint32_t strangers = test.strangers_go_left() ? 0xffffffffU : 0U;
  set_words_.insert(set_words_.end(), column.code_count / 32 - words.size(), strangers);
  set_words_.push_back((strangers & 1) | (test.missing_goes_left() ? 2U : 0U));
}

template <class Feature>
KeyTest KeyColumns<Feature>::test_of(const ForestNode& test) const {
  const std::uint32_t column = columns_of_[test.feature()][kind_of(test)];
  if (test.is_categorical()) return {.column = column, .key = set_begins_.at(use_of(test))};
  const auto threshold = largest_that_passes<Feature>(test);
  // No number passes: only what is missing may be as small.
  if (std::isnan(threshold)) return {.column = column, .key = kLeastKey};
  if constexpr (std::is_same_v<Feature, float>) {
    return {.column = column, .key = ordered_bits(threshold)};
  } else {
    const std::span<const double> sorted = thresholds_of(columns_[column - 1]);
    return {.column = column,
            .key = static_cast<std::int32_t>(std::ranges::lower_bound(sorted, threshold) -
                                             sorted.begin())};
  }
}

template <class Feature>
void KeyColumns<Feature>::forget_tests() {
  set_begins_ = {};
  columns_of_ = {};
}

template <class Feature>
std::int32_t KeyColumns<Feature>::number_key(const Column& column, Feature value) const {
  const bool is_missing =
      std::isnan(value) ||
      (column.zero_is_missing && std::abs(static_cast<double>(value)) <= zero_magnitude_);
  if (is_missing) return column.missing_goes_left ? kLeastKey : kGreatestKey;
  if constexpr (std::is_same_v<Feature, float>) {
    return ordered_bits(value);
  } else {
    return count_below(thresholds_of(column), value);
  }
}

template <class Feature>
std::int32_t KeyColumns<Feature>::code_key(const Column& column, Feature value) const {
  const auto strangers = static_cast<std::int32_t>(column.code_count);
  if (std::isnan(value)) return strangers + 1;
  const std::optional<std::uint32_t> code =
      category_code(category_rule_, static_cast<double>(value));
  return code && *code < column.code_count ? static_cast<std::int32_t>(*code) : strangers;
}

template <class Feature>
template <class T>
void KeyColumns<Feature>::keys_of(std::span<const T> row, std::int32_t* keys) const {
  keys[0] = kLeastKey;
  std::size_t column = 1;
  for (; column < first_categorical_; ++column) {
    const Column& numerical = columns_[column - 1];
    keys[column] = number_key(numerical, static_cast<Feature>(row[numerical.feature]));
  }
  for (; column < column_count(); ++column) {
    const Column& categorical = columns_[column - 1];
    keys[column] = code_key(categorical, static_cast<Feature>(row[categorical.feature]));
  }
}

template <class Feature>
void KeyColumns<Feature>::number_keys(const Column& column, std::span<const Feature> values,
                                      std::int32_t* keys) const {
  const std::int32_t missing = column.missing_goes_left ? kLeastKey : kGreatestKey;
  if constexpr (std::is_same_v<Feature, float>) {
    order_bits(values.data(), values.size(), missing, keys);
  } else {
    count_below(thresholds_of(column), values.data(), values.size(), missing, keys);
  }
  if (!column.zero_is_missing) return;
  for (std::size_t row = 0; row < values.size(); ++row) {
    if (std::abs(static_cast<double>(values[row])) <= zero_magnitude_) keys[row] = missing;
  }
}

template <class Feature>
template <class T>
void KeyColumns<Feature>::keys_of_block(MatrixView<const T> rows, std::size_t count,
                                        std::int32_t* keys) const {
  std::fill_n(keys, count, kLeastKey);
  std::array<const T*, kBlockRowCount> starts;
  for (std::size_t row = 0; row < count; ++row) {
    starts[row] = rows.row(std::min(row, rows.row_count() - 1)).data();
  }
  std::array<Feature, kBlockRowCount> values;
  for (std::size_t column = 1; column < column_count(); ++column) {
    keys += kBlockRowCount;
    const Column& of_column = columns_[column - 1];
    for (std::size_t row = 0; row < count; ++row) {
      values[row] = static_cast<Feature>(starts[row][of_column.feature]);
    }
    if (!is_categorical(column)) {
      number_keys(of_column, std::span(values).first(count), keys);
    } else {
      for (std::size_t row = 0; row < count; ++row) keys[row] = code_key(of_column, values[row]);
    }
  }
}

template <class Feature>
std::size_t KeyColumns<Feature>::memory_size() const {
  return std::span(columns_).size_bytes() + std::span(thresholds_).size_bytes() +
         std::span(set_words_).size_bytes();
}

template class KeyColumns<float>;
template class KeyColumns<double>;
template void KeyColumns<float>::keys_of(std::span<const float>, std::int32_t*) const;
template void KeyColumns<float>::keys_of_block(MatrixView<const float>, std::size_t,
                                               std::int32_t*) const;
template void KeyColumns<float>::keys_of(std::span<const double>, std::int32_t*) const;
template void KeyColumns<float>::keys_of_block(MatrixView<const double>, std::size_t,
                                               std::int32_t*) const;
template void KeyColumns<double>::keys_of(std::span<const float>, std::int32_t*) const;
template void KeyColumns<double>::keys_of_block(MatrixView<const float>, std::size_t,
                                                std::int32_t*) const;
template void KeyColumns<double>::keys_of(std::span<const double>, std::int32_t*) const;
template void KeyColumns<double>::keys_of_block(MatrixView<const double>, std::size_t,
                                                std::int32_t*) const;

}  // namespace ml_inference
