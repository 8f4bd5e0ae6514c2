// SPDX-License-Identifier: MIT
// Any bytes in pieces of any size: CsvCutter cuts them where the plain version does, csv_row_end()
// agrees, and a row that CsvRecordReader takes is read to its end. The first byte is the size of
// the pieces. Seeds: tests/corpus/csv_cutter.
#include "base/assert.h"
#include "data/csv_cutter.h"
#include "data/csv_record.h"
#include "data/testing/plain_rows.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using ml_inference::CsvCutter;
using ml_inference::CsvRecord;
using ml_inference::CsvRecordReader;

// The next `size` bytes of the text are rows of the list from `next` on.
void check_rows(std::string_view cut, const std::vector<std::string>& rows, std::size_t& next) {
  while (!cut.empty()) {
    const std::size_t size = ml_inference::csv_row_end(cut);
    ASSERT(next < rows.size() && cut.substr(0, size) == rows[next]);
    ++next;
    cut.remove_prefix(size);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = data[0] + std::size_t{1};
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::vector<std::string> rows = ml_inference::plain_csv_rows(text);
  std::size_t next = 0;
  std::size_t begin = 0;
  CsvCutter cutter;
  for (std::size_t end = 0; end < text.size();) {
    end = std::min(end + piece, text.size());
    const std::size_t row_end = cutter.scan(text.substr(begin, end - begin));
    if (row_end == 0) continue;
    check_rows(text.substr(begin, row_end), rows, next);
    begin += row_end;
    end = begin;
    cutter.reset();
  }
  if (begin < text.size()) ASSERT(next + 1 == rows.size() && text.substr(begin) == rows[next]);
  for (const std::string& row : rows) {
    CsvRecordReader reader(row);
    CsvRecord record;
    if (const auto read = reader.next(record); read && *read) {
      ASSERT(reader.position() == row.size());
    }
  }
  return 0;
}
