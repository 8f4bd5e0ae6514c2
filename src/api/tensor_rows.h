// SPDX-License-Identifier: MIT
// Tensors that a client sends become rows.
//
// Two forms are taken: one tensor of all features, [rows, features], whatever its name; or one
// tensor for each feature, by the feature's name, [rows] or [rows, 1], as data frames are sent.
// Source: Open Inference Protocol v2, inference_rest.md; Triton, extension_binary_data.md.
#pragma once

#include "api/json_rows.h"
#include "api/json_tape.h"
#include "api/limits.h"
#include "api/model_tensors.h"
#include "api/validation.h"
#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

namespace ml_inference {

/// Values that stand in JSON: a list, flat or nested, whose leaves are the elements in row-major
/// order.
struct JsonElements {
  const std::vector<JsonNode>* nodes = nullptr;
  std::size_t index = 0;
};

/// Values as bytes: little-endian; a truth value is a byte; a text is its size in four bytes, and
/// its bytes.
struct RawElements {
  std::string_view bytes;
};

/// What each byte of RawElements takes in memory at most while they are read: a cell; or a quarter
/// of a text in a list that has just grown, and of a cell.
inline constexpr std::size_t kRawByteMemory = 16;

/// Where a tensor's elements are. Texts of protocol buffers are views of their bytes.
using ElementSource =
    std::variant<JsonElements, RawElements, std::span<const bool>, std::span<const std::int32_t>,
                 std::span<const std::int64_t>, std::span<const std::uint32_t>,
                 std::span<const std::uint64_t>, std::span<const float>, std::span<const double>,
                 std::vector<std::string_view>>;

/// A tensor as it was sent. What it refers to stays until the rows are read, raw bytes until they
/// are predicted.
struct GivenTensor {
  std::string_view name;
  TensorType type = TensorType::float64;
  std::vector<std::int64_t> shape;
  ElementSource elements;
};

/// Reads the tensors into `call`. Values that the model refuses go to `faults`, at
/// inputs.NAME.row.column.
/// Errors: invalid_argument: shapes, names and numbers of elements that fit neither the model nor
///   each other; texts where numbers are declared; more rows than row_count_max. No rows are none.
/// Cost: linear in the elements. Tensors of numbers are copied by loops without branches, or stay
/// where they are (PredictRequest::packed).
[[nodiscard]] Result<void> read_tensors(const JsonRows& rows,
                                        const std::vector<GivenTensor>& tensors, PredictCall& call,
                                        FaultList& faults,
                                        std::size_t row_count_max = kRowsPerRequestMax);

/// "[2, 4]".
[[nodiscard]] std::string tensor_shape_text(std::span<const std::int64_t> shape);

}  // namespace ml_inference
