// SPDX-License-Identifier: MIT
#include "data/csv.h"

#include "base/number_text.h"
#include "data/csv_record.h"
#include "data/limits.h"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string_view without_mark(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return text;
}

Result<Table> read_records(std::string_view text) {
  if (text.size() > kCsvSizeMax) {
    return fail(Code::resource_exhausted,
                fmt::format("{} bytes, expected at most {}", text.size(), kCsvSizeMax));
  }
  CsvRecordReader reader(without_mark(text));
  CsvRecord record;
  ASSIGN_OR_RETURN(bool more, reader.next(record));
  if (!more) return fail(Code::data_loss, "line 1: expected a header row of names, got nothing");
  ASSIGN_OR_RETURN(std::vector<std::string> names, csv_names(record, NamelessColumn::refused));
  const std::size_t column_count = names.size();
  TableBuilder builder(std::move(names));
  while (true) {
    ASSIGN_OR_RETURN(more, reader.next(record));
    if (!more) return std::move(builder).build();
    if (record.ends.size() != column_count) {
      return fail(Code::data_loss,
                  fmt::format("line {}: expected {}, got {}", record.line,
                              count_text(column_count, "cell"), record.ends.size()));
    }
    RETURN_IF_ERROR(builder.add_row(record.text, record.ends, record.line));
  }
}

// One byte more than may be, so that read_csv() sees that there are too many.
Result<std::string> file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return fail(Code::not_found, fmt::format("{}: cannot be opened: {}", path,
                                             std::generic_category().message(errno)));
  }
  std::string text;
  std::vector<char> block(std::size_t{1} << 16);
  while (file && text.size() <= kCsvSizeMax) {
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    text.append(block.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (file.bad() || (file.fail() && !file.eof())) {
    return fail(Code::data_loss, fmt::format("{}: cannot be read: {}", path,
                                             std::generic_category().message(errno)));
  }
  return text;
}

}  // namespace

Result<Table> read_csv(std::string_view text) {
  Result<Table> table = read_records(text);
  if (!table) table.error().message.insert(0, "csv: ");
  return table;
}

Result<Table> read_csv_file(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, file_text(path));
  Result<Table> table = read_csv(text);
  if (!table) table.error().message.insert(0, path + ": ");
  return table;
}

}  // namespace ml_inference
