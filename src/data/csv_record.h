// SPDX-License-Identifier: MIT
// The lines of cells that a CSV text is made of: RFC 4180 without headers and tables.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// One line of cells, quotes resolved. Used again for every line, so that reading takes no memory a
/// cell.
struct CsvRecord {
  std::string text;               ///< the cells, one after another
  std::vector<std::size_t> ends;  ///< by cell: where it ends in text
  std::size_t line = 0;           ///< where it began, from 1

  [[nodiscard]] std::string_view cell(std::size_t column) const {
    const std::size_t begin = column == 0 ? 0 : ends[column - 1];
    return std::string_view(text).substr(begin, ends[column] - begin);
  }
};

/// Cuts a text into records: cells and quotes as read_csv() has them. Empty lines are skipped.
/// Threads: belongs to one thread.
class CsvRecordReader {
 public:
  /// line  on which the text begins, for messages. The text outlives the reader.
  explicit CsvRecordReader(std::string_view text, std::size_t line = 1)
      : text_(text), line_(line) {}

  /// Fills `record` with the next line of cells; false at the end of the text.
  /// Errors: those of read_csv() that a single line can have. After one there is no next line.
  [[nodiscard]] Result<bool> next(CsvRecord& record);

  /// How much of the text is read: where the next record, or an empty line, begins.
  [[nodiscard]] std::size_t position() const { return position_; }
  [[nodiscard]] std::size_t line() const { return line_; }

 private:
  [[nodiscard]] bool at_end() const { return position_ == text_.size(); }
  [[nodiscard]] bool at(char wanted) const { return !at_end() && text_[position_] == wanted; }
  [[nodiscard]] bool at_line_end() const;
  bool take(char wanted);
  void skip_line_end();
  // Reads one cell and stops before a comma, a line end or the end of the text.
  [[nodiscard]] Result<void> read_cell(CsvRecord& record);
  [[nodiscard]] Result<void> read_plain(CsvRecord& record, std::size_t column);
  // The opening quote is taken already.
  [[nodiscard]] Result<void> read_quoted(CsvRecord& record, std::size_t column);
  [[nodiscard]] std::unexpected<Error> fault(std::size_t column, std::string_view what) const;

  const std::string_view text_;
  std::size_t position_ = 0;
  std::size_t line_;  // of position_, from 1
};

/// Whether one column of a header may have no name, as pandas writes its index.
enum class NamelessColumn { refused, taken };

/// The names in a header.
/// Errors: data_loss, naming line and column: a name is empty where it may not be, or stands twice.
[[nodiscard]] Result<std::vector<std::string>> csv_names(const CsvRecord& header,
                                                         NamelessColumn nameless);

}  // namespace ml_inference
