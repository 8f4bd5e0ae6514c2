// SPDX-License-Identifier: MIT
// inference.ModelInferRequest, read from its bytes.
#pragma once

#include "api/grpc/field_values.h"
#include "api/prediction.h"
#include "api/tensor_rows.h"
#include "base/result.h"

#include <string_view>
#include <vector>

namespace ml_inference {

/// The tensors of a request, and what of them is not in the message's own bytes.
struct GivenTensors {
  std::vector<GivenTensor> tensors;
  std::vector<FieldValues> values;  ///< what the tensors refer to, by tensor
};

/// Which model the message means.
/// Errors: invalid_argument: the message is broken.
[[nodiscard]] Result<void> name_oip_model(std::string_view body, RouteMatch& match);

/// How many bytes of the message are raw contents of its inputs.
[[nodiscard]] std::size_t oip_raw_size(std::string_view body);

/// Whether the message may want classes of an output, as far as can be told without reading it.
[[nodiscard]] bool wants_oip_classes(std::string_view body);

/// When the message wants its answer: the parameters priority and timeout, in microseconds. 0 is
/// none.
/// Errors: invalid_argument: one of them is no whole number, or the message is broken.
[[nodiscard]] Result<QuestionTerms> read_oip_message_terms(std::string_view body);

/// Reads the message: the tensors, and the form that the answer is to have. Each wanted output is
/// binary where the inputs are raw.
/// Errors: invalid_argument, saying what is wrong.
[[nodiscard]] Result<GivenTensors> read_oip_message(std::string_view body, const SpokenModel& model,
                                                    AnswerForm& form);

}  // namespace ml_inference
