// SPDX-License-Identifier: MIT
#include "api/grpc/tensorflow_information.h"

#include "api/grpc/grpc_message.h"
#include "api/grpc/tensorflow_serving.pb.h"
#include "api/grpc/tensorflow_spec.h"
#include "api/grpc/tensorflow_types.h"
#include "api/model_facts.h"
#include "base/assert.h"

#include <fmt/format.h>

#include <ranges>

namespace ml_inference {
namespace {

using tensorflow::SignatureDef;
using tensorflow::TensorInfo;
using tensorflow::serving::ModelSpec;
using tensorflow::serving::ModelVersionStatus;

constexpr std::string_view kSignatures = "signature_def";
constexpr std::string_view kPredictMethod = "tensorflow/serving/predict";

void describe(std::string_view name, TensorType type, bool has_columns, std::size_t width,
              TensorInfo& info) {
  info.set_name(std::string(name));
  info.set_dtype(data_type_of(type));
  info.mutable_tensor_shape()->add_dim()->set_size(-1);
  if (has_columns) {
    info.mutable_tensor_shape()->add_dim()->set_size(static_cast<std::int64_t>(width));
  }
}

SignatureDef signature_of(const ModelTensors& tensors, const OutputTensor& output,
                          std::string_view method) {
  SignatureDef signature;
  for (const InputTensor& input : tensors.inputs()) {
    describe(input.name, input.type, true, input.width, (*signature.mutable_inputs())[input.name]);
  }
  describe(output.name, output.type, output.has_columns, output.width,
           (*signature.mutable_outputs())[output.name]);
  signature.set_method_name(std::string(method));
  return signature;
}

tensorflow::serving::SignatureDefMap signatures_of(const Schema& schema,
                                                   const ModelTensors& tensors) {
  tensorflow::serving::SignatureDefMap map;
  auto& signatures = *map.mutable_signature_def();
  const OutputTensor& first = tensors.outputs().front();
  signatures[std::string(kDefaultSignature)] = signature_of(tensors, first, kPredictMethod);
  for (const OutputTensor& output : tensors.outputs()) {
    signatures[output.name] = signature_of(tensors, output, kPredictMethod);
  }
  if (schema.targets.size() > 1) return map;
  if (schema.task() == Task::regression) {
    signatures["regression"] = signature_of(tensors, first, "tensorflow/serving/regress");
  } else if (const auto* scores = tensors.find_output(OutputKind::probabilities)) {
    signatures["classification"] = signature_of(tensors, *scores, "tensorflow/serving/classify");
  }
  return map;
}

// Which version a spec means, with the memory of its number as text.
struct SpecChoice {
  explicit SpecChoice(const ModelSpec& spec)
      : number(spec.has_version() ? std::to_string(spec.version().value()) : ""),
        choice{.name = spec.name(), .version = number, .label = spec.version_label()} {}

  std::string number;
  ModelChoice choice;
};

void inform_metadata(const Informant& informant, std::string_view body, HttpResponse& response) {
  tensorflow::serving::GetModelMetadataRequest request;
  if (!read_message(body, request, response)) return;
  for (const std::string& field : request.metadata_field()) {
    if (field == kSignatures) continue;
    return write_error(Dialect::grpc, 400, "metadata_field is unknown, expected signature_def",
                       response);
  }
  const SpecChoice wanted(request.model_spec());
  const auto found = select_model(informant.readiness, wanted.choice);
  if (!found) return write_error(Dialect::grpc, found.error(), response);
  const auto& [model, version] = found->chosen;
  const Schema& schema = version->model->schema();
  tensorflow::serving::GetModelMetadataResponse answer;
  answer.mutable_model_spec()->set_name(model->name);
  answer.mutable_model_spec()->mutable_version()->set_value(version->number);
  auto& any = (*answer.mutable_metadata())[std::string(kSignatures)];
  any.set_type_url("type.googleapis.com/tensorflow.serving.SignatureDefMap");
  any.set_value(
      signatures_of(schema, ModelTensors(schema, model->tensor_names)).SerializeAsString());
  write_message(answer, response);
}

ModelVersionStatus::State state_of(VersionState state) {
  switch (state) {
    case VersionState::loading: return ModelVersionStatus::LOADING;
    case VersionState::available: return ModelVersionStatus::AVAILABLE;
    case VersionState::unloading: return ModelVersionStatus::UNLOADING;
    case VersionState::failed:
    case VersionState::unavailable: return ModelVersionStatus::END;
  }
  ASSERT(false);
  return ModelVersionStatus::UNKNOWN;
}

void fill_status(const ModelVersion& version, ModelVersionStatus& status) {
  constexpr int kUnknown = 2;  // what TensorFlow Serving tells of models that it cannot load
  status.set_version(version.number);
  status.set_state(state_of(version.state));
  status.mutable_status()->set_error_code(version.state == VersionState::failed ? kUnknown : 0);
  status.mutable_status()->set_error_message(version.reason);
}

// The newest version first, as the original has it.
void inform_status(const Informant& informant, std::string_view body, HttpResponse& response) {
  tensorflow::serving::GetModelStatusRequest request;
  if (!read_message(body, request, response)) return;
  const SpecChoice wanted(request.model_spec());
  if (wanted.choice.name.empty()) {
    return write_error(Dialect::grpc, 400, "model_spec names no model", response);
  }
  const auto found = find_versions(informant.readiness, wanted.choice);
  if (!found) return write_error(Dialect::grpc, found.error(), response);
  tensorflow::serving::GetModelStatusResponse answer;
  for (const ChosenModel& chosen : found->versions | std::views::reverse) {
    fill_status(*chosen.version, *answer.add_model_version_status());
  }
  write_message(answer, response);
}

}  // namespace

void inform_tensorflow(const Informant& informant, Operation operation, std::string_view body,
                       HttpResponse& response) {
  switch (operation) {
    case Operation::model_metadata: return inform_metadata(informant, body, response);
    case Operation::model_status: return inform_status(informant, body, response);
    default: ASSERT(false);  // the table has no other method of these services
  }
}

}  // namespace ml_inference
