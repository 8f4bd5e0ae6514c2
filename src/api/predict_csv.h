// SPDX-License-Identifier: MIT
// Answers as CSV: a header, and a line a row. docs/operations.md has it with examples.
//
//   prediction,probability_setosa,probability_versicolor,probability_virginica
//   setosa,1.0,0.0,0.0
#pragma once

#include "api/target_answer.h"
#include "model/schema.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// Appends a cell, in quotes where it needs them: it is empty, or holds a comma, a quote or a line
/// end, or begins or ends with a space.
/// Source: RFC 4180, section 2.
void append_csv_cell(std::string& out, std::string_view text);

/// Whether a last column says why a row has no answer.
enum class ErrorColumn { none, last };

/// Writes answers for one schema. Columns: `prediction`, `probability_LABEL` for each class where
/// there are probabilities, `score` or `score_0`, `score_1` ... where there are scores; of several
/// targets those of one after another, each name behind the target's own and a point
/// (`colour.prediction`), or its number from 0 where targets have no names or equal ones.
/// Numbers are as append_number() writes them.
/// Threads: immutable.
class PredictCsv {
 public:
  PredictCsv(const Schema& schema, ErrorColumn error_column);

  /// Each appends a line with its line feed.
  void append_header(std::string& out) const;
  /// answer  answer_width numbers.
  void append_row(std::string& out, std::span<const double> answer) const;
  /// A row of empty cells, and the reason in the last column if there is one for it.
  void append_no_answer(std::string& out, std::string_view reason) const;

 private:
  struct TargetCells : TargetAnswer {
    std::vector<std::string> labels;  // by class, as a cell
  };

  std::vector<std::string> columns_;  // as cells
  std::vector<TargetCells> targets_;
  ErrorColumn error_column_;
};

}  // namespace ml_inference
