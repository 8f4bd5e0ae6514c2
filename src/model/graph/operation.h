// SPDX-License-Identifier: MIT
// What a dataflow is made of: values with a type and a shape, and operations between them.
//
// All shapes are those of one row, so everything is known and checked when a model is read; an
// operation that runs cannot fail and takes no memory. Every element is one double: a float32 is
// the double that equals it, an int64 lies within 2^53, a boolean is 0 or 1, a text is its number
// in the dataflow's list of texts.
#pragma once

#include "model/estimator.h"
#include "model/workspace.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

enum class ElementType : std::uint8_t { float32, float64, int64, boolean, text };

/// "float", "double", "int64", "bool", "string": as ONNX calls them.
[[nodiscard]] std::string_view element_type_name(ElementType type);

[[nodiscard]] constexpr bool is_floating(ElementType type) {
  return type == ElementType::float32 || type == ElementType::float64;
}

/// Rounds to float32 where that is the type.
[[nodiscard]] inline double rounded(ElementType type, double value) {
  return type == ElementType::float32 ? static_cast<double>(static_cast<float>(value)) : value;
}

/// The sizes of an array, the slowest first; none for a single number. A row is a batch of one.
using GraphShape = std::vector<std::size_t>;

/// How many elements there are; the caller has seen to it that the product fits.
[[nodiscard]] std::size_t element_count(const GraphShape& shape);

/// What an operation takes: for each row of a block `size` numbers, or the same for all rows.
struct Operand {
  const double* data = nullptr;
  std::size_t size = 0;
  std::size_t stride = 0;  ///< size, or 0 for a constant

  [[nodiscard]] std::span<const double> row(std::size_t index) const {
    return {data + index * stride, size};
  }
};

/// What an operation makes, row after row without gaps.
struct OperationResult {
  double* data = nullptr;
  std::size_t size = 0;

  [[nodiscard]] std::span<double> row(std::size_t index) const {
    return {data + index * size, size};
  }
};

/// One element of one input.
struct ElementSource {
  std::uint32_t input = 0;
  std::uint32_t index = 0;
};

/// Threads: immutable once a model is served.
class Operation {
 public:
  virtual ~Operation() = default;

  /// Computes a block of rows. Operands and results do not overlap.
  virtual void run(std::size_t row_count, std::span<const Operand> in,
                   std::span<const OperationResult> out, Workspace& workspace) const = 0;

  /// About how many steps a row takes beside one for each number that is read or written: see
  /// Estimator::steps_per_row().
  [[nodiscard]] virtual std::size_t steps_per_row() const { return 0; }

  /// Whether fault() may say anything.
  [[nodiscard]] virtual bool may_fail() const { return false; }

  /// Why the library would refuse this row here; empty when it would not.
  [[nodiscard]] virtual std::string fault(std::size_t row, std::span<const Operand> in) const {
    static_cast<void>(row);
    static_cast<void>(in);
    return {};
  }

  /// Of an element of the first result, the element whose value it holds, perhaps converted, filled
  /// in or recoded; nothing where it holds no single one's, or where nobody knows: for people.
  [[nodiscard]] virtual std::optional<ElementSource> source_of(std::size_t index) const {
    static_cast<void>(index);
    return std::nullopt;
  }

  /// As those of Estimator.
  virtual void for_each_forest(const std::function<void(const Forest&)>&) const {}
  virtual void run_forests_by(const ForestRunnerMaker&) {}
};

/// An operation that looks at one row at a time.
class RowOperation : public Operation {
 public:
  void run(std::size_t row_count, std::span<const Operand> in, std::span<const OperationResult> out,
           Workspace&) const final {
    for (std::size_t row = 0; row < row_count; ++row) run_row(row, in, out);
  }

 protected:
  virtual void run_row(std::size_t row, std::span<const Operand> in,
                       std::span<const OperationResult> out) const = 0;
};

}  // namespace ml_inference
