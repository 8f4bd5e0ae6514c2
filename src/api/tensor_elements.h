// SPDX-License-Identifier: MIT
// The elements of one tensor, whatever they were sent in.
#pragma once

#include "api/tensor_rows.h"
#include "base/result.h"
#include "serving/cell_reader.h"
#include "serving/packed_cells.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace ml_inference {

/// Threads: immutable. Refers to the tensor it was made of.
class TensorElements {
 public:
  /// Checks that there are as many elements as the shape says, and that they are of the type.
  /// Errors: invalid_argument, naming the tensor.
  [[nodiscard]] static Result<TensorElements> of(const GivenTensor& tensor);

  [[nodiscard]] std::size_t count() const { return count_; }

  /// Whether no element can be anything but a number.
  [[nodiscard]] bool are_numbers() const;

  /// The numbers of a tensor whose elements are such. out  count() of them.
  void copy_numbers(std::span<double> out) const;

  /// The numbers where they are, if they are read from there as they are; none if not.
  [[nodiscard]] std::optional<PackedCells> packed() const;

  /// An element as the cell of a feature. index  below count().
  [[nodiscard]] Cell cell(const CellReader& cells, std::size_t feature, std::size_t index) const;

 private:
  explicit TensorElements(const GivenTensor& tensor) : tensor_(&tensor) {}

  Result<void> check();
  Result<void> find_json_leaves(const JsonElements& json);
  [[nodiscard]] Result<void> check_json_leaf(const JsonNode& leaf) const;
  Result<void> find_raw_texts(std::string_view bytes);
  [[nodiscard]] Cell json_cell(const CellReader& cells, std::size_t feature,
                               std::size_t index) const;

  const GivenTensor* tensor_;
  std::size_t count_ = 0;
  std::vector<std::uint32_t> leaves_;    // of JSON: the nodes of the elements
  std::vector<std::string_view> texts_;  // of raw bytes of texts
};

/// The value of a half-precision number. Source: IEEE 754-2019, binary16.
[[nodiscard]] float half_to_float(std::uint16_t bits);

/// The half-precision number next to `value`, of two the even one; infinite from 65520 on.
/// Source: IEEE 754-2019, binary16, roundTiesToEven.
[[nodiscard]] double round_to_half(double value);

}  // namespace ml_inference
