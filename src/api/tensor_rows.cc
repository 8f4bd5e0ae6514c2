// SPDX-License-Identifier: MIT
#include "api/tensor_rows.h"

#include "api/cell_faults.h"
#include "api/tensor_elements.h"
#include "base/assert.h"
#include "base/printable_text.h"
#include "model/input_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>

namespace ml_inference {
namespace {

// Whether all values may stand in cells of the rules, by the largest one. What it does not let pass
// is looked at one by one.
bool surely_taken(const InputRules& rules, const PackedCells& cells) {
  const double limit = rules.type == NumberType::float32
                           ? static_cast<double>(std::numeric_limits<float>::max())
                           : std::numeric_limits<double>::max();
  return cells.largest_magnitude() <= limit;  // false for what is missing
}

PackedCells packed(std::span<const double> cells) {
  return {PackedCells::Type::float64,
          {reinterpret_cast<const char*>(cells.data()), cells.size_bytes()}};
}

class TensorReader {
 public:
  TensorReader(const JsonRows& rows, const std::vector<GivenTensor>& tensors, PredictCall& call,
               FaultList& faults, std::size_t row_count_max)
      : rows_(rows),
        schema_(rows.schema()),
        tensors_(tensors),
        call_(call),
        faults_(faults),
        row_count_max_(row_count_max) {}

  Result<void> read() {
    if (tensors_.empty()) return fail(Code::invalid_argument, "there is no input tensor");
    call_.form = RowForm::list;
    for (const GivenTensor& tensor : tensors_) {
      auto elements = TensorElements::of(tensor);
      if (!elements) return std::unexpected(std::move(elements).error());
      elements_.push_back(*std::move(elements));
    }
    if (schema_.takes_any_width) return count_rows(tensors_.front());
    return is_matrix() ? read_matrix() : read_columns();
  }

 private:
  // One tensor of all features, unless it is the only feature's column by its shape.
  [[nodiscard]] bool is_matrix() const {
    if (tensors_.size() != 1) return false;
    const auto& shape = tensors_.front().shape;
    const bool has_width =
        shape.size() == 2 && shape[1] == static_cast<std::int64_t>(schema_.feature_count());
    return has_width || schema_.feature_count() > 1;
  }

  Result<void> count_rows(const GivenTensor& tensor) {
    if (tensor.shape.empty()) return wrong_shape(tensor, "[rows]");
    const std::int64_t count = tensor.shape.front();
    if (count > static_cast<std::int64_t>(row_count_max_)) {
      return fail(Code::invalid_argument,
                  fmt::format("input '{}' has {} rows, expected at most {}",
                              printable_text(tensor.name), count, row_count_max_));
    }
    const bool is_first = &tensor == &tensors_.front();
    if (!is_first && call_.request.row_count != static_cast<std::size_t>(count)) {
      return fail(Code::invalid_argument,
                  fmt::format("input '{}' has {} rows, those before it have {}",
                              printable_text(tensor.name), count, call_.request.row_count));
    }
    call_.request.row_count = static_cast<std::size_t>(count);
    return {};
  }

  static std::unexpected<Error> wrong_shape(const GivenTensor& tensor, std::string_view expected) {
    return fail(Code::invalid_argument,
                fmt::format("input '{}' has the shape {}, expected {}", printable_text(tensor.name),
                            tensor_shape_text(tensor.shape), expected));
  }

