// SPDX-License-Identifier: MIT
// The rows of a file on the command line: CSV, or JSON lines.
#pragma once

#include "api/json_tape.h"
#include "api/predict_json.h"
#include "base/result.h"
#include "data/csv.h"
#include "data/table.h"
#include "serving/cell_reader.h"
#include "serving/served_model.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// Rows for one model. What begins with a bracket is JSON lines, a row an array or an object by
/// name; anything else is CSV with the feature names in its first line. A byte order mark before
/// either does not matter. Where a feature takes numbers, true and false are 1 and 0.
/// Threads: belongs to one thread.
class RowsFile {
 public:
  /// Reads the file. Columns that are no feature of the model are told of on stderr.
  /// model  outlives the result.
  /// Errors: those of read_csv_file(); invalid_argument when a CSV file lacks features.
  [[nodiscard]] static Result<RowsFile> read(const std::string& path, const ServedModel& model);

  [[nodiscard]] std::size_t row_count() const {
    return table_ ? table_->row_count() + misfits_.size() : lines_.size();
  }

  /// Appends the cells of a row to `request`.
  /// Errors: invalid_argument, naming the line, when the model does not take the row, or when it
  /// has not as many cells as the header; `request` is as before.
  [[nodiscard]] Result<void> append(std::size_t row, PredictRequest& request);

 private:
  // A line of JSON lines that holds something, and which one it is, from 1.
  struct Line {
    std::string_view text;
    std::size_t number = 0;
  };

  explicit RowsFile(const ServedModel& model);

  [[nodiscard]] static std::vector<Line> lines_of(std::string_view text);

  [[nodiscard]] Result<void> find_columns();
  void warn_of_other_columns() const;
  // Each gives the line on which the row stands.
  [[nodiscard]] Result<std::size_t> append_cells(std::size_t row, PredictRequest& request);
  [[nodiscard]] Result<std::size_t> append_table_row(std::size_t row, PredictRequest& request);
  [[nodiscard]] Result<std::size_t> append_line(const Line& line, PredictRequest& request);

  const ServedModel* model_;
  CellReader cells_;
  PredictDialect dialect_;
  std::optional<Table> table_;               // CSV
  std::vector<CsvMisfit> misfits_;           // CSV: the rows that are not in the table
  std::vector<std::size_t> columns_;         // CSV: by feature, the column that holds it
  std::unique_ptr<const std::string> text_;  // JSON lines; stays where it is when the file moves
  std::vector<Line> lines_;
  std::unique_ptr<JsonTape> tape_;
  PredictCall call_;
  PredictScratch scratch_;
};

}  // namespace ml_inference
