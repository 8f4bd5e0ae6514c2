// SPDX-License-Identifier: MIT
// The reference's dialect: the JSON of POST /predict. docs/api.md has it with examples.
//
//   {"features":[5.1,3.5,1.4,0.2]}              one row by position
//   {"features":{"sepal length (cm)":5.1,...}}  one row by name
//   {"features":[[...],[...]]}                  rows, each in either form -> {"predictions":[...]}
#pragma once

#include "api/json_rows.h"
#include "api/json_tape.h"
#include "api/target_answer.h"
#include "api/validation.h"
#include "model/schema.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// Reads bodies and writes answers for one schema.
/// Threads: immutable; each caller brings its own tape and call.
class PredictDialect {
 public:
  explicit PredictDialect(const Schema& schema);

  /// Reads a body into `call`, which is overwritten. Every fault is added to `faults`; with one,
  /// `call` means nothing.
  void read(std::string_view body, JsonTape& tape, PredictCall& call, FaultList& faults) const;

  /// Reads one row of its own, `[5.1,3.5,1.4,0.2]` or an object by name: a line of JSON lines.
  /// Where a feature takes numbers, true and false are 1 and 0: rows of a file were a table's.
  void read_row(std::string_view line, JsonTape& tape, PredictCall& call, FaultList& faults) const;

  /// Bytes that read(), ServedModel::predict() and append_answer() need for this body at most, all
  /// together. Looks at the body's punctuation only.
  [[nodiscard]] std::size_t memory_size_max(std::string_view body) const;

  /// Appends the answer: an object with prediction, prediction_index, probabilities and confidence
  /// for a classification, with prediction alone for a regression, and with scores where the model
  /// has them; a model of several targets has a list of each. For RowForm::list
  /// {"predictions":[...]} of such objects.
  /// answers  [row_count, answer_width], as ServedModel::predict() gives them.
  void append_answer(std::string& out, RowForm form, std::span<const double> answers) const;

  /// Appends the object for one row. answer  answer_width numbers.
  void append_row(std::string& out, std::span<const double> answer) const;

  /// Appends the object for a row that has no answer: with the members of an answer, each null.
  void append_no_answer(std::string& out) const;

  /// The predicted class of one row as the log shows it ("setosa"), or the number; of the first
  /// target.
  [[nodiscard]] std::string prediction_text(std::span<const double> answer) const;

  /// What reads the rows.
  [[nodiscard]] const JsonRows& rows() const { return rows_; }

 private:
  // A target and the texts of its classes.
  struct TargetText : TargetAnswer {
    std::vector<std::string> prediction_json;  // by class: "setosa" with quotes, or a number
    std::vector<std::string> key_json;         // by class: "setosa": with quotes and colon
  };

  [[nodiscard]] std::size_t row_size_max() const;
  [[nodiscard]] const Schema& schema() const { return rows_.schema(); }
  void read_document(const std::vector<JsonNode>& nodes, PredictCall& call,
                     FaultList& faults) const;
  // Appends ,"name": and then write(target) for the only target, or a list of all of them.
  template <class Write>
  void append_member(std::string& out, std::string_view name, Write write) const;
  static void append_prediction(std::string& out, const TargetText& target,
                                std::span<const double> answer);
  static void append_probabilities(std::string& out, const TargetText& target,
                                   std::span<const double> answer);
  static void append_scores(std::string& out, const TargetText& target,
                            std::span<const double> answer);

  JsonRows rows_;
  std::vector<TargetText> targets_;
  std::size_t row_size_max_ = 0;  // bytes that append_row() appends, and a comma
};

}  // namespace ml_inference
