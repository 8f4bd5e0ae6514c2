// SPDX-License-Identifier: MIT
// Whether a model gives the answers that its library gave: golden rows and what was expected of
// them.
#pragma once

#include "base/result.h"
#include "serving/served_model.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace ml_inference {

/// The largest difference that passes: |expected - got| / max(1, |expected|), which is absolute for
/// numbers up to 1 and relative for larger ones.
inline constexpr double kVerificationTolerance = 1e-6;

/// What a verification saw.
struct Verification {
  std::size_t row_count = 0;
  std::size_t refused_count = 0;    ///< rows that both sides refuse
  std::size_t different_count = 0;  ///< rows that differ by more than the tolerance, or in kind
  double largest_difference = 0;    ///< of any number of any row
  bool largest_is_relative = false;
  std::string largest_place;     ///< "row 3.probabilities.setosa"; empty without a difference
  std::string first_difference;  ///< of those that do not pass: where, expected, got
};

/// Predicts the rows and compares what the predict command would print with what was expected.
///
/// rows_path    CSV or JSON lines, as the predict command takes them.
/// expect_path  JSON lines, an object a row, with at least one of the members that the predict
///              command prints and with no other: only those that are there are compared. A row
///              that the library refuses has "error" alone, whose text does not matter.
/// Errors: data_loss, with the first difference that does not pass, the number of rows that have
/// one and the largest of all; invalid_argument, when the files do not fit together or a row of
/// expect_path says nothing.
[[nodiscard]] Result<Verification> verify_model(const ServedModel& model,
                                                const std::string& rows_path,
                                                const std::string& expect_path, double tolerance);

/// The golden rows beside a model: MODEL.rows.jsonl or MODEL.rows.csv, and MODEL.expect.jsonl. What
/// is not there is not compared, and that is no error; one without the other is, and so are both
/// files of rows.
/// Errors: those of verify_model() with kVerificationTolerance.
[[nodiscard]] Result<Verification> verify_beside(const ServedModel& model,
                                                 const std::string& model_path);

/// For people: "12 rows equal, 1 refused as expected, largest difference 1.1e-16 at row 3 scores".
[[nodiscard]] std::string verification_text(const Verification& seen);

}  // namespace ml_inference
