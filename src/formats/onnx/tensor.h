// SPDX-License-Identifier: MIT
// Constant arrays of an ONNX file, of any element type and shape.
#pragma once

#include "formats/onnx/file.h"
#include "model/graph/operation.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// A constant array in memory.
struct OnnxTensor {
  ElementType type = ElementType::float32;
  GraphShape shape;
  std::vector<double> numbers;          ///< empty for texts
  std::vector<std::string_view> texts;  ///< views of the file; empty for numbers
};

/// By ONNX's number of it; int32 and uint8 are read as int64.
/// Throws FormatError, unimplemented, for one that is not known.
/// what  its name in messages.
[[nodiscard]] ElementType onnx_element_type(std::int64_t data_type, std::string_view what);

/// The elements of a shape. Throws FormatError: resource_exhausted above element_max, data_loss
/// for a negative size.
[[nodiscard]] std::size_t checked_element_count(const std::vector<std::int64_t>& shape,
                                                std::size_t element_max, std::string_view what);

/// The whole array; an int64 beyond 2^53 is rounded to a double, as Slice's "to the end" may be.
/// Throws FormatError: as above; data_loss for a size that contradicts itself; resource_exhausted
/// when `memory` has too little left, from which what it takes is gone for good.
[[nodiscard]] OnnxTensor read_onnx_tensor(const OnnxTensorFields& tensor, std::size_t element_max,
                                          std::string_view what, OnnxMemory& memory);

/// Calls use(double) with each number of a tensor that has as many as it says, at most element_max;
/// returns how many. Nothing is kept. Throws FormatError as above.
std::size_t for_each_onnx_number(const OnnxTensorFields& tensor, std::size_t element_max,
                                 std::string_view what, const std::function<void(double)>& use);

}  // namespace ml_inference
