// SPDX-License-Identifier: MIT
// A stream of rows, CSV or JSON lines, cut into blocks of whole rows.
#pragma once

#include "base/result.h"
#include "data/csv_cutter.h"
#include "data/limits.h"
#include "host/input_stream.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace ml_inference {

/// Rows that stand one after another in a file. Used again for other rows, so that reading takes no
/// memory in the steady state.
struct RowBlock {
  std::string text;      ///< whole rows, each with its line end but the last one of all
  std::size_t line = 1;  ///< of the file, on which the text begins, from 1
};

enum class RowsKind { csv, json_lines };

/// How a stream is cut.
struct RowBlocksOptions {
  /// Bytes of a block at most, but for a row that is longer. Answers as JSON take eight times as
  /// many, and are to stay in a core's cache until they are written: a row of Iris takes 120 ns of
  /// processor time in blocks of 32 or 64 KiB, 130 in blocks of 128 KiB, 175 in blocks of 1 MiB.
  std::size_t block_size = std::size_t{1} << 16;

  /// Bytes of a row at most, its line feed not counted.
  std::size_t row_size_max = kRowSizeMax;
};

/// Holds a block and a row at most. Where it cuts changes no row and no line number.
/// Threads: one calls next(); any may call stop().
class RowBlocks {
 public:
  /// Looks at how the stream begins: what begins with a bracket is JSON lines, anything else CSV. A
  /// byte order mark before either is left out.
  /// Errors: those of InputStream::read().
  [[nodiscard]] static Result<RowBlocks> begin(std::unique_ptr<InputStream> stream,
                                               const RowBlocksOptions& options);

  /// The file's name for messages; every error begins with it.
  [[nodiscard]] const std::string& name() const { return stream_->name(); }

  [[nodiscard]] RowsKind kind() const { return kind_; }

  /// Fills the block with the next rows; false at the end. Of a pipe with what has come, as soon as
  /// that is a row: who writes rows one by one gets answers one by one.
  /// Errors: those of InputStream::read(); resource_exhausted, naming the line: a row is longer
  /// than row_size_max; data_loss, naming the line: a quote of CSV is never closed. Rows before
  /// that have been in blocks.
  [[nodiscard]] Result<bool> next(RowBlock& block);

  /// Takes rows back that next() gave last, as it gave them from some row on: next() gives them
  /// again.
  void put_back(std::string_view rows, std::size_t line);

  /// next() ends as at the end of the stream.
  void stop() { stream_->stop(); }

 private:
  RowBlocks(std::unique_ptr<InputStream> stream, const RowBlocksOptions& options);

  // Appends what can be read, up to `size` bytes.
  [[nodiscard]] Result<void> read_more(std::string& text, std::size_t size);
  [[nodiscard]] Result<void> skip_byte_order_mark();
  [[nodiscard]] Result<void> find_kind();
  // Where the last whole row of the text ends; 0 for none.
  [[nodiscard]] std::size_t scan(std::string_view text);
  [[nodiscard]] std::size_t room(std::string_view text) const;
  [[nodiscard]] std::unexpected<Error> too_long() const;
  [[nodiscard]] std::unexpected<Error> open_quote(std::string_view text) const;

  std::unique_ptr<InputStream> stream_;
  RowBlocksOptions options_;
  RowsKind kind_ = RowsKind::csv;
  CsvCutter cutter_;
  std::string carry_;     // what was read and not given: less than a row, but after put_back()
  std::size_t line_ = 1;  // on which carry_ begins
  bool is_at_end_ = false;
};

}  // namespace ml_inference
