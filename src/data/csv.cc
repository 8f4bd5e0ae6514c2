// SPDX-License-Identifier: MIT
#include "data/csv.h"

#include "base/number_text.h"
#include "base/utf8.h"
#include "data/limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>
#include <unordered_set>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// One line of cells, quotes resolved. Used again for every line, so that reading takes no memory a
// cell.
struct Record {
  std::string text;               // the cells, one after another
  std::vector<std::size_t> ends;  // by cell: where it ends in text
  std::size_t line = 0;           // where it began, from 1
};

// Cuts a text into records. Knows nothing of headers or tables.
class RecordReader {
 public:
  explicit RecordReader(std::string_view text) : text_(text) {}

  // Fills `record` with the next line of cells; false at the end of the text.
  Result<bool> next(Record& record) {
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

 private:
  [[nodiscard]] bool at_end() const { return position_ == text_.size(); }
  [[nodiscard]] bool at(char wanted) const { return !at_end() && text_[position_] == wanted; }
  [[nodiscard]] bool at_line_end() const {
    return at('\n') || text_.substr(position_, 2) == "\r\n";
  }

  bool take(char wanted) {
    if (!at(wanted)) return false;
    ++position_;
    return true;
  }

  void skip_line_end() {
    position_ += at('\r') ? 2 : 1;
    ++line_;
  }

  // Reads one cell and stops before a comma, a line end or the end of the text.
  Result<void> read_cell(Record& record) {
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

  Result<void> read_plain(Record& record, std::size_t column) {
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

  // The opening quote is taken already.
  Result<void> read_quoted(Record& record, std::size_t column) {
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

  std::unexpected<Error> fault(std::size_t column, std::string_view what) const {
    return fail(Code::data_loss, fmt::format("line {} column {}: {}", line_, column, what));
  }

  const std::string_view text_;
  std::size_t position_ = 0;
  std::size_t line_ = 1;  // of position_, from 1
};

// may_be_empty  whether one column may have no name.
Result<std::vector<std::string>> header_names(const Record& header, bool may_be_empty) {
  std::vector<std::string> names;
  std::unordered_set<std::string> seen;
  std::size_t begin = 0;
  for (const std::size_t end : header.ends) {
    std::string name = header.text.substr(begin, end - begin);
    begin = end;
    const auto fault = [&](std::string_view what) {
      return fail(Code::data_loss,
                  fmt::format("line {} column {}: {}", header.line, names.size() + 1, what));
    };
    if (name.empty() && !may_be_empty) return fault("the column has no name");
    if (!seen.insert(name).second) return fault(fmt::format("the name '{}' stands twice", name));
    names.push_back(std::move(name));
  }
  return names;
}

std::string_view without_mark(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return text;
}

// misfits  null: a row of the wrong length is a fault, and so is a column without a name.
Result<Table> read_records(std::string_view text, std::vector<CsvMisfit>* misfits) {
  if (text.size() > kCsvSizeMax) {
    return fail(Code::resource_exhausted,
                fmt::format("{} bytes, expected at most {}", text.size(), kCsvSizeMax));
  }
  RecordReader reader(without_mark(text));
  Record record;
  ASSIGN_OR_RETURN(bool more, reader.next(record));
  if (!more) return fail(Code::data_loss, "line 1: expected a header row of names, got nothing");
  ASSIGN_OR_RETURN(std::vector<std::string> names, header_names(record, misfits != nullptr));
  const std::size_t column_count = names.size();
  TableBuilder builder(std::move(names));
  for (std::size_t row = 0;; ++row) {
    ASSIGN_OR_RETURN(more, reader.next(record));
    if (!more) return std::move(builder).build();
    if (record.ends.size() != column_count) {
      if (misfits != nullptr && row < kTableRowCountMax) {
        misfits->push_back({row, record.line, record.ends.size()});
        continue;
      }
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
  Result<Table> table = read_records(text, nullptr);
  if (!table) table.error().message.insert(0, "csv: ");
  return table;
}

Result<Table> read_csv_rows(std::string_view text, std::vector<CsvMisfit>& misfits) {
  misfits.clear();
  Result<Table> table = read_records(text, &misfits);
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
