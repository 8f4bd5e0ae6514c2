// SPDX-License-Identifier: MIT
// The classes that a column of a table names.
#pragma once

#include "base/result.h"
#include "data/table.h"
#include "model/schema.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ml_inference {

/// The target of every row, as class numbers into labels.
struct TargetClasses {
  std::vector<Label> labels;  ///< ascending
  std::vector<std::int32_t> rows;
};

/// Reads the classes of a column.
///
/// Labels are numbers, ascending, when every cell is a whole number ("3", "3.0"); otherwise they
/// are the cells' text, in the order of its bytes. So they are where numbers look like codes or
/// cannot be told apart as float64: padded with zeros ("007"), or from 2^53 on. Cells with
/// different text are never one class: where all cells are numbers, or all are true or false, two
/// ways of writing the same one ("3" and "3.0", "True" and "TRUE") are refused, because only the
/// table's owner knows whether they are one class.
/// Errors: invalid_argument, naming line and column, for that and for a missing class.
[[nodiscard]] Result<TargetClasses> read_target_classes(const Table& table, std::size_t column);

}  // namespace ml_inference
