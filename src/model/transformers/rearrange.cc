// SPDX-License-Identifier: MIT
#include "model/transformers/rearrange.h"

#include "base/assert.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <utility>

namespace ml_inference {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

// A NaN among the categories needs no code: what is not found is NaN, which is the missing value.
std::unordered_map<double, double> codes_of(const std::vector<double>& categories) {
  std::unordered_map<double, double> codes;
  for (std::size_t code = 0; code < categories.size(); ++code) {
    if (categories[code] == categories[code]) {
      codes.emplace(categories[code], static_cast<double>(code));
    }
  }
  return codes;
}

}  // namespace

Rearrange::Rearrange(std::size_t input_width, InputRules input_rules, std::vector<Column> columns)
    : input_width_(input_width), input_rules_(input_rules), columns_(std::move(columns)) {
  for (const Column& column : columns_) {
    ASSERT(column.from < input_width_);
    codes_.push_back(codes_of(column.categories));
  }
}

// The encoder checks its columns, and takes no infinity.
std::optional<std::string> Rearrange::refusal(std::span<const double> row) const {
  for (const Column& column : columns_) {
    if (column.is_recoded && std::isinf(row[column.from])) {
      return fmt::format("column {} is infinite, expected a category", column.from);
    }
  }
  return std::nullopt;
}

void Rearrange::transform(MatrixView<const double> in, MatrixView<double> out) const {
  ASSERT(in.column_count() == input_width_ && out.column_count() == columns_.size());
  for (std::size_t row = 0; row < in.row_count(); ++row) {
    const std::span<const double> from = in.row(row);
    const std::span<double> to = out.row(row);
    for (std::size_t index = 0; index < columns_.size(); ++index) {
      const double value = from[columns_[index].from];
      if (!columns_[index].is_recoded) {
        to[index] = value;
        continue;
      }
      const auto found = codes_[index].find(value);
      to[index] = found == codes_[index].end() ? kMissing : found->second;
    }
  }
}

}  // namespace ml_inference
