// SPDX-License-Identifier: MIT
// Any bytes: read_csv() answers with a table or an error. A table, written out with every cell in
// quotes, reads as itself. Seeds: tests/corpus/csv.
#include "base/assert.h"
#include "data/csv.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using ml_inference::Result;
using ml_inference::Table;

void append_quoted(std::string& out, std::string_view cell) {
  out += '"';
  for (const char byte : cell) {
    if (byte == '"') out += '"';
    out += byte;
  }
  out += '"';
}

std::string written(const Table& table) {
  std::string out;
  for (std::size_t column = 0; column < table.column_count(); ++column) {
    if (column > 0) out += ',';
    append_quoted(out, table.column_names()[column]);
  }
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    out += "\r\n";
    for (std::size_t column = 0; column < table.column_count(); ++column) {
      if (column > 0) out += ',';
      append_quoted(out, table.cell(row, column));
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Result<Table> table = ml_inference::read_csv({reinterpret_cast<const char*>(data), size});
  if (!table) return 0;
  for (std::size_t row = 0; row < table->row_count(); ++row) {
    for (std::size_t column = 0; column < table->column_count(); ++column) {
      static_cast<void>(table->number(row, column));
    }
  }
  const std::string text = written(*table);
  const Result<Table> again = ml_inference::read_csv(text);
  ASSERT(again.has_value());
  ASSERT(written(*again) == text);
  return 0;
}
