// SPDX-License-Identifier: MIT
#include "model/graph/elementwise.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ml_inference {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

float f32(double value) { return static_cast<float>(value); }
double widened(float value) { return static_cast<double>(value); }

// A rational approximation, exact to float32 in its middle and clamped at 18.
// Source: Eigen's plogistic, as onnxruntime's MLAS has it; multiplications are fused.
double mlas_logistic(double value) {
  const float x = std::isnan(value) ? f32(value) : std::clamp(f32(value), -18.0F, 18.0F);
  const float square = x * x;
  float p = std::fma(square, 4.37031012579801e-11F, 1.15627324459942e-07F);
  p = std::fma(p, square, 6.08574864600143e-05F);
  p = std::fma(p, square, 8.51377133304701e-03F);
  p = std::fma(p, square, 2.48287947061529e-01F);
  p = p * x;
  float q = std::fma(square, 6.10247389755681e-13F, 5.76102136993427e-09F);
  q = std::fma(q, square, 6.29106785017040e-06F);
  q = std::fma(q, square, 1.70198817374094e-03F);
  q = std::fma(q, square, 1.16817656904453e-01F);
  q = std::fma(q, square, 9.93151921023180e-01F);
  const float y = p / q + 0.5F;
  return widened(std::isnan(y) ? y : std::clamp(y, 0.0F, 1.0F));
}

double logistic64(double x) {
  const double y = 1 / (1 + std::exp(-std::abs(x)));
  return x < 0 ? 1 - y : y;
}

double sign_of(double x) { return x > 0 ? 1.0 : x < 0 ? -1.0 : x; }
double negative(double x) { return -x; }
double magnitude(double x) { return std::abs(x); }
double is_nan(double x) { return std::isnan(x) ? 1 : 0; }
double is_not(double x) { return x == 0 ? 1 : 0; }
double relu(double x) { return x > 0 || std::isnan(x) ? x : 0; }
double identity(double x) { return x; }

double exp32(double x) { return widened(std::exp(f32(x))); }
double exp64(double x) { return std::exp(x); }
double log32(double x) { return widened(std::log(f32(x))); }
double log64(double x) { return std::log(x); }
double sqrt32(double x) { return widened(std::sqrt(f32(x))); }
double sqrt64(double x) { return std::sqrt(x); }
double tanh32(double x) { return widened(std::tanh(f32(x))); }
double tanh64(double x) { return std::tanh(x); }
double erf32(double x) { return widened(std::erf(f32(x))); }
double erf64(double x) { return std::erf(x); }
double reciprocal32(double x) { return widened(f32(1 / x)); }
double reciprocal64(double x) { return 1 / x; }
double floor_of(double x) { return std::floor(x); }
double ceiling_of(double x) { return std::ceil(x); }
double rounded_even(double x) { return std::nearbyint(x); }
double softplus32(double x) {
  const float v = f32(x);
  return widened(v > 0 ? v + std::log(std::exp(-v) + 1) : std::log(std::exp(v) + 1));
}
double softplus64(double x) {
  return x > 0 ? x + std::log(std::exp(-x) + 1) : std::log(std::exp(x) + 1);
}

// float64 arithmetic on float32 numbers, rounded once, is float32 arithmetic (number_type.h).
double add32(double x, double y) { return widened(f32(x + y)); }
double add64(double x, double y) { return x + y; }
double subtract32(double x, double y) { return widened(f32(x - y)); }
double subtract64(double x, double y) { return x - y; }
double multiply32(double x, double y) { return widened(f32(x * y)); }
double multiply64(double x, double y) { return x * y; }
double divide32(double x, double y) { return widened(f32(x / y)); }
double divide64(double x, double y) { return x / y; }
double divide_whole(double x, double y) { return y == 0 ? 0 : std::trunc(x / y); }
double power32(double x, double y) {
  const float base = f32(x);
  if (y == 2) return widened(base * base);
  if (y == 3) return widened(base * base * base);
  return widened(std::pow(base, f32(y)));
}
double power64(double x, double y) {
  if (y == 2) return x * x;
  if (y == 3) return x * x * x;
  return std::pow(x, y);
}
double power_whole(double x, double y) { return std::trunc(std::pow(x, y)); }
double smaller(double x, double y) {
  if (std::isnan(x) || std::isnan(y)) return kNan;
  return std::min(x, y);
}
double larger(double x, double y) {
  if (std::isnan(x) || std::isnan(y)) return kNan;
  return std::max(x, y);
}
double is_less(double x, double y) { return x < y ? 1 : 0; }
double is_less_or_equal(double x, double y) { return x <= y ? 1 : 0; }
double is_greater(double x, double y) { return x > y ? 1 : 0; }
double is_greater_or_equal(double x, double y) { return x >= y ? 1 : 0; }
double is_equal(double x, double y) { return x == y ? 1 : 0; }
double both(double x, double y) { return x != 0 && y != 0 ? 1 : 0; }
double either(double x, double y) { return x != 0 || y != 0 ? 1 : 0; }
double one_only(double x, double y) { return (x != 0) != (y != 0) ? 1 : 0; }

