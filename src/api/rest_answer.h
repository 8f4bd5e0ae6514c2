// SPDX-License-Identifier: MIT
// Answers of the REST dialects beside our own and OIP: bare values, as Python's servers make them
// of arrays.
#pragma once

#include "api/prediction.h"
#include "base/result.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace ml_inference {

/// Puts into the form what the function of scikit-learn that the client names gives: an output of
/// the model; of several targets those of all of them (predict_proba: predict_proba_0 ...).
/// method  empty: the model's first output, or its probabilities where the server prefers them.
/// what    the name that the client gives it by, for messages.
/// Errors: invalid_argument, with the names that there are.
[[nodiscard]] Result<void> want_method(const ModelTensors& tensors, std::string_view method,
                                       bool prefers_probabilities, std::string_view what,
                                       AnswerForm& form);

/// Appends the value of one row: a number, a text or a list; of several outputs an object.
/// answer  answer_width numbers.
void append_row_value(std::string& out, const AnswerForm& form, const SpokenModel& model,
                      std::span<const double> answer);

/// Appends the list of the values of all rows. answers  [row_count, answer_width].
void append_row_values(std::string& out, const AnswerForm& form, const SpokenModel& model,
                       std::span<const double> answers);

/// The same by output: one list, or an object of them by their names.
void append_column_values(std::string& out, const AnswerForm& form, const SpokenModel& model,
                          std::span<const double> answers);

/// Bytes that append_row_value() appends at most whatever the form, a comma included.
[[nodiscard]] std::size_t row_value_size_max(const SpokenModel& model);

}  // namespace ml_inference
