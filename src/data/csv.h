// SPDX-License-Identifier: MIT
// Comma-separated values as spreadsheets and pandas write them: RFC 4180.
#pragma once

#include "base/result.h"
#include "data/table.h"

#include <string>
#include <string_view>

namespace ml_inference {

/// Reads a CSV text: a header row of names, then rows of as many cells.
///
/// The text is UTF-8, with or without a byte order mark. Cells are separated by commas, lines end
/// in LF or CRLF, the last one perhaps in nothing. A cell that begins with a quote goes to the
/// closing quote and may hold commas, line ends and doubled quotes ("" is one quote). Spaces belong
/// to the cell. Empty lines are skipped, as pandas does: a row of one empty cell is written "". A
/// table without rows is a table.
///
/// Errors: data_loss, naming line and column, from 1: no header, an empty or repeated name, a row
/// of the wrong length, a quote where none may be, a quote that never closes, a lone carriage
/// return, bytes that are not UTF-8. resource_exhausted: a limit of data/limits.h is reached.
/// Cost: linear; memory for the table beside the text.
/// Source: RFC 4180 section 2, with a header required and empty lines skipped.
[[nodiscard]] Result<Table> read_csv(std::string_view text);

/// read_csv() of a file.
/// Errors: those of read_csv(), with the path before them; not_found when the file cannot be
/// opened; data_loss when it cannot be read to its end.
[[nodiscard]] Result<Table> read_csv_file(const std::string& path);

}  // namespace ml_inference
