// SPDX-License-Identifier: MIT
// The bytes of rows become numbers that a model takes, or the reasons why it does not.
#pragma once

#include "api/json_tape.h"
#include "api/predict_json.h"
#include "app/rows_file.h"
#include "data/csv_record.h"
#include "serving/served_model.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// Rows that are predicted together.
struct RowBatch {
  struct Refusal {
    std::size_t row = 0;  ///< among all rows of the batch
    std::string reason;   ///< names the line
  };

  PredictRequest request;         ///< the rows that the model takes
  std::vector<Refusal> refusals;  ///< the others, by ascending row
  std::size_t row_count = 0;      ///< of both
};

/// Reads one block after another. A row that is well formed takes no memory of its own, but a row
/// by name of JSON lines, which may hold 262 144 values, keys and brackets.
///
/// The rows that most files have, numbers without quotes, go a short way; whatever that does not
/// understand is read again by CsvRecordReader and CellReader, which say what is right.
/// Threads: belongs to one thread.
class RowParser {
 public:
  /// layout  outlives the parser.
  explicit RowParser(const RowLayout& layout);

  /// Begins with a block, which stays as it is until it is read.
  void start(const RowBlock& block);

  /// Reads the next rows of the block, batch_row_count_max() at most; false when none are left.
  [[nodiscard]] bool next(RowBatch& batch);

  /// Enough to make an engine's start cheap, and few enough for a core's cache.
  [[nodiscard]] std::size_t batch_row_count_max() const { return row_count_max_; }

 private:
  // Takes the next row into the batch, or refuses it.
  void read_csv_row(RowBatch& batch);
  void read_json_row(RowBatch& batch);
  // The short ways: where the row ends; null when it is another kind of row.
  [[nodiscard]] const char* read_plain_csv_row(const char* at, double* row) const;
  [[nodiscard]] const char* read_plain_json_row(const char* at, double* row) const;
  [[nodiscard]] const char* read_plain_cell(const char* at, const RowLayout::Column& column,
                                            double& value) const;
  // Why the model does not take the row; empty when it does, and then the row's numbers are set.
  [[nodiscard]] std::string read_any_csv_row(std::string_view text, double* row);
  [[nodiscard]] std::string read_any_json_row(std::string_view text, double* row);
  void take_row(RowBatch& batch, const double* row);
  static void refuse_row(RowBatch& batch, std::string reason);
  // Either, as the reason says.
  void finish_row(RowBatch& batch, const double* row, std::string reason);
  [[nodiscard]] double* next_row(RowBatch& batch) const;

  const RowLayout& layout_;
  const std::size_t cell_count_;  // of a row, as the model takes it
  const std::size_t row_count_max_;
  const bool has_plain_json_;
  const bool may_refuse_;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  std::size_t line_ = 1;  // of at_
  CsvRecord record_;
  JsonTape tape_;
  PredictCall call_;
  PredictScratch scratch_;
};

}  // namespace ml_inference
