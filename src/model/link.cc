// SPDX-License-Identifier: MIT
#include "model/link.h"

#include "base/assert.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <type_traits>

namespace ml_inference {
namespace {

template <class T>
T logistic(T x) {
  T opposite = -x;
  // Source: XGBoost 3.0, src/common/math.h: exp() of more would be infinite.
  if constexpr (std::is_same_v<T, float>) opposite = std::min(opposite, 88.7F);
  return T{1} / (std::exp(opposite) + T{1});
}

// T: float or double, as the link's type says.
template <class T>
T value_of(LinkFunction function, T x) {
  switch (function) {
    case LinkFunction::identity:
    case LinkFunction::softmax:
    case LinkFunction::ascending:
    case LinkFunction::expectiles: return x;  // which are not made of one sum alone
    case LinkFunction::logistic: return logistic(x);
    case LinkFunction::exponential: return std::exp(x);
    case LinkFunction::signed_square: return (x > 0 ? x : -x) * x;
    case LinkFunction::log_one_plus: return std::log(T{1} + std::exp(x));
    case LinkFunction::softplus: return std::log1p(std::exp(x));
    case LinkFunction::positive: return x > 0 ? T{1} : T{0};
  }
  return x;
}

template <class T>
void make_softmax(std::span<double> row) {
  const auto largest = static_cast<T>(std::ranges::max(row));
  double sum = 0;
  for (double& value : row) {
    value = std::exp(static_cast<T>(value) - largest);
    sum += value;
  }
  for (double& value : row) value = static_cast<T>(value) / static_cast<T>(sum);
}

void make_ascending(std::span<double> row) {
  const auto is_less = [](double a, double b) {
    return a < b || (!std::isnan(a) && std::isnan(b));
  };
  std::ranges::sort(row, is_less);
}

template <class T>
void make_expectiles(std::span<double> row) {
  constexpr T kGap{1e-6F};
  auto before = static_cast<T>(row.front());
  for (double& value : row.subspan(1)) {
    const auto x = static_cast<T>(value);
    before += kGap + (std::log1p(std::exp(-std::abs(x))) + std::max(x, T{0}));
    value = before;
  }
}

template <class T>
void make_row(const Link& link, std::span<const double> sums, std::span<double> out) {
  for (std::size_t index = 0; index < sums.size(); ++index) {
    const T x =
        static_cast<T>(sums[index]) / static_cast<T>(link.divisor) * static_cast<T>(link.scale);
    const T value = value_of(link.function, x);
    if (link.two_classes) out[2 * index] = T{1} - value;
    out[link.two_classes ? 2 * index + 1 : index] = value;
  }
  if (link.function == LinkFunction::softmax) make_softmax<T>(out);
  if (link.function == LinkFunction::ascending) make_ascending(out);
  if (link.function == LinkFunction::expectiles) make_expectiles<T>(out);
}

}  // namespace

std::string_view link_function_name(LinkFunction function) {
  switch (function) {
    case LinkFunction::identity: return "identity";
    case LinkFunction::logistic: return "logistic";
    case LinkFunction::softmax: return "softmax";
    case LinkFunction::exponential: return "exponential";
    case LinkFunction::signed_square: return "signed_square";
    case LinkFunction::log_one_plus: return "log_one_plus";
    case LinkFunction::softplus: return "softplus";
    case LinkFunction::positive: return "positive";
    case LinkFunction::ascending: return "ascending";
    case LinkFunction::expectiles: return "expectiles";
  }
  return "";
}

Result<void> check_link(const Link& link) {
  for (const double factor : {link.divisor, link.scale}) {
    if (std::isfinite(factor) && factor > 0) continue;
    return fail(
        Code::invalid_argument,
        fmt::format("the link divides by {} and multiplies by {}, expected positive numbers",
                    link.divisor, link.scale));
  }
  const bool takes_all_sums = link.function == LinkFunction::softmax ||
                              link.function == LinkFunction::ascending ||
                              link.function == LinkFunction::expectiles;
  if (link.two_classes && takes_all_sums) {
    return fail(Code::invalid_argument,
                fmt::format("the link makes two classes of each sum by {}, which is of all sums",
                            link_function_name(link.function)));
  }
  return {};
}

std::string link_text(const Link& link) {
  std::string text(link_function_name(link.function));
  if (link.divisor != 1 || link.scale != 1) text += " of sum";
  if (link.divisor != 1) text += fmt::format(" / {}", link.divisor);
  if (link.scale != 1) text += fmt::format(" * {}", link.scale);
  if (link.two_classes) text += ", two classes";
  if (link.type == NumberType::float32) text += ", float32";
  return text;
}

void apply_link(const Link& link, MatrixView<const double> sums, std::span<double> out) {
  const std::size_t width = link.output_count(sums.column_count());
  ASSERT(out.size() == sums.row_count() * width);
  ASSERT(check_link(link).has_value());
  for (std::size_t row = 0; row < sums.row_count(); ++row) {
    const std::span<double> row_out = out.subspan(row * width, width);
    if (link.type == NumberType::float32) {
      make_row<float>(link, sums.row(row), row_out);
    } else {
      make_row<double>(link, sums.row(row), row_out);
    }
  }
}

}  // namespace ml_inference
