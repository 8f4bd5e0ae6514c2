// SPDX-License-Identifier: MIT
// Operations that make one number of several, or look at an axis as a whole.
#pragma once

#include "model/graph/movement.h"
#include "model/graph/operation.h"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace ml_inference {

enum class Reduction : std::uint8_t {
  sum,
  mean,
  product,
  smallest,
  largest,
  l1,
  l2,
  sum_square,
  log_sum,
  log_sum_exp,
};

/// By ONNX's name: "ReduceSum".
[[nodiscard]] std::optional<Reduction> reduction_named(std::string_view name);

/// Each group of elements becomes one.
class Reduce final : public RowOperation {
 public:
  /// order       the elements, group after group; empty: as they stand.
  /// group_size  at least 1.
  Reduce(Reduction reduction, ElementType type, std::vector<std::uint32_t> order,
         std::size_t group_size)
      : reduction_(reduction), type_(type), order_(std::move(order)), group_size_(group_size) {}

 protected:
  void run_row(std::size_t row, std::span<const Operand> in,
               std::span<const OperationResult> out) const override;

 private:
  template <class T>
  [[nodiscard]] double reduce(std::span<const double> values, std::size_t begin) const;

  Reduction reduction_;
  ElementType type_;
  std::vector<std::uint32_t> order_;
  std::size_t group_size_;
};

/// The place of the largest or smallest element along an axis, the first of equals or the last.
class ArgBest final : public RowOperation {
 public:
  struct Options {
    bool largest = true;
    bool last = false;
  };
  ArgBest(AxisView view, Options options) : view_(view), options_(options) {}

 protected:
  void run_row(std::size_t row, std::span<const Operand> in,
               std::span<const OperationResult> out) const override;

 private:
  AxisView view_;
  Options options_;
};

/// exp(x) / sum exp(x) along an axis, or its logarithm.
class Softmax final : public RowOperation {
 public:
  Softmax(AxisView view, ElementType type, bool logarithm)
      : view_(view), type_(type), logarithm_(logarithm) {}

 protected:
  void run_row(std::size_t row, std::span<const Operand> in,
               std::span<const OperationResult> out) const override;

 private:
  template <class T>
  void run_line(std::span<const double> from, std::span<double> to, std::size_t begin) const;

  AxisView view_;
  ElementType type_;
  bool logarithm_;
};

/// Sums of all elements up to each along an axis.
class CumulativeSum final : public RowOperation {
 public:
  struct Options {
    bool exclusive = false;
    bool reverse = false;
  };
  CumulativeSum(AxisView view, ElementType type, Options options)
      : view_(view), type_(type), options_(options) {}

 protected:
  void run_row(std::size_t row, std::span<const Operand> in,
               std::span<const OperationResult> out) const override;

 private:
  AxisView view_;
  ElementType type_;
  Options options_;
};

/// The `count` largest or smallest elements along an axis, in order, and their places; equal ones
/// by their places.
class Top final : public Operation {
 public:
  Top(AxisView view, std::size_t count, bool largest)
      : view_(view), count_(count), largest_(largest) {}
  void run(std::size_t row_count, std::span<const Operand> in, std::span<const OperationResult> out,
           Workspace& workspace) const override;

 private:
  AxisView view_;
  std::size_t count_;
  bool largest_;
};

enum class Norm : std::uint8_t { largest, l1, l2 };

/// Normalizer: each line of `width` elements by its norm, in float32.
/// Source: onnxruntime 1.32, core/providers/cpu/ml/normalizer.cc.
class Normalize final : public RowOperation {
 public:
  Normalize(Norm norm, std::size_t width) : norm_(norm), width_(width) {}

 protected:
  void run_row(std::size_t row, std::span<const Operand> in,
               std::span<const OperationResult> out) const override;

 private:
  Norm norm_;
  std::size_t width_;
};

/// alpha * left x right + beta * addend: MatMul, Gemm and the linear operators. In float32 the
/// products of a row and a transposed matrix are summed in eight lanes, as onnxruntime's kernel for
/// AVX does; others in order.
/// Source: onnxruntime 1.32, core/mlas/lib/x86_64/SgemmKernelM1TransposeBAvx.S, by its answers.
class MatrixProduct final : public RowOperation {
 public:
  struct Shape {
    std::size_t rows = 1;
    std::size_t inner = 1;
    std::size_t columns = 1;
    bool left_is_transposed = false;
    bool right_is_transposed = false;
    double alpha = 1;
    double beta = 1;
  };
  /// addend  broadcast_map() of a third input to [rows, columns]; nothing when there is none.
  MatrixProduct(Shape shape, ElementType type, std::optional<std::vector<std::uint32_t>> addend)
      : shape_(shape), type_(type), addend_(std::move(addend)) {}
  /// A product is a call of std::fma() with a number from afar: some six nanoseconds.
  [[nodiscard]] std::size_t steps_per_row() const override {
    return 3 * shape_.rows * shape_.inner * shape_.columns;
  }

 protected:
  void run_row(std::size_t row, std::span<const Operand> in,
               std::span<const OperationResult> out) const override;

 private:
  template <class T>
  [[nodiscard]] T element(std::span<const double> left, std::span<const double> right,
                          std::size_t i, std::size_t j) const;
  [[nodiscard]] float in_lanes(std::span<const double> left, std::span<const double> right,
                               std::size_t j) const;
  template <class T>
  void run_as(std::size_t row, std::span<const Operand> in, std::span<double> to) const;

  Shape shape_;
  ElementType type_;
  std::optional<std::vector<std::uint32_t>> addend_;
};

}  // namespace ml_inference