  Result<void> read_matrix() {
    const GivenTensor& tensor = tensors_.front();
    const std::size_t width = schema_.feature_count();
    if (tensor.shape.size() != 2 || tensor.shape[1] != static_cast<std::int64_t>(width)) {
      return wrong_shape(tensor, fmt::format("[rows, {}]", width));
    }
    RETURN_IF_ERROR(count_rows(tensor));
    const TensorElements& elements = elements_.front();
    const bool takes_all = elements.are_numbers() && schema_.categories.empty();
    const std::optional<PackedCells> raw = elements.packed();
    if (takes_all && raw && surely_taken(schema_.input, *raw)) {
      call_.request.packed = *raw;
      return {};
    }
    std::vector<double>& cells = call_.request.cells;
    cells.resize(elements.count());
    if (takes_all) {
      elements.copy_numbers(cells);
      if (surely_taken(schema_.input, packed(cells))) return {};
    }
    for (std::size_t index = 0; index < cells.size() && !faults_.is_full(); ++index) {
      cells[index] = read_cell(0, index, index / width, index % width);
    }
    return {};
  }

  Result<void> read_columns() {
    std::vector<bool> given(schema_.feature_count(), false);
    std::vector<std::size_t> features;
    for (const GivenTensor& tensor : tensors_) {
      const auto feature = schema_.feature_count() == 1 && tensors_.size() == 1
                               ? std::optional<std::size_t>(0)
                               : rows_.feature_index(tensor.name);
      if (!feature) return unknown_tensor(tensor);
      if (given[*feature]) {
        return fail(Code::invalid_argument,
                    fmt::format("input '{}' stands twice", printable_text(tensor.name)));
      }
      const bool is_column =
          tensor.shape.size() == 1 || (tensor.shape.size() == 2 && tensor.shape[1] == 1);
      if (!is_column) return wrong_shape(tensor, "[rows] or [rows, 1]");
      RETURN_IF_ERROR(count_rows(tensor));
      given[*feature] = true;
      features.push_back(*feature);
    }
    const auto missing = std::ranges::find(given, false);
    if (missing != given.end()) {
      const auto feature = static_cast<std::size_t>(missing - given.begin());
      return fail(Code::invalid_argument,
                  fmt::format("input '{}' is missing", schema_.feature_names[feature]));
    }
    fill_columns(features);
    return {};
  }

  std::unexpected<Error> unknown_tensor(const GivenTensor& tensor) const {
    return fail(Code::invalid_argument,
                fmt::format("input '{}' is unknown, expected one of shape [rows, {}], or one for "
                            "each feature by its name",
                            printable_text(tensor.name), schema_.feature_count()));
  }

  void fill_columns(const std::vector<std::size_t>& features) {
    const std::size_t width = schema_.feature_count();
    std::vector<double>& cells = call_.request.cells;
    cells.resize(call_.request.row_count * width);
    for (std::size_t tensor = 0; tensor < features.size(); ++tensor) {
      const std::size_t feature = features[tensor];
      for (std::size_t row = 0; row < call_.request.row_count && !faults_.is_full(); ++row) {
        cells[row * width + feature] = read_cell(tensor, row, row, feature);
      }
    }
  }

  double read_cell(std::size_t tensor, std::size_t element, std::size_t row, std::size_t feature) {
    const Cell cell = elements_[tensor].cell(rows_.cells(), feature, element);
    if (cell.refusal == CellRefusal::none) return cell.value;
    const CellFaultText text = cell_fault_message(cell.refusal);
    faults_.add({.type = text.type,
                 .location = {"inputs", echoed_key(tensors_[tensor].name), row,
                              schema_.feature_names[feature]},
                 .message = std::string(text.message),
                 .input = "null"});
    return 0;
  }

  const JsonRows& rows_;
  const Schema& schema_;
  const std::vector<GivenTensor>& tensors_;
  PredictCall& call_;
  FaultList& faults_;
  const std::size_t row_count_max_;
  std::vector<TensorElements> elements_;  // by tensor
};

}  // namespace

std::string tensor_shape_text(std::span<const std::int64_t> shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

Result<void> read_tensors(const JsonRows& rows, const std::vector<GivenTensor>& tensors,
                          PredictCall& call, FaultList& faults, std::size_t row_count_max) {
  return TensorReader(rows, tensors, call, faults, row_count_max).read();
}

}  // namespace ml_inference
