// SPDX-License-Identifier: MIT
#include "api/grpc/example_dialect.h"

#include "api/grpc/example_request.h"
#include "api/grpc/grpc_message.h"
#include "api/grpc/oip_grpc.h"
#include "api/grpc/tensorflow_serving.pb.h"
#include "api/grpc/tensorflow_spec.h"

#include <fmt/format.h>
#include <google/protobuf/arena.h>

#include <string>
#include <vector>

namespace ml_inference {
namespace {

using tensorflow::serving::ClassificationResponse;
using tensorflow::serving::RegressionResponse;

std::string_view task_verb(Task task) {
  return task == Task::classification ? "Classify" : "Regress";
}

std::string_view task_signature(Task task) {
  return task == Task::classification ? "classification" : "regression";
}

// Whether the model does what is asked for, and what a client may call that.
Result<void> check_task(const Schema& schema, Task task, std::string_view signature) {
  if (schema.task() != task) {
    return fail(Code::invalid_argument, fmt::format("the model answers Predict and {} but not {}",
                                                    task_verb(schema.task()), task_verb(task)));
  }
  if (schema.targets.size() > 1) {
    return fail(Code::invalid_argument,
                fmt::format("the model has {} targets, and {} answers one: use Predict",
                            schema.targets.size(), task_verb(task)));
  }
  if (task == Task::classification && !schema.targets.front().has_probabilities) {
    return fail(Code::invalid_argument,
                "the model gives no probabilities, which Classify answers: use Predict");
  }
  if (!signature.empty() && signature != task_signature(task)) {
    return fail(Code::invalid_argument,
                fmt::format("signature_name is '{}', expected {} or {}", signature,
                            kDefaultSignature, task_signature(task)));
  }
  return {};
}

void write_classes(const SpokenModel& model, std::span<const double> answers,
                   HttpResponse& response, std::string_view signature) {
  google::protobuf::Arena arena;
  auto& message = *google::protobuf::Arena::CreateMessage<ClassificationResponse>(&arena);
  fill_spec(model, signature, *message.mutable_model_spec());
  std::vector<std::string> labels;
  for (const Label& label : model.schema().class_labels()) labels.push_back(label_text(label));
  const TargetAnswer& target = model.tensors.targets().front();
  const std::size_t width = model.schema().answer_width();
  for (std::size_t begin = 0; begin < answers.size(); begin += width) {
    auto& row = *message.mutable_result()->add_classifications();
    const std::span<const double> scores = target.outputs(answers.subspan(begin, width));
    for (std::size_t index = 0; index < scores.size(); ++index) {
      auto& its = *row.add_classes();
      its.set_label(labels[index]);
      its.set_score(static_cast<float>(scores[index]));
    }
  }
  write_message(message, response);
}

void write_numbers(const SpokenModel& model, std::span<const double> answers,
                   HttpResponse& response, std::string_view signature) {
  google::protobuf::Arena arena;
  auto& message = *google::protobuf::Arena::CreateMessage<RegressionResponse>(&arena);
  fill_spec(model, signature, *message.mutable_model_spec());
  const TargetAnswer& target = model.tensors.targets().front();
  const std::size_t width = model.schema().answer_width();
  for (std::size_t begin = 0; begin < answers.size(); begin += width) {
    const double value = target.outputs(answers.subspan(begin, width))[0];
    message.mutable_result()->add_regressions()->set_value(static_cast<float>(value));
  }
  write_message(message, response);
}

}  // namespace

bool ExampleDialect::takes(std::string_view content_type) const {
  return is_grpc_type(content_type);
}

Result<void> ExampleDialect::name_model(std::string_view body, RouteMatch& match) const {
  return name_spec_model(body, match);
}

// Classes of a row are messages with their labels.
std::size_t ExampleDialect::memory_size_max(const Question& question) const {
  constexpr std::size_t kClassMemory = 256;
  const SpokenModel& model = question.model;
  const std::size_t width = std::max<std::size_t>(model.schema().feature_count(), 1);
  const std::size_t rows = question.body.size() / width + 1;
  const std::size_t row_size =
      model.schema().answer_width() * (kClassMemory + model.tensors.text_size_max());
  // Cells as they are found, too.
  constexpr std::size_t kFoundSize = 24;
  return grpc_memory_size_max(model, question.body.size(), false) +
         std::min(rows, question.body.size()) * row_size + 4 * width * kFoundSize +
         question.body.size() * kFoundSize;
}

Result<void> ExampleDialect::read(const Question& question, PredictMemory& memory) const {
  ASSIGN_OR_RETURN(const ReadSpec spec, read_request_spec(question.body));
  const Task task = classifies_ ? Task::classification : Task::regression;
  RETURN_IF_ERROR(check_task(question.model.schema(), task, spec.signature));
  memory.form.id = spec.signature;
  return read_examples(question.body, question.model, memory);
}

void ExampleDialect::write(const Question& question, const PredictMemory& memory,
                           std::span<const double> answers, HttpResponse& response) const {
  if (classifies_) return write_classes(question.model, answers, response, memory.form.id);
  write_numbers(question.model, answers, response, memory.form.id);
}

void ExampleDialect::write_faults(const FaultList& faults, HttpResponse& response) const {
  write_error(Dialect::grpc, 400, faults.summary(), response);
}

}  // namespace ml_inference
