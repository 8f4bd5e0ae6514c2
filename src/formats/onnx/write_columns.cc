// SPDX-License-Identifier: MIT
#include "formats/onnx/write_columns.h"

#include <limits>

namespace ml_inference {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

WrittenValue without_zeros(GraphWriter& graph, double magnitude, const WrittenValue& x) {
  const std::string is_zero = graph.compare("LessOrEqual", graph.unary("Abs", x), magnitude);
  return graph.select(is_zero, graph.constant(x.type, kMissing), x);
}

// C's cast to int32 and then to uint8, of what int32 can hold.
WrittenValue byte_of(GraphWriter& graph, const WrittenValue& x) {
  const WrittenValue whole =
      graph.select(graph.compare("Less", x, 0), graph.unary("Ceil", x), graph.unary("Floor", x));
  const WrittenValue above = graph.unary("Floor", graph.binary("Div", whole, 256));
  return graph.binary("Sub", whole, graph.binary("Mul", above, 256));
}

// What no code is stays as it is, or is -1; NaN stays NaN.
WrittenValue code_of(GraphWriter& graph, CategoryRule rule, const WrittenValue& x) {
  switch (rule) {
    case CategoryRule::whole: return x;
    case CategoryRule::truncated: {
      const WrittenValue cut = graph.unary("Floor", graph.binary("Max", x, 0));
      return graph.select(graph.compare("Greater", x, -1), cut, x);
    }
    case CategoryRule::not_negative: {
      const WrittenValue none =
          graph.select(graph.compare("Less", x, 0), graph.constant(x.type, -1), x);
      return graph.select(graph.compare("GreaterOrEqual", x, 0), graph.unary("Floor", x), none);
    }
    case CategoryRule::byte_not_negative: {
      const std::string is_none = graph.compare("Less", x, 0);
      return graph.select(is_none, graph.constant(x.type, -1),
                          code_of(graph, CategoryRule::byte, x));
    }
    case CategoryRule::byte: {
      constexpr double kEnd = 2147483648.0;  // of int32
      const WrittenValue low = graph.select(graph.compare("Greater", x, -kEnd - 1),
                                            byte_of(graph, x), graph.constant(x.type, 0));
      const WrittenValue code =
          graph.select(graph.compare("Less", x, kEnd), low, graph.constant(x.type, 0));
      return graph.select(graph.add("IsNaN", {x.name}), x, code);
    }
  }
  return x;
}

}  // namespace

TestColumns::TestColumns(GraphWriter& graph, const Forest& forest, const WrittenValue& rows)
    : zero_places_(rows.width, 0), code_places_(rows.width, 0) {
  std::vector<bool> zero(rows.width, false);
  std::vector<bool> code(rows.width, false);
  for (const ForestNode& node : forest.nodes()) {
    if (node.is_leaf()) continue;
    if (node.is_categorical()) {
      code[node.feature()] = true;
    } else if (node.zero_is_missing()) {
      zero[node.feature()] = true;
    }
  }
  WrittenParts parts = {rows};
  std::size_t width = rows.width;
  const auto place = [&](const std::vector<bool>& is_asked, std::vector<std::size_t>& places) {
    std::vector<std::size_t> columns;
    for (std::size_t feature = 0; feature < is_asked.size(); ++feature) {
      if (!is_asked[feature]) continue;
      places[feature] = width++;
      columns.push_back(feature);
    }
    return columns;
  };
  if (const auto columns = place(zero, zero_places_); !columns.empty()) {
    parts.push_back(
        without_zeros(graph, forest.shape().zero_magnitude, graph.columns(rows, columns)));
  }
  if (const auto columns = place(code, code_places_); !columns.empty()) {
    parts.push_back(code_of(graph, forest.shape().category_rule, graph.columns(rows, columns)));
  }
  value_ = graph.joined(parts);
}

std::size_t TestColumns::place_of(const ForestNode& test) const {
  if (test.is_categorical()) return code_places_[test.feature()];
  return test.zero_is_missing() ? zero_places_[test.feature()] : test.feature();
}

}  // namespace ml_inference
