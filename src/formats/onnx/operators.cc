// SPDX-License-Identifier: MIT
#include "formats/onnx/operators.h"

#include <algorithm>
#include <array>
#include <vector>

namespace ml_inference {
namespace {

using OperatorLists = std::vector<std::span<const OnnxOperator>>;

OperatorLists lists_of(std::string_view domain) {
  if (domain.empty()) {
    return {elementwise_operators(), shape_operators(), reduction_operators()};
  }
  if (domain == "ai.onnx.ml") return {ml_operators(), ensemble_operators()};
  return {};
}

}  // namespace

const OnnxOperator* find_onnx_operator(std::string_view domain, std::string_view name) {
  for (const std::span<const OnnxOperator> list : lists_of(domain)) {
    const auto found = std::ranges::find(list, name, &OnnxOperator::name);
    if (found != list.end()) return &*found;
  }
  return nullptr;
}

std::string onnx_operator_names(std::string_view domain) {
  std::vector<std::string_view> names;
  for (const std::span<const OnnxOperator> list : lists_of(domain)) {
    for (const OnnxOperator& known : list) names.push_back(known.name);
  }
  std::ranges::sort(names);
  std::string text;
  for (const std::string_view name : names) {
    if (!text.empty()) text += ", ";
    text += name;
  }
  return text;
}

}  // namespace ml_inference
