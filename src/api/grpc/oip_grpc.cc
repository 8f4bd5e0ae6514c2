// SPDX-License-Identifier: MIT
#include "api/grpc/oip_grpc.h"

#include "api/grpc/grpc_message.h"
#include "api/grpc/oip.pb.h"
#include "api/grpc/oip_grpc_request.h"
#include "api/grpc/wire_fields.h"
#include "api/limits.h"
#include "api/tensor_output.h"
#include "base/assert.h"
#include "base/utf8.h"

#include <google/protobuf/arena.h>

#include <algorithm>
#include <array>

namespace ml_inference {
namespace {

using inference::ModelInferResponse;
using inference::ModelStreamInferResponse;
using OutputMessage = ModelInferResponse::InferOutputTensor;

// The first block of an answer's objects, on the stack: room for a few outputs.
constexpr std::size_t kArenaSize = 2048;

// Calls the function with each number of an output.
template <class Function>
void for_numbers(const OutputTensor& output, const SpokenModel& model,
                 std::span<const double> answers, Function function) {
  const std::size_t width = model.schema().answer_width();
  for (std::size_t begin = 0; begin < answers.size(); begin += width) {
    for (std::size_t column = 0; column < output.width; ++column) {
      function(model.tensors.number(output, answers.subspan(begin, width), column));
    }
  }
}

void add_texts(const WantedOutput& output, const SpokenModel& model,
               std::span<const double> answers, inference::InferTensorContents& contents) {
  const std::size_t width = model.schema().answer_width();
  for (std::size_t begin = 0; begin < answers.size(); begin += width) {
    const std::span<const double> answer = answers.subspan(begin, width);
    if (output.class_count > 0) {
      for (std::string& text : class_texts(output, model, answer)) {
        contents.add_bytes_contents(std::move(text));
      }
      continue;
    }
    for (std::size_t column = 0; column < output.tensor->width; ++column) {
      const std::string_view text = model.tensors.text(*output.tensor, answer, column);
      contents.add_bytes_contents(text.data(), text.size());
    }
  }
}

void add_contents(const WantedOutput& output, const SpokenModel& model,
                  std::span<const double> answers, inference::InferTensorContents& contents) {
  const OutputTensor& tensor = *output.tensor;
  switch (wanted_type(output)) {
    case TensorType::bytes: return add_texts(output, model, answers, contents);
    case TensorType::boolean:
      return for_numbers(tensor, model, answers,
                         [&](double value) { contents.add_bool_contents(value != 0); });
    case TensorType::int64:
      return for_numbers(tensor, model, answers, [&](double value) {
        contents.add_int64_contents(static_cast<std::int64_t>(value));
      });
    case TensorType::float32:
      return for_numbers(tensor, model, answers, [&](double value) {
        contents.add_fp32_contents(static_cast<float>(value));
      });
    case TensorType::float64:
      return for_numbers(tensor, model, answers,
                         [&](double value) { contents.add_fp64_contents(value); });
    default: ASSERT(false);  // no output is of another type (ModelTensors)
  }
}

void describe(const WantedOutput& output, std::size_t row_count, OutputMessage& message) {
  message.set_name(output.tensor->name);
  const std::string_view type = tensor_type_name(wanted_type(output));
  message.set_datatype(type.data(), type.size());
  for (const std::int64_t size : wanted_shape(output, row_count)) message.add_shape(size);
}

// The answer but for its raw contents, which follow it.
void append_answer(std::string& out, const SpokenModel& model, const AnswerForm& form,
                   std::span<const double> answers, bool in_stream) {
  alignas(std::max_align_t) std::array<char, kArenaSize> block;
  google::protobuf::Arena arena(block.data(), block.size());
  auto& message = *google::protobuf::Arena::CreateMessage<ModelInferResponse>(&arena);
  message.set_model_name(model.name);
  message.set_model_version(model.version_text);
  message.set_id(form.id);
  if (in_stream) {
    (*message.mutable_parameters())["triton_final_response"].set_bool_param(true);
  }
  const std::size_t row_count = answers.size() / model.schema().answer_width();
  for (const WantedOutput& output : form.outputs) {
    OutputMessage& its = *message.add_outputs();
    describe(output, row_count, its);
    if (!output.binary) add_contents(output, model, answers, *its.mutable_contents());
  }
  message.AppendToString(&out);
  for (const WantedOutput& output : form.outputs) {
    if (!output.binary) continue;
    append_bytes_header(out, ModelInferResponse::kRawOutputContentsFieldNumber,
                        raw_size(output, model, answers));
    append_raw(out, output, model, answers);
  }
}

}  // namespace

bool OipGrpcDialect::takes(std::string_view content_type) const {
  return is_grpc_type(content_type);
}

Result<void> OipGrpcDialect::name_model(std::string_view body, RouteMatch& match) const {
  return name_oip_model(body, match);
}

Result<QuestionTerms> OipGrpcDialect::terms(const Question& question, PredictMemory&) const {
  return read_oip_message_terms(question.body);
}

std::size_t grpc_memory_size_max(const SpokenModel& model, std::size_t body_size,
                                 bool wants_classes, std::size_t raw_size) {
  // Of each byte of the message, at most: a cell, and a number that is wider than its byte, in a
  // list that has just grown; or half a text and half an input.
  constexpr std::size_t kByteMemory = sizeof(double) + 3 * sizeof(std::int64_t);
  const Schema& schema = model.schema();
  const std::size_t width = std::max<std::size_t>(schema.feature_count(), 1);
  const std::size_t inputs = std::min(body_size / 2, width) * 2 * sizeof(GivenTensor);
  const std::size_t rows = schema.takes_any_width
                               ? model.tensors.row_count_max()
                               : std::min(body_size / width + 1, model.tensors.row_count_max());
  const std::size_t row_size =
      schema.answer_width() * sizeof(double) + output_row_size_max(model, wants_classes);
  return (body_size - raw_size) * kByteMemory + raw_size * kRawByteMemory + inputs +
         2 * rows * row_size;
}

std::size_t OipGrpcDialect::memory_size_max(const Question& question) const {
  const std::size_t raw_size = oip_raw_size(question.body);
  return grpc_memory_size_max(question.model, question.body.size(),
                              wants_oip_classes(question.body), raw_size);
}

Result<void> OipGrpcDialect::read(const Question& question, PredictMemory& memory) const {
  ASSIGN_OR_RETURN(const GivenTensors given,
                   read_oip_message(question.body, question.model, memory.form));
  return read_tensors(question.model.json.rows(), given.tensors, memory.call, memory.faults,
                      question.model.tensors.row_count_max());
}

void OipGrpcDialect::write(const Question& question, const PredictMemory& memory,
                           std::span<const double> answers, HttpResponse& response) const {
  end_well(response);
  if (!in_stream_) {
    return append_answer(response.body, question.model, memory.form, answers, false);
  }
  std::string answer;
  append_answer(answer, question.model, memory.form, answers, true);
  append_bytes_field(response.body, ModelStreamInferResponse::kInferResponseFieldNumber, answer);
}

void OipGrpcDialect::write_faults(const FaultList& faults, HttpResponse& response) const {
  write_error(in_stream_ ? Dialect::grpc_stream : Dialect::grpc, 400, faults.summary(), response);
}

void write_stream_error(std::string_view detail, HttpResponse& response) {
  end_well(response);
  std::string text(detail);
  if (!is_utf8(text)) {
    std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) > 0x7F; }, '?');
  }
  append_bytes_field(response.body, ModelStreamInferResponse::kErrorMessageFieldNumber, text);
}

}  // namespace ml_inference
