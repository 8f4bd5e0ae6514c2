// SPDX-License-Identifier: MIT
#include "formats/onnx/write_link.h"

#include <cstdint>
#include <numeric>
#include <vector>

namespace ml_inference {
namespace {

WrittenValue in_float64(GraphWriter& graph, std::string_view function, const WrittenValue& value) {
  return graph.cast(graph.unary(function, graph.cast(value, NumberType::float64)), value.type);
}

WrittenValue exponential(GraphWriter& graph, const WrittenValue& x) {
  return in_float64(graph, "Exp", x);
}

WrittenValue logistic(GraphWriter& graph, const WrittenValue& x) {
  WrittenValue opposite = graph.unary("Neg", x);
  if (x.type == NumberType::float32) {
    opposite = graph.binary("Min", opposite, static_cast<double>(88.7F));
  }
  const WrittenValue below = graph.binary("Add", exponential(graph, opposite), 1);
  return graph.binary("Div", graph.constant(x.type, 1), below);
}

// log(1 + e). What the addition rounds away of a small e is made good by the last factor; where
// nothing is left of it, e itself is the answer.
// Source: Goldberg, "What every computer scientist should know about floating-point arithmetic",
// ACM Computing Surveys 23(1), 1991, theorem 4.
WrittenValue log_of_one_plus(GraphWriter& graph, const WrittenValue& e) {
  const WrittenValue total = graph.binary("Add", e, 1);
  const WrittenValue log = graph.unary("Log", total);
  const WrittenValue kept = graph.binary("Sub", total, 1);
  const WrittenValue better = graph.binary("Div", graph.binary("Mul", log, e), kept);
  const WrittenValue small = graph.select(graph.compare("Equal", kept, 0), e, better);
  return graph.select(graph.compare("Greater", e, 1), log, small);
}

WrittenValue softplus(GraphWriter& graph, const WrittenValue& x) {
  const WrittenValue e = exponential(graph, x);
  return graph.cast(log_of_one_plus(graph, graph.cast(e, NumberType::float64)), x.type);
}

WrittenValue expectiles(GraphWriter& graph, const WrittenValue& x) {
  if (x.width == 1) return x;
  std::vector<std::size_t> behind(x.width - 1);
  std::iota(behind.begin(), behind.end(), std::size_t{1});
  const std::size_t first[] = {0};
  const WrittenValue others = graph.columns(x, behind);
  const WrittenValue below = graph.unary("Neg", graph.unary("Abs", others));
  const WrittenValue step =
      graph.binary("Add", softplus(graph, below), graph.binary("Max", others, 0));
  const WrittenValue gaps = graph.binary("Add", step, static_cast<double>(1e-6F));
  const WrittenValue parts = graph.joined({graph.columns(x, first), gaps});
  constexpr std::int64_t kColumns[] = {1};
  return {graph.add("CumSum", {parts.name, graph.integers(kColumns)}), x.type, x.width};
}

WrittenValue function_of(GraphWriter& graph, LinkFunction function, const WrittenValue& x) {
  switch (function) {
    case LinkFunction::identity: return x;
    case LinkFunction::logistic: return logistic(graph, x);
    case LinkFunction::softmax: return write_softmax(graph, x);
    case LinkFunction::exponential: return exponential(graph, x);
    case LinkFunction::signed_square: return graph.binary("Mul", graph.unary("Abs", x), x);
    case LinkFunction::log_one_plus:
      return in_float64(graph, "Log", graph.binary("Add", exponential(graph, x), 1));
    case LinkFunction::softplus: return softplus(graph, x);
    case LinkFunction::positive:
      return graph.numbers(graph.compare("Greater", x, 0), x.width, x.type);
    case LinkFunction::ascending: return graph.ascending(x).values;
    case LinkFunction::expectiles: return expectiles(graph, x);
  }
  return x;
}

// 1 - y and y of each output, side by side.
WrittenValue two_classes(GraphWriter& graph, const WrittenValue& y) {
  const WrittenValue first = graph.binary("Sub", graph.constant(y.type, 1), y);
  const WrittenValue both = graph.joined({first, y});
  std::vector<std::size_t> order;
  for (std::size_t index = 0; index < y.width; ++index) {
    order.push_back(index);
    order.push_back(y.width + index);
  }
  return graph.columns(both, order);
}

}  // namespace

WrittenValue write_softmax(GraphWriter& graph, const WrittenValue& value) {
  const WrittenValue below = graph.binary("Sub", value, graph.reduced("ReduceMax", value));
  const WrittenValue parts = exponential(graph, below);
  const WrittenValue sum = graph.reduced("ReduceSum", graph.cast(parts, NumberType::float64));
  return graph.binary("Div", parts, graph.cast(sum, value.type));
}

WrittenValue write_link(GraphWriter& graph, const Link& link, const WrittenValue& sums) {
  WrittenValue x = graph.cast(sums, link.type);
  if (link.divisor != 1) x = graph.binary("Div", x, link.divisor);
  if (link.scale != 1) x = graph.binary("Mul", x, link.scale);
  const WrittenValue y = function_of(graph, link.function, x);
  return link.two_classes ? two_classes(graph, y) : y;
}

}  // namespace ml_inference
