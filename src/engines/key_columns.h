// SPDX-License-Identifier: MIT
// What the tests of a forest look at, as whole numbers. A row is turned into keys once; from there
// on every numerical test is "is this key at most that one?", whatever the forest's types, its `<`
// or `<=`, and its ways of missing values; a categorical test looks up one bit.
#pragma once

#include "base/result.h"
#include "data/matrix.h"
#include "engines/key_kernels.h"
#include "model/forest.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <tuple>
#include <vector>

namespace ml_inference {

/// Below and above every key that a number has.
inline constexpr std::int32_t kLeastKey = std::numeric_limits<std::int32_t>::min();
inline constexpr std::int32_t kGreatestKey = std::numeric_limits<std::int32_t>::max();

/// A test in terms of keys.
struct KeyTest {
  std::uint32_t column = 0;
  std::int32_t key = 0;  ///< numerical: left when the row's key is at most this. Categorical: the
                         ///< first word of its set in KeyColumns::set_words().
};

/// The columns of keys that a forest's tests ask for: one for each feature and way of missing
/// values among its numerical tests, then one for each categorical feature. Column 0 holds
/// kLeastKey in every row, so that "at most" is true there whatever it is compared with: leaves
/// look at it.
///
/// Feature  float or double, as the forest's feature_type says.
/// Keys     of float32 features, the bits of the number in an order that integers share; of float64
///          features, how many of the model's thresholds for the feature lie below the number; of
///          categories, the code, or one of two numbers behind the last for what is missing and for
///          strangers. Exact: no number and no threshold is rounded.
/// Threads: immutable.
template <class Feature>
class KeyColumns {
 public:
  /// Errors: resource_exhausted, when the sets, each with a bit for every code that the feature has
  /// anywhere, would take more than kSetWordCountMax words.
  [[nodiscard]] static Result<KeyColumns> make(const Forest& forest);

  [[nodiscard]] std::size_t column_count() const { return 1 + columns_.size(); }

  /// Columns from here on are categorical.
  [[nodiscard]] std::size_t first_categorical() const { return first_categorical_; }
  [[nodiscard]] bool is_categorical(std::size_t column) const {
    return column >= first_categorical_;
  }

  /// Bit key % 32 of word KeyTest::key + key / 32 is 1 when that key goes left.
  [[nodiscard]] std::span<const std::uint32_t> set_words() const { return set_words_; }

  /// test  a test of the forest that this was made of.
  [[nodiscard]] KeyTest test_of(const ForestNode& test) const;

  /// Ends test_of(): what it needs is in memory no more.
  void forget_tests();

  /// The keys of one row: column_count() numbers.
  /// T  float or double; rounded or widened to Feature first.
  template <class T>
  void keys_of(std::span<const T> row, std::int32_t* keys) const;

  /// The keys of a block of rows, those of a column together.
  /// rows   what the block begins with; the last of them stands for those that are not there.
  /// count  of rows of the block: kHalfBlockRowCount or kBlockRowCount.
  /// keys   [column_count(), kBlockRowCount]
  template <class T>
  void keys_of_block(MatrixView<const T> rows, std::size_t count, std::int32_t* keys) const;

  [[nodiscard]] std::size_t memory_size() const;

  /// Eight times what a forest's own sets may take: 256 MiB.
  static constexpr std::size_t kSetWordCountMax = std::size_t{1} << 26;

 private:
  struct Column {
    std::uint32_t feature;
    bool missing_goes_left;
    bool zero_is_missing;
    // Of a numerical one of float64 features: its thresholds are thresholds_[begin, end).
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    std::uint32_t code_count = 0;  // of a categorical one; greater codes are strangers
  };

  // Kinds of columns: two questions about missing values, or a categorical one.
  static constexpr std::size_t kKindCount = 5;
  static constexpr std::size_t kCategoricalKind = 4;
  [[nodiscard]] static std::size_t kind_of(const ForestNode& test);

  // A set as one feature's tests see it: which one, which feature, where its strangers go.
  using SetUse = std::tuple<std::size_t, std::size_t, bool, bool>;
  [[nodiscard]] static SetUse use_of(const ForestNode& test);

  [[nodiscard]] std::span<const Feature> thresholds_of(const Column& column) const {
    return std::span(thresholds_).subspan(column.begin, column.end - column.begin);
  }
  void add_columns(const Forest& forest);
  void add_thresholds(const Forest& forest);
  [[nodiscard]] Result<void> add_sets(const Forest& forest);
  void count_codes(const Forest& forest);
  void append_set(const Forest& forest, const ForestNode& test);
  [[nodiscard]] std::int32_t number_key(const Column& column, Feature value) const;
  void number_keys(const Column& column, std::span<const Feature> values, std::int32_t* keys) const;
  [[nodiscard]] std::int32_t code_key(const Column& column, Feature value) const;

  std::vector<Column> columns_;  // column 0 is none of them
  std::size_t first_categorical_ = 1;
  CategoryRule category_rule_ = CategoryRule::truncated;
  double zero_magnitude_ = 0;
  std::vector<Feature> thresholds_;  // float64 features: by feature, ascending, each once
  std::vector<std::uint32_t> set_words_;

  // For test_of():
  std::map<SetUse, std::int32_t> set_begins_;
  std::vector<std::array<std::uint32_t, kKindCount>> columns_of_;  // by feature and kind
};

extern template class KeyColumns<float>;
extern template class KeyColumns<double>;

}  // namespace ml_inference
