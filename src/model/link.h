// SPDX-License-Identifier: MIT
// What becomes of a forest's sums before they are an answer: the inverse of the link function that
// its library trained with.
#pragma once

#include "base/result.h"
#include "data/matrix.h"
#include "model/number_type.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ml_inference {

/// y of x, for each output by itself but for softmax, ascending and expectiles.
enum class LinkFunction : std::uint8_t {
  identity,       ///< x
  logistic,       ///< 1 / (1 + exp(-x)); in float32 of at least -88.7, as XGBoost, which never
                  ///< answers 0
  softmax,        ///< exp(x - m), divided by the sum over all outputs; m is the largest x. The sum
                  ///< is a float64, also in float32
  exponential,    ///< exp(x)
  signed_square,  ///< x * x with the sign of x
  log_one_plus,   ///< log(1 + exp(x)): infinite from x = 710 on
  softplus,       ///< log1p(exp(x)): the same, but exact where exp(x) is small
  positive,       ///< 1 where x > 0, else 0
  ascending,      ///< all outputs, from the least to the largest
  expectiles,     ///< the first x; then each the one before + 1e-6 + softplus of its x, which is
                  ///< max(x, 0) + log1p(exp(-|x|)) here
};

/// The name in lower case: "signed_square".
[[nodiscard]] std::string_view link_function_name(LinkFunction function);

/// How outputs are made of sums. A plain value; check_link() says whether it makes sense.
///
/// Who has which: scikit-learn logistic, softmax, exponential (scale 2 where the loss is
/// exponential), in float64; XGBoost logistic, softmax, exponential, positive (binary:hinge),
/// ascending (reg:quantileerror since 3.4), expectiles (reg:expectileerror), in float32; LightGBM
/// logistic (scale: its `sigmoid`), softmax, exponential, signed_square (reg_sqrt), softplus
/// (cross_entropy_lambda; log_one_plus up to 3.2.1), in float64.
struct Link {
  LinkFunction function = LinkFunction::identity;

  /// Of each sum come two outputs, one after the other: 1 - y and y.
  bool two_classes = false;

  // x is sum / divisor * scale.
  double divisor = 1;
  double scale = 1;

  /// In which numbers all this is computed: sums are rounded to it first, exp() is that of the
  /// type.
  NumberType type = NumberType::float64;

  /// Whether outputs are the sums as they are.
  [[nodiscard]] bool is_identity() const { return *this == Link{}; }

  /// How many outputs come of sum_count sums.
  [[nodiscard]] std::size_t output_count(std::size_t sum_count) const {
    return two_classes ? 2 * sum_count : sum_count;
  }

  bool operator==(const Link&) const = default;
};

/// Checks that divisor and scale are positive and finite, and that two classes come of a sum by
/// itself, which stands for the second of them.
/// Errors: invalid_argument.
[[nodiscard]] Result<void> check_link(const Link& link);

/// For people: "identity", "logistic of sum * 0.5, two classes, float32".
[[nodiscard]] std::string link_text(const Link& link);

/// Makes the outputs of every row.
///
/// sums  [row_count, sum_count], as an engine gives them.
/// out   [row_count, link.output_count(sum_count)], row-major; overwritten. May be the memory of
///       `sums`, unless there are two classes.
/// Errors: none; shapes that do not fit are a programmer's error (ASSERT).
/// Source: XGBoost 3.0, src/common/math.h (Sigmoid, Softmax), and its answers in 3.4; LightGBM 4.6,
/// src/objective/*.hpp (ConvertOutput); scikit-learn 1.7, sklearn/_loss/link.py and
/// sklearn/utils/extmath.py (softmax).
void apply_link(const Link& link, MatrixView<const double> sums, std::span<double> out);

}  // namespace ml_inference