// By element type; null where the operator has no such form.
struct UnaryEntry {
  std::string_view name;
  UnaryFunction float32, float64, int64, boolean;
};
constexpr UnaryEntry kUnary[] = {
    {"Abs", magnitude, magnitude, magnitude, nullptr},
    {"Ceil", ceiling_of, ceiling_of, nullptr, nullptr},
    {"Erf", erf32, erf64, nullptr, nullptr},
    {"Exp", exp32, exp64, nullptr, nullptr},
    {"Floor", floor_of, floor_of, nullptr, nullptr},
    {"Identity", identity, identity, identity, identity},
    {"IsNaN", is_nan, is_nan, nullptr, nullptr},
    {"Log", log32, log64, nullptr, nullptr},
    {"Neg", negative, negative, negative, nullptr},
    {"Not", nullptr, nullptr, nullptr, is_not},
    {"Reciprocal", reciprocal32, reciprocal64, nullptr, nullptr},
    {"Relu", relu, relu, nullptr, nullptr},
    {"Round", rounded_even, rounded_even, nullptr, nullptr},
    {"Sigmoid", mlas_logistic, logistic64, nullptr, nullptr},
    {"Sign", sign_of, sign_of, sign_of, nullptr},
    {"Softplus", softplus32, softplus64, nullptr, nullptr},
    {"Sqrt", sqrt32, sqrt64, nullptr, nullptr},
    {"Tanh", tanh32, tanh64, nullptr, nullptr},
};

struct BinaryEntry {
  std::string_view name;
  BinaryFunction float32, float64, int64, boolean, text;
};
constexpr BinaryEntry kBinary[] = {
    {"Add", add32, add64, add64, nullptr, nullptr},
    {"And", nullptr, nullptr, nullptr, both, nullptr},
    {"Div", divide32, divide64, divide_whole, nullptr, nullptr},
    {"Equal", is_equal, is_equal, is_equal, is_equal, is_equal},
    {"Greater", is_greater, is_greater, is_greater, nullptr, nullptr},
    {"GreaterOrEqual", is_greater_or_equal, is_greater_or_equal, is_greater_or_equal, nullptr,
     nullptr},
    {"Less", is_less, is_less, is_less, nullptr, nullptr},
    {"LessOrEqual", is_less_or_equal, is_less_or_equal, is_less_or_equal, nullptr, nullptr},
    {"Max", larger, larger, larger, nullptr, nullptr},
    {"Min", smaller, smaller, smaller, nullptr, nullptr},
    {"Mul", multiply32, multiply64, multiply64, nullptr, nullptr},
    {"Or", nullptr, nullptr, nullptr, either, nullptr},
    {"Pow", power32, power64, power_whole, nullptr, nullptr},
    {"Sub", subtract32, subtract64, subtract64, nullptr, nullptr},
    {"Sum", add32, add64, nullptr, nullptr, nullptr},
    {"Xor", nullptr, nullptr, nullptr, one_only, nullptr},
};

std::size_t mapped(const std::vector<std::uint32_t>& map, std::size_t index) {
  return map.empty() ? index : map[index];
}

}  // namespace

UnaryFunction unary_function(std::string_view name, ElementType type) {
  const auto* entry = std::ranges::find(kUnary, name, &UnaryEntry::name);
  if (entry == std::end(kUnary)) return nullptr;
  switch (type) {
    case ElementType::float32: return entry->float32;
    case ElementType::float64: return entry->float64;
    case ElementType::int64: return entry->int64;
    case ElementType::boolean: return entry->boolean;
    case ElementType::text: return nullptr;
  }
  return nullptr;
}

