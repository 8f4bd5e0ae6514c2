// SPDX-License-Identifier: MIT
#include "api/grpc/oip_grpc_information.h"

#include "api/grpc/grpc_message.h"
#include "api/grpc/oip.pb.h"
#include "api/limits.h"
#include "api/model_facts.h"
#include "api/model_tensors.h"
#include "base/assert.h"

namespace ml_inference {
namespace {

using inference::StatisticDuration;

void inform_server(const Informant& informant, HttpResponse& response) {
  inference::ServerMetadataResponse answer;
  answer.set_name("ml-inference");
  answer.set_version(std::string(informant.version));
  for (const std::string_view name : kOipExtensions) answer.add_extensions(std::string(name));
  write_message(answer, response);
}

template <class Response>
void write_metadata(const FoundModel& found, Response& answer) {
  const auto& [model, version] = found.chosen;
  const ModelTensors tensors(version->model->schema(), model->tensor_names);
  answer.set_name(model->name);
  for (std::string& each : available_versions(*model)) answer.add_versions(std::move(each));
  answer.set_platform(platform_name(*version));
  for (const InputTensor& tensor : tensors.inputs()) {
    auto& input = *answer.add_inputs();
    input.set_name(tensor.name);
    input.set_datatype(std::string(tensor_type_name(tensor.type)));
    input.add_shape(-1);
    input.add_shape(static_cast<std::int64_t>(tensor.width));
  }
  for (const OutputTensor& tensor : tensors.outputs()) {
    auto& output = *answer.add_outputs();
    output.set_name(tensor.name);
    output.set_datatype(std::string(tensor_type_name(tensor.type)));
    output.add_shape(-1);
    if (tensor.has_columns) output.add_shape(static_cast<std::int64_t>(tensor.width));
  }
}

// Triton's types for configurations are numbered as ours are, from 1.
inference::DataType config_type(TensorType type) {
  static_assert(static_cast<int>(TensorType::bytes) + 1 == inference::TYPE_STRING);
  return static_cast<inference::DataType>(static_cast<int>(type) + 1);
}

void write_config(const FoundModel& found, inference::ModelConfig& config) {
  const auto& [model, version] = found.chosen;
  const ModelTensors tensors(version->model->schema(), model->tensor_names);
  config.set_name(model->name);
  config.set_backend("ml-inference");
  config.set_max_batch_size(static_cast<std::int32_t>(tensors.row_count_max()));
  for (const InputTensor& tensor : tensors.inputs()) {
    auto& input = *config.add_input();
    input.set_name(tensor.name);
    input.set_data_type(config_type(tensor.type));
    input.add_dims(static_cast<std::int64_t>(tensor.width));
  }
  for (const OutputTensor& tensor : tensors.outputs()) {
    auto& output = *config.add_output();
    output.set_name(tensor.name);
    output.set_data_type(config_type(tensor.type));
    output.add_dims(static_cast<std::int64_t>(tensor.width));
  }
}

void set_duration(const DurationSum& sum, StatisticDuration& duration) {
  duration.set_count(sum.count);
  duration.set_ns(sum.nanoseconds);
}

void write_statistics(const ChosenModel& chosen, inference::ModelStatistics& answer) {
  const ModelStatisticsReading reading = chosen.version->statistics->read();
  answer.set_name(chosen.model->name);
  answer.set_version(version_text(*chosen.version));
  answer.set_last_inference(reading.last_inference_ms);
  answer.set_inference_count(reading.inference_count);
  answer.set_execution_count(reading.execution_count);
  auto& sums = *answer.mutable_inference_stats();
  set_duration(reading.success, *sums.mutable_success());
  set_duration(reading.fail, *sums.mutable_fail());
  set_duration(reading.queue, *sums.mutable_queue());
  set_duration(reading.compute_input, *sums.mutable_compute_input());
  set_duration(reading.compute_infer, *sums.mutable_compute_infer());
  set_duration(reading.compute_output, *sums.mutable_compute_output());
  set_duration({}, *sums.mutable_cache_hit());
  set_duration({}, *sums.mutable_cache_miss());
  for (const auto& [size, sum] : reading.batches) {
    auto& batch = *answer.add_batch_stats();
    batch.set_batch_size(size);
    set_duration(sum, *batch.mutable_compute_infer());
  }
}

void inform_statistics(const Informant& informant, std::string_view body, HttpResponse& response) {
  inference::ModelStatisticsRequest request;
  if (!read_message(body, request, response)) return;
  const auto found = find_versions(
      informant.readiness, {.name = request.name(), .version = request.version(), .label = {}});
  if (!found) return write_error(Dialect::grpc, found.error(), response);
  inference::ModelStatisticsResponse answer;
  for (const ChosenModel& chosen : found->versions) {
    if (chosen.version->model != nullptr) write_statistics(chosen, *answer.add_model_stats());
  }
  write_message(answer, response);
}

void inform_index(const Informant& informant, std::string_view body, HttpResponse& response) {
  inference::RepositoryIndexRequest request;
  if (!read_message(body, request, response)) return;
  inference::RepositoryIndexResponse answer;
  const auto found = find_versions(informant.readiness, {});
  for (const ChosenModel& chosen : found->versions) {  // all of them: nothing is named
    if (request.ready() && chosen.version->model == nullptr) continue;
    auto& entry = *answer.add_models();
    entry.set_name(chosen.model->name);
    entry.set_version(version_text(*chosen.version));
    entry.set_state(std::string(repository_state(chosen.version->state)));
    entry.set_reason(chosen.version->reason);
  }
  write_message(answer, response);
}

// Of a model that does not answer: why. Its answer is made by the function.
template <class Request, class Response, class Function>
void inform_of_model(const Informant& informant, std::string_view body, HttpResponse& response,
                     Function function) {
  Request request;
  if (!read_message(body, request, response)) return;
  const auto found = select_model(
      informant.readiness, {.name = request.name(), .version = request.version(), .label = {}});
  if (!found) return write_error(Dialect::grpc, found.error(), response);
  Response answer;
  function(*found, answer);
  write_message(answer, response);
}

void inform_model_ready(const Informant& informant, std::string_view body, HttpResponse& response) {
  inference::ModelReadyRequest request;
  if (!read_message(body, request, response)) return;
  const auto found = find_model(
      informant.readiness, {.name = request.name(), .version = request.version(), .label = {}});
  if (!found && found.error().code == Code::invalid_argument) {
    return write_error(Dialect::grpc, found.error(), response);
  }
  // A model that is not there is not ready: clients ask for that by this call, as of Triton.
  inference::ModelReadyResponse answer;
  answer.set_ready(found && found->chosen.version->model != nullptr);
  write_message(answer, response);
}

void inform_live(HttpResponse& response) {
  inference::ServerLiveResponse answer;
  answer.set_live(true);
  write_message(answer, response);
}

void inform_ready(const Informant& informant, HttpResponse& response) {
  inference::ServerReadyResponse answer;
  answer.set_ready(informant.readiness.status() == "ready");
  write_message(answer, response);
}

}  // namespace

void inform_oip_grpc(const Informant& informant, Operation operation, std::string_view body,
                     HttpResponse& response) {
  switch (operation) {
    case Operation::health: return inform_live(response);
    case Operation::ready: return inform_ready(informant, response);
    case Operation::server_metadata: return inform_server(informant, response);
    case Operation::model_ready: return inform_model_ready(informant, body, response);
    case Operation::statistics: return inform_statistics(informant, body, response);
    case Operation::repository_index: return inform_index(informant, body, response);
    case Operation::model_metadata:
      return inform_of_model<inference::ModelMetadataRequest, inference::ModelMetadataResponse>(
          informant, body, response,
          [](const FoundModel& found, auto& answer) { write_metadata(found, answer); });
    case Operation::model_config:
      return inform_of_model<inference::ModelConfigRequest, inference::ModelConfigResponse>(
          informant, body, response, [](const FoundModel& found, auto& answer) {
            write_config(found, *answer.mutable_config());
          });
    default: ASSERT(false);  // the table has no other method of this service
  }
}

}  // namespace ml_inference
