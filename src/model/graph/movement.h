// SPDX-License-Identifier: MIT
// Operations that put elements elsewhere and compute nothing, and those that look values up.
#pragma once

#include "model/graph/operation.h"

#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ml_inference {

/// Each element of the result comes from a place that is known beforehand: Concat, Slice,
/// Transpose, Gather by constant indices.
class Move final : public RowOperation {
 public:
  explicit Move(std::vector<ElementSource> sources) : sources_(std::move(sources)) {}
  [[nodiscard]] std::optional<ElementSource> source_of(std::size_t index) const override {
    return sources_[index];
  }

 protected:
  void run_row(std::size_t row, std::span<const Operand> in,
               std::span<const OperationResult> out) const override;

 private:
  std::vector<ElementSource> sources_;
};

/// An array seen along one axis: [outer, axis, inner].
struct AxisView {
  std::size_t outer = 1;
  std::size_t axis = 1;
  std::size_t inner = 1;
};

/// data [outer, axis, inner] and indices -> [outer, indices, inner]. Negative indices count from
/// the end where that is allowed. Refuses a row with an index beyond the axis.
class GatherBy final : public RowOperation {
 public:
  GatherBy(AxisView data, bool takes_negative, bool may_fail)
      : data_(data), takes_negative_(takes_negative), may_fail_(may_fail) {}
  [[nodiscard]] bool may_fail() const override { return may_fail_; }
  [[nodiscard]] std::string fault(std::size_t row, std::span<const Operand> in) const override;

 protected:
  void run_row(std::size_t row, std::span<const Operand> in,
               std::span<const OperationResult> out) const override;

 private:
  AxisView data_;
  bool takes_negative_;
  bool may_fail_;
};

/// out[o, i, n] = data[o, indices[o, i, n], n]; indices' axis has index_count elements.
class GatherElements final : public RowOperation {
 public:
  GatherElements(AxisView data, std::size_t index_count, bool may_fail)
      : data_(data), index_count_(index_count), may_fail_(may_fail) {}
  [[nodiscard]] bool may_fail() const override { return may_fail_; }
  [[nodiscard]] std::string fault(std::size_t row, std::span<const Operand> in) const override;

 protected:
  void run_row(std::size_t row, std::span<const Operand> in,
               std::span<const OperationResult> out) const override;

 private:
  AxisView data_;
  std::size_t index_count_;
  bool may_fail_;
};

/// Each element by a table: LabelEncoder, CategoryMapper.
class LookUp final : public RowOperation {
 public:
  /// values     by key.
  /// of_nan     what NaN becomes.
  /// otherwise  what stands for a key that is not there.
  LookUp(std::unordered_map<double, double> values, double of_nan, double otherwise)
      : values_(std::move(values)), of_nan_(of_nan), otherwise_(otherwise) {}
  [[nodiscard]] std::optional<ElementSource> source_of(std::size_t index) const override {
    return ElementSource{0, static_cast<std::uint32_t>(index)};
  }

 protected:
  void run_row(std::size_t row, std::span<const Operand> in,
               std::span<const OperationResult> out) const override;

 private:
  std::unordered_map<double, double> values_;
  double of_nan_;
  double otherwise_;
};

/// Elements that equal a value become another: Imputer. NaN equals NaN here.
class Replace final : public RowOperation {
 public:
  /// by  one for all, or by place in a line.
  Replace(double replaced, std::vector<double> by) : replaced_(replaced), by_(std::move(by)) {}
  [[nodiscard]] std::optional<ElementSource> source_of(std::size_t index) const override {
    return ElementSource{0, static_cast<std::uint32_t>(index)};
  }

 protected:
  void run_row(std::size_t row, std::span<const Operand> in,
               std::span<const OperationResult> out) const override;

 private:
  double replaced_;
  std::vector<double> by_;
};

/// Each element becomes class_count of them, a 1 where its class is: OneHotEncoder. A float is cut
/// to a whole number first.
class OneHot final : public RowOperation {
 public:
  /// positions  by key, which of the class_count elements is 1.
  /// zeros      whether all are 0 for a key that is not there; else the row is refused.
  OneHot(std::unordered_map<double, std::size_t> positions, std::size_t class_count, bool zeros)
      : positions_(std::move(positions)), class_count_(class_count), zeros_(zeros) {}
  [[nodiscard]] bool may_fail() const override { return !zeros_; }
  [[nodiscard]] std::string fault(std::size_t row, std::span<const Operand> in) const override;

 protected:
  void run_row(std::size_t row, std::span<const Operand> in,
               std::span<const OperationResult> out) const override;

 private:
  std::unordered_map<double, std::size_t> positions_;
  std::size_t class_count_;
  bool zeros_;
};

/// Columns of the row as a value of the dataflow, rounded to its type.
class Columns final : public RowOperation {
 public:
  /// begin, count  which columns.
  /// categories    of a column that holds numbers of categories, by category its element: of type
  ///               text its number in the dataflow's texts, where NaN, which stands for any other
  ///               text, becomes -1. Else empty.
  Columns(ElementType type, std::size_t begin, std::size_t count, std::vector<double> categories)
      : type_(type), begin_(begin), count_(count), categories_(std::move(categories)) {}
  [[nodiscard]] std::optional<ElementSource> source_of(std::size_t index) const override {
    return ElementSource{0, static_cast<std::uint32_t>(begin_ + index)};
  }
  /// A column of whole numbers or booleans takes nothing else.
  [[nodiscard]] bool may_fail() const override {
    return type_ == ElementType::int64 || type_ == ElementType::boolean;
  }
  [[nodiscard]] std::string fault(std::size_t row, std::span<const Operand> in) const override;

 protected:
  void run_row(std::size_t row, std::span<const Operand> in,
               std::span<const OperationResult> out) const override;

 private:
  ElementType type_;
  std::size_t begin_;
  std::size_t count_;
  std::vector<double> categories_;
};

}  // namespace ml_inference
