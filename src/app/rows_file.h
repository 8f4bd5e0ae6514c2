// SPDX-License-Identifier: MIT
// The rows of a file on the command line: CSV, or JSON lines, of any length.
#pragma once

#include "api/predict_json.h"
#include "app/row_blocks.h"
#include "base/result.h"
#include "serving/cell_reader.h"
#include "serving/served_model.h"

#include <cstddef>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// What has to be known of a file to read any block of its rows.
struct RowLayout {
  static constexpr std::size_t kNoFeature = std::numeric_limits<std::size_t>::max();

  /// What a column of a CSV file holds.
  struct Column {
    std::size_t feature = kNoFeature;
    bool takes_numbers = false;  ///< whether every finite number stands for itself
  };

  const ServedModel& model;
  CellReader cells;
  PredictDialect dialect;
  RowsKind kind = RowsKind::csv;
  std::vector<std::string> column_names;  ///< CSV
  std::vector<Column> columns;            ///< CSV, one a name
  std::vector<std::size_t> places;  ///< CSV, by feature: its column; none for a model of any width

  explicit RowLayout(const ServedModel& of_model);
};

/// Rows for one model. Where a feature takes numbers, true and false are 1 and 0.
///
/// A file is read block by block, so that memory holds little of it; a block is read into numbers
/// by a RowParser (app/row_parser.h), of which there may be many.
/// Threads: one calls next(), any stop() and layout().
class RowsFile {
 public:
  /// Opens the file and reads the header of a CSV file. Columns that are no feature of the model
  /// are told of on stderr.
  /// path   "-" is standard input.
  /// model  outlives the result.
  /// Errors, beginning with the path: those of InputStream and RowBlocks; data_loss when a CSV file
  /// has no header; invalid_argument when it lacks features.
  [[nodiscard]] static Result<std::unique_ptr<RowsFile>> open(const std::string& path,
                                                              const ServedModel& model,
                                                              const RowBlocksOptions& options = {});

  [[nodiscard]] const RowLayout& layout() const { return layout_; }

  /// The file's name for messages.
  [[nodiscard]] const std::string& name() const { return blocks_.name(); }

  /// RowBlocks::next(), the header left out.
  [[nodiscard]] Result<bool> next(RowBlock& block) { return blocks_.next(block); }

  /// next() ends as at the end of the file.
  void stop() { blocks_.stop(); }

 private:
  RowsFile(RowBlocks blocks, const ServedModel& model);

  [[nodiscard]] Result<void> read_header();
  [[nodiscard]] Result<void> find_columns();
  void warn_of_other_columns() const;

  RowBlocks blocks_;
  RowLayout layout_;
};

}  // namespace ml_inference
