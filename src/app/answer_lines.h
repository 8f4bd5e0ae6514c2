// SPDX-License-Identifier: MIT
// The lines that predict prints: JSON or CSV, answers and rows without one.
#pragma once

#include "api/predict_csv.h"
#include "api/predict_json.h"
#include "model/schema.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// What becomes of a row that has no answer.
enum class ErrorPolicy {
  report,  ///< its reason stands in its place
  stop,    ///< nothing comes after the rows before it
  skip,    ///< it is left out
  null,    ///< an answer without values stands in its place
};

enum class OutputFormat { json, csv };

/// Writes lines, each with its line feed.
/// Threads: immutable.
class LineFormat {
 public:
  virtual ~LineFormat() = default;
  virtual void append_header(std::string& out) const = 0;
  virtual void append_answer(std::string& out, std::span<const double> answer) const = 0;
  /// For ErrorPolicy::report.
  virtual void append_reason(std::string& out, std::string_view reason) const = 0;
  /// For ErrorPolicy::null.
  virtual void append_no_answer(std::string& out) const = 0;
};

[[nodiscard]] std::unique_ptr<const LineFormat> make_line_format(OutputFormat format,
                                                                 const Schema& schema,
                                                                 ErrorPolicy policy);

/// The lines of answers, of which it remembers some: a forest often gives the same answer again,
/// since leaves are fewer than rows, and copying a line takes a tenth of the time of writing its
/// numbers. An answer counts as the same when every bit of it is.
/// Threads: belongs to one thread.
class AnswerLines {
 public:
  /// format  outlives this.
  /// width   the numbers of an answer.
  AnswerLines(const LineFormat& format, std::size_t width);

  /// Appends what format.append_answer() would.
  void append(std::string& out, std::span<const double> answer);

 private:
  // A megabyte of lines, of which a core's cache holds those that come again and again. With a
  // quarter of them, three in a hundred rows of Iris find another answer in their place.
  static constexpr std::size_t kSlotCount = 4'096;
  static constexpr std::size_t kLineSizeMax = 256;
  static constexpr std::size_t kWidthMax = 16;

  struct Line {
    std::size_t size = 0;  // 0: nothing is remembered
    char text[kLineSizeMax];
  };

  [[nodiscard]] static std::size_t slot_of(std::span<const double> answer);
  void remember(std::size_t slot, std::span<const double> answer, std::string_view line);

  const LineFormat& format_;
  const std::size_t width_;
  std::vector<double> answers_;  // [kSlotCount, width]; empty for answers that are too wide
  std::vector<Line> lines_;      // [kSlotCount]
};

}  // namespace ml_inference
