// SPDX-License-Identifier: MIT
// ai.onnx: operators that make each element of one element of each input.
#include "formats/onnx/operators.h"
#include "model/graph/elementwise.h"
#include "model/graph/movement.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>

namespace ml_inference {
namespace {

// More values than any labels are; what may be any of so many may as well be anything.
constexpr std::size_t kPossibleMax = 4096;

std::vector<double> sorted_once(const std::vector<double>& values) {
  const std::set<double> once(values.begin(), values.end());
  if (once.size() > kPossibleMax) return {};
  return {once.begin(), once.end()};
}

// What may come out of a function of a value of which it is known what it may be.
template <class Function>
std::vector<double> possible_after(const std::vector<double>& before, const Function& function) {
  std::vector<double> after;
  for (const double value : before) after.push_back(function(value));
  return sorted_once(after);
}

bool gives_truth(std::string_view name) {
  constexpr auto kComparisons =
      std::to_array<std::string_view>({"And", "Equal", "Greater", "GreaterOrEqual", "IsNaN", "Less",
                                       "LessOrEqual", "Not", "Or", "Xor"});
  return std::ranges::find(kComparisons, name) != kComparisons.end();
}

void read_unary(OnnxScope& scope) {
  scope.expect_inputs(1, 1);
  static_cast<void>(scope.attributes({}));
  const ValueId value = scope.input(0);
  const ElementType type = scope.type_of(value);
  const UnaryFunction function = unary_function(scope.type(), type);
  if (function == nullptr) {
    scope.refuse_here(Code::unimplemented, "of {} is not known here", element_type_name(type));
  }
  scope.reserve(scope.shape(value));
  ValueSpec spec{.type = gives_truth(scope.type()) ? ElementType::boolean : type,
                 .shape = scope.shape(value)};
  if (spec.type == ElementType::boolean) spec.possible = {0, 1};
  if (spec.type == ElementType::int64) {
    spec.possible = possible_after(scope.spec(value).possible, function);
  }
  scope.define(0, scope.add(std::make_unique<Unary>(function), {value}, std::move(spec)));
}

// A truth or a whole number of few, and a constant: what may come of them.
std::vector<double> possible_of_both(OnnxScope& scope, BinaryFunction function, ValueId left,
                                     ValueId right) {
  const auto choices = [&](ValueId value) {
    if (!scope.builder().is_constant(value)) return scope.spec(value).possible;
    const std::span<const double> elements = scope.builder().elements(value);
    return sorted_once({elements.begin(), elements.end()});
  };
  const std::vector<double> lefts = choices(left);
  const std::vector<double> rights = choices(right);
  if (lefts.size() * rights.size() > kPossibleMax) return {};
  std::vector<double> after;
  for (const double a : lefts) {
    for (const double b : rights) after.push_back(function(a, b));
  }
  return sorted_once(after);
}

ValueId add_binary(OnnxScope& scope, std::string_view name, ValueId left, ValueId right) {
  const ElementType type = scope.type_of(left);
  if (scope.type_of(right) != type && name != "Pow") {
    scope.refuse_here(Code::data_loss, "the inputs are {} and {}, expected one type",
                      element_type_name(type), element_type_name(scope.type_of(right)));
  }
  const BinaryFunction function = binary_function(name, type);
  if (function == nullptr) {
    scope.refuse_here(Code::unimplemented, "of {} is not known here", element_type_name(type));
  }
  const std::optional<GraphShape> shape = broadcast_shape(scope.shape(left), scope.shape(right));
  if (!shape) scope.refuse_here(Code::data_loss, "the shapes of the inputs do not fit");
  scope.reserve(*shape);
  ValueSpec spec{.type = gives_truth(name) ? ElementType::boolean : type, .shape = *shape};
  if (spec.type == ElementType::boolean) spec.possible = {0, 1};
  if (spec.type == ElementType::int64) {
    spec.possible = possible_of_both(scope, function, left, right);
  }
  return scope.add(std::make_unique<Binary>(function, broadcast_map(scope.shape(left), *shape),
                                            broadcast_map(scope.shape(right), *shape)),
                   {left, right}, std::move(spec));
}

void read_binary(OnnxScope& scope) {
  scope.expect_inputs(2, 2);
  static_cast<void>(scope.attributes({}));
  scope.define(0, add_binary(scope, scope.type(), scope.input(0), scope.input(1)));
}

// One input or more, from left to right.
void read_variadic(OnnxScope& scope) {
  scope.expect_inputs(1, std::numeric_limits<std::size_t>::max());
  static_cast<void>(scope.attributes({}));
  const bool is_mean = scope.type() == "Mean";
  ValueId so_far = scope.input(0);
  for (std::size_t index = 1; index < scope.input_count(); ++index) {
    so_far = add_binary(scope, is_mean ? "Sum" : scope.type(), so_far, scope.input(index));
  }
  if (is_mean) {
    const ValueId count =
        scope.constant(scope.type_of(so_far), {}, {static_cast<double>(scope.input_count())});
    so_far = add_binary(scope, "Div", so_far, count);
  }
  scope.define(0, so_far);
}

void read_identity(OnnxScope& scope) {
  scope.expect_inputs(1, 1);
  static_cast<void>(scope.attributes({}));
  scope.define(0, scope.input(0));
}

// Numbers as text, where they are labels: few and known.
ValueId number_texts(OnnxScope& scope, ValueId value) {
  const ValueSpec& spec = scope.spec(value);
  if (spec.type != ElementType::int64 || spec.possible.empty()) {
    scope.refuse_here(Code::unimplemented, "a conversion from {} to string is not known here",
                      element_type_name(spec.type));
  }
  std::vector<std::pair<double, double>> table;
  ValueSpec made{.type = ElementType::text, .shape = spec.shape};
  constexpr double kExactEnd = 9007199254740992.0;  // 2^53
  for (const double number : spec.possible) {
    if (!(std::abs(number) <= kExactEnd)) {
      scope.refuse_here(Code::unimplemented,
                        "the number {} is not exact here, expected at most 2^53", number);
    }
    const double text = scope.element_of(std::to_string(static_cast<std::int64_t>(number)));
    table.emplace_back(number, text);
    made.possible.push_back(text);
  }
  auto look_up = std::make_unique<LookUp>(
      std::unordered_map<double, double>(table.begin(), table.end()), -1, -1);
  return scope.add(std::move(look_up), {value}, std::move(made));
}

void read_cast(OnnxScope& scope) {
  scope.expect_inputs(1, 1);
  const OnnxAttributes here = scope.attributes({"to", "saturate", "round_mode"});
  const ValueId value = scope.input(0);
  const ElementType from = scope.type_of(value);
  const ElementType to = onnx_element_type(here.integer("to", 0), "'to' of a Cast");
  if (from == to) return scope.define(0, scope.reshaped(value, scope.shape(value)));
  scope.reserve(scope.shape(value));
  if (to == ElementType::text) return scope.define(0, number_texts(scope, value));
  if (from == ElementType::text) {
    scope.refuse_here(Code::unimplemented, "a conversion from string is not known here");
  }
  ValueSpec spec{.type = to, .shape = scope.shape(value)};
  spec.possible = possible_after(scope.spec(value).possible,
                                 [&](double x) { return Convert::convert(from, to, x); });
  scope.define(0, scope.add(std::make_unique<Convert>(from, to), {value}, std::move(spec)));
}

void read_where(OnnxScope& scope) {
  scope.expect_inputs(3, 3);
  static_cast<void>(scope.attributes({}));
  const std::vector<ValueId> in = scope.inputs();
  if (scope.type_of(in[0]) != ElementType::boolean ||
      scope.type_of(in[1]) != scope.type_of(in[2])) {
    scope.refuse_here(Code::data_loss, "the inputs are {}, {} and {}, expected bool and one type",
                      element_type_name(scope.type_of(in[0])),
                      element_type_name(scope.type_of(in[1])),
                      element_type_name(scope.type_of(in[2])));
  }
  std::optional<GraphShape> shape = broadcast_shape(scope.shape(in[1]), scope.shape(in[2]));
  if (shape) shape = broadcast_shape(*shape, scope.shape(in[0]));
  if (!shape) scope.refuse_here(Code::data_loss, "the shapes of the inputs do not fit");
  scope.reserve(*shape);
  std::vector<std::vector<std::uint32_t>> maps;
  for (const ValueId value : in) maps.push_back(broadcast_map(scope.shape(value), *shape));
  ValueSpec spec{.type = scope.type_of(in[1]), .shape = *shape};
  const auto choices = [&](ValueId value) {
    if (!scope.builder().is_constant(value)) return scope.spec(value).possible;
    const std::span<const double> elements = scope.builder().elements(value);
    return sorted_once({elements.begin(), elements.end()});
  };
  std::vector<double> possible = choices(in[1]);
  const std::vector<double> others = choices(in[2]);
  possible.insert(possible.end(), others.begin(), others.end());
  if (!is_floating(spec.type) && !others.empty() && possible.size() != others.size()) {
    spec.possible = sorted_once(possible);
  }
  scope.define(0, scope.add(std::make_unique<Select>(std::move(maps)), in, std::move(spec)));
}

// The bounds are attributes up to version 10, then inputs.
void read_clip(OnnxScope& scope) {
  scope.expect_inputs(1, 3);
  const OnnxAttributes here = scope.attributes({"min", "max"});
  ValueId value = scope.input(0);
  const auto bound = [&](std::size_t index, std::string_view name) -> std::optional<ValueId> {
    if (scope.has_input(index)) return scope.input(index);
    if (!here.has(name)) return std::nullopt;
    return scope.constant(scope.type_of(value), {}, {here.real(name, 0)});
  };
  const std::optional<ValueId> least = bound(1, "min");
  const std::optional<ValueId> most = bound(2, "max");
  if (least) value = add_binary(scope, "Max", value, *least);
  if (most) value = add_binary(scope, "Min", value, *most);
  scope.define(0, value);
}

constexpr auto kOperators = std::to_array<OnnxOperator>({
    {"Abs", read_unary},
    {"Add", read_binary},
    {"And", read_binary},
    {"Cast", read_cast},
    {"Ceil", read_unary},
    {"Clip", read_clip},
    {"Div", read_binary},
    {"Equal", read_binary},
    {"Erf", read_unary},
    {"Exp", read_unary},
    {"Floor", read_unary},
    {"Greater", read_binary},
    {"GreaterOrEqual", read_binary},
    {"Identity", read_identity},
    {"IsNaN", read_unary},
    {"Less", read_binary},
    {"LessOrEqual", read_binary},
    {"Log", read_unary},
    {"Max", read_variadic},
    {"Mean", read_variadic},
    {"Min", read_variadic},
    {"Mul", read_binary},
    {"Neg", read_unary},
    {"Not", read_unary},
    {"Or", read_binary},
    {"Pow", read_binary},
    {"Reciprocal", read_unary},
    {"Relu", read_unary},
    {"Round", read_unary},
    {"Sigmoid", read_unary},
    {"Sign", read_unary},
    {"Softplus", read_unary},
    {"Sqrt", read_unary},
    {"Sub", read_binary},
    {"Sum", read_variadic},
    {"Tanh", read_unary},
    {"Where", read_where},
    {"Xor", read_binary},
});

}  // namespace

std::span<const OnnxOperator> elementwise_operators() { return kOperators; }

}  // namespace ml_inference
