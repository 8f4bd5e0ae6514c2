// SPDX-License-Identifier: MIT
#include "data/csv_record.h"

#include "base/utf8.h"
#include "data/limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace ml_inference {

Result<bool> CsvRecordReader::next(CsvRecord& record) {
  while (at_line_end()) skip_line_end();
  if (at_end()) return false;
  record.text.clear();
  record.ends.clear();
  record.line = line_;
  do {
    RETURN_IF_ERROR(read_cell(record));
  } while (take(','));
  if (!at_end()) skip_line_end();
  return true;
}

bool CsvRecordReader::at_line_end() const {
  return at('\n') || text_.substr(position_, 2) == "\r\n";
}

bool CsvRecordReader::take(char wanted) {
  if (!at(wanted)) return false;
  ++position_;
  return true;
}

void CsvRecordReader::skip_line_end() {
  position_ += at('\r') ? 2 : 1;
  ++line_;
}

Result<void> CsvRecordReader::read_cell(CsvRecord& record) {
  if (record.ends.size() >= kTableColumnCountMax) {
    return fail(Code::resource_exhausted,
                fmt::format("line {}: more than {} columns", line_, kTableColumnCountMax));
  }
  const std::size_t column = record.ends.size() + 1;
  const std::size_t begin = record.text.size();
  if (take('"')) {
    RETURN_IF_ERROR(read_quoted(record, column));
  } else {
    RETURN_IF_ERROR(read_plain(record, column));
  }
  if (!is_utf8(std::string_view(record.text).substr(begin))) return fault(column, "not utf-8");
  record.ends.push_back(record.text.size());
  return {};
}

Result<void> CsvRecordReader::read_plain(CsvRecord& record, std::size_t column) {
  const std::size_t begin = position_;
  position_ = std::min(text_.find_first_of(",\r\n\"", begin), text_.size());
  if (at('"')) {
    return fault(column, "a quote inside a cell, expected the whole cell in quotes");
  }
  if (at('\r') && !at_line_end()) {
    return fault(column, "a carriage return without a line feed");
  }
  record.text.append(text_.substr(begin, position_ - begin));
  return {};
}

Result<void> CsvRecordReader::read_quoted(CsvRecord& record, std::size_t column) {
  const std::size_t opening_line = line_;
  do {
    const std::size_t quote = text_.find('"', position_);
    if (quote == std::string_view::npos) {
      line_ = opening_line;
      return fault(column, "the quote is never closed");
    }
    const std::string_view part = text_.substr(position_, quote - position_);
    line_ += static_cast<std::size_t>(std::ranges::count(part, '\n'));
    record.text.append(part);
    position_ = quote + 1;
    if (at('"')) record.text.push_back('"');
  } while (take('"'));
  if (at_end() || at(',') || at_line_end()) return {};
  return fault(column, "text after the closing quote, expected a comma or the end of the line");
}

std::unexpected<Error> CsvRecordReader::fault(std::size_t column, std::string_view what) const {
  return fail(Code::data_loss, fmt::format("line {} column {}: {}", line_, column, what));
}

Result<std::vector<std::string>> csv_names(const CsvRecord& header, NamelessColumn nameless) {
  std::vector<std::string> names;
  std::unordered_set<std::string_view> seen;
  for (std::size_t column = 0; column < header.ends.size(); ++column) {
    const std::string_view name = header.cell(column);
    const auto fault = [&](std::string_view what) {
      return fail(Code::data_loss,
                  fmt::format("line {} column {}: {}", header.line, column + 1, what));
    };
    if (name.empty() && nameless == NamelessColumn::refused) {
      return fault("the column has no name (to_csv(index=False) of pandas writes none)");
    }
    if (!seen.insert(name).second) return fault(fmt::format("the name '{}' stands twice", name));
    names.emplace_back(name);
  }
  return names;
}

}  // namespace ml_inference