BinaryFunction binary_function(std::string_view name, ElementType type) {
  const auto* entry = std::ranges::find(kBinary, name, &BinaryEntry::name);
  if (entry == std::end(kBinary)) return nullptr;
  switch (type) {
    case ElementType::float32: return entry->float32;
    case ElementType::float64: return entry->float64;
    case ElementType::int64: return entry->int64;
    case ElementType::boolean: return entry->boolean;
    case ElementType::text: return entry->text;
  }
  return nullptr;
}

std::optional<GraphShape> broadcast_shape(const GraphShape& left, const GraphShape& right) {
  GraphShape shape(std::max(left.size(), right.size()));
  for (std::size_t from_end = 1; from_end <= shape.size(); ++from_end) {
    const std::size_t a = from_end <= left.size() ? left[left.size() - from_end] : 1;
    const std::size_t b = from_end <= right.size() ? right[right.size() - from_end] : 1;
    if (a != b && a != 1 && b != 1) return std::nullopt;
    shape[shape.size() - from_end] = a == 1 ? b : a;
  }
  return shape;
}

std::vector<std::uint32_t> broadcast_map(const GraphShape& from, const GraphShape& to) {
  if (element_count(from) == element_count(to)) return {};
  // How far a step along each axis of `to` goes in `from`: nowhere where that is stretched.
  std::vector<std::size_t> strides(to.size(), 0);
  std::size_t stride = 1;
  for (std::size_t from_end = 1; from_end <= from.size(); ++from_end) {
    const std::size_t size = from[from.size() - from_end];
    if (size != 1) strides[to.size() - from_end] = stride;
    stride *= size;
  }
  std::vector<std::uint32_t> map(element_count(to));
  for (std::size_t index = 0; index < map.size(); ++index) {
    std::size_t rest = index;
    std::size_t at = 0;
    for (std::size_t axis = to.size(); axis-- > 0;) {
      at += rest % to[axis] * strides[axis];
      rest /= to[axis];
    }
    map[index] = static_cast<std::uint32_t>(at);
  }
  return map;
}

void Unary::run_row(std::size_t row, std::span<const Operand> in,
                    std::span<const OperationResult> out) const {
  std::ranges::transform(in[0].row(row), out[0].row(row).begin(), function_);
}

void Binary::run_row(std::size_t row, std::span<const Operand> in,
                     std::span<const OperationResult> out) const {
  const std::span<const double> left = in[0].row(row);
  const std::span<const double> right = in[1].row(row);
  const std::span<double> to = out[0].row(row);
  for (std::size_t index = 0; index < to.size(); ++index) {
    to[index] = function_(left[mapped(left_, index)], right[mapped(right_, index)]);
  }
}

void Select::run_row(std::size_t row, std::span<const Operand> in,
                     std::span<const OperationResult> out) const {
  const std::span<double> to = out[0].row(row);
  for (std::size_t index = 0; index < to.size(); ++index) {
    const std::size_t chosen = in[0].row(row)[mapped(maps_[0], index)] != 0 ? 1 : 2;
    to[index] = in[chosen].row(row)[mapped(maps_[chosen], index)];
  }
}

std::string Binarize::fault(std::size_t row, std::span<const Operand> in) const {
  const bool has_nan =
      std::ranges::any_of(in[0].row(row), [](double value) { return std::isnan(value); });
  return has_nan ? "a value that is missing, which its Binarizer does not take" : "";
}

void Binarize::run_row(std::size_t row, std::span<const Operand> in,
                       std::span<const OperationResult> out) const {
  std::ranges::transform(in[0].row(row), out[0].row(row).begin(),
                         [this](double value) { return value > threshold_ ? 1.0 : 0.0; });
}

double Convert::convert(ElementType from, ElementType to, double value) {
  switch (to) {
    case ElementType::float32: return rounded(to, value);
    case ElementType::boolean: return value != 0 ? 1 : 0;
    case ElementType::int64: {
      if (!is_floating(from)) return value;
      constexpr double kEnd = 9223372036854775808.0;  // 2^63
      return value >= -kEnd && value < kEnd ? std::trunc(value) : -kEnd;
    }
    case ElementType::float64:
    case ElementType::text: return value;
  }
  return value;
}

void Convert::run_row(std::size_t row, std::span<const Operand> in,
                      std::span<const OperationResult> out) const {
  std::ranges::transform(in[0].row(row), out[0].row(row).begin(),
                         [this](double value) { return convert(from_, to_, value); });
}

}  // namespace ml_inference
