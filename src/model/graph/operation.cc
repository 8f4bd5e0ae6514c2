// SPDX-License-Identifier: MIT
#include "model/graph/operation.h"

namespace ml_inference {

std::string_view element_type_name(ElementType type) {
  switch (type) {
    case ElementType::float32: return "float";
    case ElementType::float64: return "double";
    case ElementType::int64: return "int64";
    case ElementType::boolean: return "bool";
    case ElementType::text: return "string";
  }
  return "";
}

std::size_t element_count(const GraphShape& shape) {
  std::size_t count = 1;
  for (const std::size_t size : shape) count *= size;
  return count;
}

}  // namespace ml_inference
