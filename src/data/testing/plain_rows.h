// SPDX-License-Identifier: MIT
// The rows of a CSV text, found byte by byte: what CsvCutter is compared with.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// The rows with their line ends, one after another they are the text. Slow and obvious.
inline std::vector<std::string> plain_csv_rows(std::string_view text) {
  enum class At { cell_begin, plain, quoted, closed, closed_return, broken };
  std::vector<std::string> rows;
  std::string row;
  At at = At::cell_begin;
  for (const char byte : text) {
    row += byte;
    if (at == At::quoted) {
      if (byte == '"') at = At::closed;
      continue;
    }
    if (byte == '\n') {
      rows.push_back(row);
      row.clear();
      at = At::cell_begin;
    } else if (at == At::cell_begin || at == At::plain) {
      if (byte == '"') {
        at = at == At::cell_begin ? At::quoted : At::broken;
      } else {
        at = byte == ',' ? At::cell_begin : At::plain;
      }
    } else if (at == At::closed) {
      at = byte == '"'    ? At::quoted
           : byte == ','  ? At::cell_begin
           : byte == '\r' ? At::closed_return
                          : At::broken;
    } else {
      at = At::broken;
    }
  }
  if (!row.empty()) rows.push_back(row);
  return rows;
}

}  // namespace ml_inference
