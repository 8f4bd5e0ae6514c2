// SPDX-License-Identifier: MIT
// Operations that make each element of one element of each input.
#pragma once

#include "model/graph/operation.h"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace ml_inference {

using UnaryFunction = double (*)(double);
using BinaryFunction = double (*)(double, double);

/// The function by ONNX's name for elements of this type; null when there is none.
/// Exp, Sigmoid and Tanh of float32 are onnxruntime's approximations: its Sigmoid of -15 differs
/// from the exact one by a hundredth.
/// Source: onnxruntime 1.32, core/mlas/lib/logistic.cpp, tanh.cpp; element_wise_ops.cc.
[[nodiscard]] UnaryFunction unary_function(std::string_view name, ElementType type);
[[nodiscard]] BinaryFunction binary_function(std::string_view name, ElementType type);

/// The shape of two arrays side by side, as numpy broadcasts; nothing when they do not fit.
[[nodiscard]] std::optional<GraphShape> broadcast_shape(const GraphShape& left,
                                                        const GraphShape& right);

/// By element of `to`, the element of `from` that stands for it; empty when the shapes are equal.
[[nodiscard]] std::vector<std::uint32_t> broadcast_map(const GraphShape& from,
                                                       const GraphShape& to);

class Unary final : public RowOperation {
 public:
  explicit Unary(UnaryFunction function) : function_(function) {}

 protected:
  void run_row(std::size_t row, std::span<const Operand> in,
               std::span<const OperationResult> out) const override;

 private:
  UnaryFunction function_;
};

/// maps  broadcast_map() of the two inputs.
class Binary final : public RowOperation {
 public:
  Binary(BinaryFunction function, std::vector<std::uint32_t> left, std::vector<std::uint32_t> right)
      : function_(function), left_(std::move(left)), right_(std::move(right)) {}

 protected:
  void run_row(std::size_t row, std::span<const Operand> in,
               std::span<const OperationResult> out) const override;

 private:
  BinaryFunction function_;
  std::vector<std::uint32_t> left_;
  std::vector<std::uint32_t> right_;
};

/// The second input where the first is true, else the third.
class Select final : public RowOperation {
 public:
  explicit Select(std::vector<std::vector<std::uint32_t>> maps) : maps_(std::move(maps)) {}

 protected:
  void run_row(std::size_t row, std::span<const Operand> in,
               std::span<const OperationResult> out) const override;

 private:
  std::vector<std::vector<std::uint32_t>> maps_;
};

/// 1 where an element is above a threshold, else 0: Binarizer. Refuses a row with NaN.
class Binarize final : public RowOperation {
 public:
  explicit Binarize(double threshold) : threshold_(threshold) {}
  [[nodiscard]] bool may_fail() const override { return true; }
  [[nodiscard]] std::string fault(std::size_t row, std::span<const Operand> in) const override;

 protected:
  void run_row(std::size_t row, std::span<const Operand> in,
               std::span<const OperationResult> out) const override;

 private:
  double threshold_;
};

/// A conversion between element types. From a number that int64 cannot hold comes its smallest.
class Convert final : public RowOperation {
 public:
  Convert(ElementType from, ElementType to) : from_(from), to_(to) {}
  [[nodiscard]] static double convert(ElementType from, ElementType to, double value);
  [[nodiscard]] std::optional<ElementSource> source_of(std::size_t index) const override {
    return ElementSource{0, static_cast<std::uint32_t>(index)};
  }

 protected:
  void run_row(std::size_t row, std::span<const Operand> in,
               std::span<const OperationResult> out) const override;

 private:
  ElementType from_;
  ElementType to_;
};

}  // namespace ml_inference
