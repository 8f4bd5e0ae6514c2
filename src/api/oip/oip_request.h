// SPDX-License-Identifier: MIT
#pragma once

#include "api/json_tape.h"
#include "api/prediction.h"
#include "api/tensor_rows.h"
#include "base/result.h"

#include <string_view>
#include <vector>

namespace ml_inference {

/// A body in its two parts.
struct OipBody {
  std::string_view json;
  std::string_view binary;
  bool is_raw = false;  ///< there is no JSON: all of it is one tensor
};

/// A parameter of a tensor whose values lie elsewhere; and why none do.
inline constexpr std::string_view kSharedMemoryParameter = "shared_memory_region";
inline constexpr char kNoSharedInput[] = "this server reads no tensors from shared memory";
inline constexpr char kNoSharedOutput[] = "this server writes no tensors to shared memory";

/// Cuts a body where Inference-Header-Content-Length says. json_size  the header's value, or empty.
/// Errors: invalid_argument: no number, or beyond the body.
[[nodiscard]] Result<OipBody> split_oip_body(std::string_view body, std::string_view json_size);

/// Reads the JSON part: the tensors, and the form that the answer is to have.
/// Errors: invalid_argument, saying which member is wrong.
[[nodiscard]] Result<std::vector<GivenTensor>> read_oip_request(const OipBody& body,
                                                                const ModelTensors& tensors,
                                                                JsonTape& tape, AnswerForm& form);

/// When the request wants its answer: parameters.priority and parameters.timeout, in microseconds.
/// 0 is none. Reads the JSON part only if it has such a word.
/// Errors: invalid_argument: one of them is no whole number; broken JSON is none.
[[nodiscard]] Result<QuestionTerms> read_oip_terms(const OipBody& body, JsonTape& tape);

/// The only tensor of a raw request, as its bytes tell: [rows, features] of the model's type.
/// Errors: invalid_argument: the model has several inputs, or one of texts, or the bytes are no
///   whole rows.
[[nodiscard]] Result<std::vector<GivenTensor>> read_raw_request(std::string_view bytes,
                                                                const ModelTensors& tensors,
                                                                AnswerForm& form);

/// All outputs of a model, for a request that wants none by name.
void want_all_outputs(const ModelTensors& tensors, bool binary, AnswerForm& form);

/// The output of that name, for a request that wants it.
/// Errors: invalid_argument, with the names that there are.
[[nodiscard]] Result<const OutputTensor*> wanted_output(const ModelTensors& tensors,
                                                        std::string_view name);

/// Adds an output to those that a request wants.
/// Errors: invalid_argument: it is there already, or classes are wanted of texts.
[[nodiscard]] Result<void> want_output(const WantedOutput& wanted, AnswerForm& form);

}  // namespace ml_inference
