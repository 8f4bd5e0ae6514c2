// SPDX-License-Identifier: MIT
#include "engines/plain_engine.h"

#include "base/assert.h"
#include "model/forest_walk.h"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

// Feature and Sum: float or double, as the forest's feature_type and sum_type say.
template <class Feature, class Sum>
class PlainEngine final : public Engine {
 public:
  PlainEngine(Forest forest, std::string reason)
      : forest_(std::move(forest)),
        reason_(std::move(reason)),
        base_(forest_.shape().base.begin(), forest_.shape().base.end()) {
    for (const double divisor : divisors(forest_)) divisors_.push_back(static_cast<Sum>(divisor));
  }

  [[nodiscard]] std::string_view name() const override { return kPlainEngineName; }
  [[nodiscard]] std::string reason() const override { return reason_; }
  [[nodiscard]] std::size_t memory_size() const override { return forest_.memory_size(); }

  void predict(MatrixView<const float> rows, std::span<double> out) const override {
    predict_rows(rows, out);
  }
  void predict(MatrixView<const double> rows, std::span<double> out) const override {
    predict_rows(rows, out);
  }

 private:
  template <class T>
  void predict_rows(MatrixView<const T> rows, std::span<double> out) const;
  void sum_up(std::span<const Feature> row, std::span<Sum> sums) const;

  Forest forest_;
  std::string reason_;
  std::vector<Sum> base_;      // by output, or empty
  std::vector<Sum> divisors_;  // by output
};

template <class Feature, class Sum>
template <class T>
void PlainEngine<Feature, Sum>::predict_rows(MatrixView<const T> rows,
                                             std::span<double> out) const {
  ASSERT(rows.column_count() == forest_.feature_count());
  ASSERT(out.size() == rows.row_count() * forest_.output_count());
  std::vector<Feature> rounded_row(std::is_same_v<T, Feature> ? 0 : rows.column_count());
  std::vector<Sum> sums(forest_.output_count());
  for (std::size_t index = 0; index < rows.row_count(); ++index) {
    if constexpr (std::is_same_v<T, Feature>) {
      sum_up(rows.row(index), sums);
    } else {
      std::ranges::transform(rows.row(index), rounded_row.begin(),
                             [](T value) { return static_cast<Feature>(value); });
      sum_up(rounded_row, sums);
    }
    std::ranges::copy(sums, out.begin() + static_cast<std::ptrdiff_t>(index * sums.size()));
  }
}

template <class Feature, class Sum>
void PlainEngine<Feature, Sum>::sum_up(std::span<const Feature> row, std::span<Sum> sums) const {
  const bool base_last = forest_.shape().base_last;
  std::ranges::fill(sums, Sum{0});
  if (!base_last) std::ranges::copy(base_, sums.begin());
  for (std::size_t tree = 0; tree < forest_.tree_count(); ++tree) {
    const ForestNode& leaf = leaf_reached(forest_, forest_.roots()[tree], row);
    Sum* const first_sum = &sums[forest_.first_outputs()[tree]];
    if (leaf.is_linear()) {
      *first_sum += static_cast<Sum>(linear_value(forest_, leaf, row));
      continue;
    }
    const std::span<const double> values = forest_.leaf_values(leaf.leaf());
    for (std::size_t value = 0; value < values.size(); ++value) {
      first_sum[value] += static_cast<Sum>(values[value]);
    }
  }
  for (std::size_t output = 0; output < sums.size(); ++output) sums[output] /= divisors_[output];
  if (!base_last) return;
  for (std::size_t output = 0; output < base_.size(); ++output) sums[output] += base_[output];
}

}  // namespace

std::unique_ptr<const Engine> make_plain_engine(Forest forest, std::string reason) {
  const auto make = [&]<class Feature, class Sum>() -> std::unique_ptr<const Engine> {
    return std::make_unique<PlainEngine<Feature, Sum>>(std::move(forest), std::move(reason));
  };
  const bool has_double_features = forest.shape().feature_type == NumberType::float64;
  if (forest.shape().sum_type == NumberType::float64) {
    return has_double_features ? make.operator()<double, double>()
                               : make.operator()<float, double>();
  }
  return has_double_features ? make.operator()<double, float>() : make.operator()<float, float>();
}

}  // namespace ml_inference
