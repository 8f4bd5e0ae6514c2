// SPDX-License-Identifier: MIT
#include "api/grpc/tensorflow_dialect.h"

#include "api/grpc/grpc_message.h"
#include "api/grpc/oip_grpc.h"
#include "api/grpc/tensorflow_request.h"
#include "api/grpc/tensorflow_serving.pb.h"
#include "api/grpc/tensorflow_spec.h"
#include "api/grpc/tensorflow_types.h"
#include "api/tensor_output.h"

#include <google/protobuf/arena.h>

#include <array>

namespace ml_inference {
namespace {

using tensorflow::TensorProto;
using tensorflow::serving::PredictResponse;

// The first block of an answer's objects, on the stack: room for a few outputs.
constexpr std::size_t kArenaSize = 4096;

void add_element(const OutputTensor& output, const ModelTensors& tensors,
                 std::span<const double> answer, std::size_t column, TensorProto& tensor) {
  if (output.type == TensorType::bytes) {
    const std::string_view text = tensors.text(output, answer, column);
    return tensor.add_string_val(text.data(), text.size());
  }
  const double value = tensors.number(output, answer, column);
  switch (output.type) {
    case TensorType::boolean: return tensor.add_bool_val(value != 0);
    case TensorType::int64: return tensor.add_int64_val(static_cast<std::int64_t>(value));
    case TensorType::float32: return tensor.add_float_val(static_cast<float>(value));
    default: tensor.add_double_val(value);
  }
}

void fill_tensor(const WantedOutput& wanted, const SpokenModel& model,
                 std::span<const double> answers, TensorProto& tensor) {
  const OutputTensor& output = *wanted.tensor;
  const std::size_t width = model.schema().answer_width();
  tensor.set_dtype(data_type_of(output.type));
  for (const std::int64_t size : wanted_shape(wanted, answers.size() / width)) {
    tensor.mutable_tensor_shape()->add_dim()->set_size(size);
  }
  for (std::size_t begin = 0; begin < answers.size(); begin += width) {
    for (std::size_t column = 0; column < output.width; ++column) {
      add_element(output, model.tensors, answers.subspan(begin, width), column, tensor);
    }
  }
}

}  // namespace

bool TensorflowDialect::takes(std::string_view content_type) const {
  return is_grpc_type(content_type);
}

Result<void> TensorflowDialect::name_model(std::string_view body, RouteMatch& match) const {
  return name_spec_model(body, match);
}

std::size_t TensorflowDialect::memory_size_max(const Question& question) const {
  return grpc_memory_size_max(question.model, question.body.size(), false);
}

Result<void> TensorflowDialect::read(const Question& question, PredictMemory& memory) const {
  ASSIGN_OR_RETURN(const GivenTensors given,
                   read_tensorflow_message(question.body, question.model, memory.form));
  return read_tensors(question.model.json.rows(), given.tensors, memory.call, memory.faults);
}

void TensorflowDialect::write(const Question& question, const PredictMemory& memory,
                              std::span<const double> answers, HttpResponse& response) const {
  alignas(std::max_align_t) std::array<char, kArenaSize> block;
  google::protobuf::Arena arena(block.data(), block.size());
  auto& message = *google::protobuf::Arena::CreateMessage<PredictResponse>(&arena);
  fill_spec(question.model, memory.form.id, *message.mutable_model_spec());
  for (const WantedOutput& wanted : memory.form.outputs) {
    fill_tensor(wanted, question.model, answers, (*message.mutable_outputs())[wanted.tensor->name]);
  }
  write_message(message, response);
}

void TensorflowDialect::write_faults(const FaultList& faults, HttpResponse& response) const {
  write_error(Dialect::grpc, 400, faults.summary(), response);
}

}  // namespace ml_inference
