// SPDX-License-Identifier: MIT
#include "formats/format_error.h"
#include "formats/onnx/write_estimator.h"
#include "model/transformers/column_affine.h"
#include "model/transformers/impute.h"
#include "model/transformers/rearrange.h"

#include <cmath>
#include <limits>

namespace ml_inference {
namespace {

WrittenValue write_shift(GraphWriter& graph, const ShiftAndDivide& step, const WrittenValue& rows) {
  WrittenValue x = rows;
  if (!step.offsets().empty()) {
    x = graph.binary("Sub", x, graph.constant(x.type, step.offsets()));
  }
  if (!step.divisors().empty()) {
    x = graph.binary("Div", x, graph.constant(x.type, step.divisors()));
  }
  return x;
}

WrittenValue write_multiply(GraphWriter& graph, const MultiplyAndShift& step,
                            const WrittenValue& rows) {
  const WrittenValue product = graph.binary("Mul", rows, graph.constant(rows.type, step.factors()));
  WrittenValue x = graph.binary("Add", product, graph.constant(rows.type, step.offsets()));
  if (!step.range()) return x;
  // Not Min and Max: NaN stays.
  const auto& [least, most] = *step.range();
  x = graph.select(graph.compare("Less", x, least), graph.constant(x.type, least), x);
  return graph.select(graph.compare("Greater", x, most), graph.constant(x.type, most), x);
}

std::string is_missing(GraphWriter& graph, const Impute& step, const WrittenValue& x) {
  const double missing = step.options().missing;
  return std::isnan(missing) ? graph.add("IsNaN", {x.name}) : graph.compare("Equal", x, missing);
}

WrittenValue write_impute(GraphWriter& graph, const Impute& step, const WrittenValue& rows) {
  std::vector<std::size_t> kept;
  std::vector<double> values;
  for (std::size_t column = 0; column < step.input_width(); ++column) {
    const double value = step.options().values[column];
    if (std::isnan(value)) continue;
    kept.push_back(column);
    values.push_back(value);
  }
  WrittenParts parts;
  if (!kept.empty()) {
    const WrittenValue x = graph.columns(rows, kept);
    parts.push_back(graph.select(is_missing(graph, step, x), graph.constant(x.type, values), x));
  }
  if (!step.options().indicators.empty()) {
    const WrittenValue x = graph.columns(rows, step.options().indicators);
    parts.push_back(graph.numbers(is_missing(graph, step, x), x.width, x.type));
  }
  if (parts.empty()) {
    refuse(Code::unimplemented, "onnx: the model has a SimpleImputer that leaves no column");
  }
  return graph.joined(parts);
}

WrittenValue write_rearranged(GraphWriter& graph, const Rearrange& step, const WrittenValue& rows) {
  WrittenParts parts;
  std::vector<std::size_t> plain;
  const auto take_plain = [&] {
    if (!plain.empty()) parts.push_back(graph.columns(rows, plain));
    plain.clear();
  };
  for (const Rearrange::Column& column : step.columns()) {
    if (!column.is_recoded) {
      plain.push_back(column.from);
      continue;
    }
    take_plain();
    std::vector<double> keys;
    std::vector<double> codes;
    for (std::size_t code = 0; code < column.categories.size(); ++code) {
      if (std::isnan(column.categories[code])) continue;
      keys.push_back(column.categories[code]);
      codes.push_back(static_cast<double>(code));
    }
    const std::size_t from[] = {column.from};
    parts.push_back(write_codes(graph, graph.columns(rows, from), keys, codes));
  }
  take_plain();
  return graph.joined(parts);
}

}  // namespace

WrittenValue write_transformer(GraphWriter& graph, const Transformer& transformer,
                               const WrittenValue& rows) {
  const WrittenValue x = graph.cast(rows, NumberType::float64);
  if (const auto* step = dynamic_cast<const ShiftAndDivide*>(&transformer)) {
    return write_shift(graph, *step, x);
  }
  if (const auto* step = dynamic_cast<const MultiplyAndShift*>(&transformer)) {
    return write_multiply(graph, *step, x);
  }
  if (const auto* step = dynamic_cast<const Impute*>(&transformer)) {
    return write_impute(graph, *step, x);
  }
  if (const auto* step = dynamic_cast<const Rearrange*>(&transformer)) {
    return write_rearranged(graph, *step, x);
  }
  refuse(Code::unimplemented,
         "onnx: the model has a step for which there are no words here, expected StandardScaler, "
         "MinMaxScaler, SimpleImputer or categories");
}

WrittenValue write_codes(GraphWriter& graph, const WrittenValue& column,
                         std::span<const double> keys, std::span<const double> values) {
  constexpr double kMissing[] = {std::numeric_limits<double>::quiet_NaN()};
  const WrittenValue made{graph.new_name("codes"), column.type, 1};
  if (keys.empty()) {
    const WrittenValue nothing = graph.constant(column.type, kMissing[0]);
    return graph.binary("Add", column, nothing);
  }
  onnx::NodeProto& node = graph.add_ml("LabelEncoder", column.name, made.name);
  const auto add = [&](std::string_view name, onnx::TensorProto tensor) {
    *add_onnx_attribute(node, name, onnx::AttributeProto::TENSOR).mutable_t() = std::move(tensor);
  };
  add("keys_tensor", onnx_tensor(column.type, keys, {keys.size()}));
  add("values_tensor", onnx_tensor(column.type, values, {values.size()}));
  add("default_tensor", onnx_tensor(column.type, kMissing, {1}));
  return made;
}

}  // namespace ml_inference
