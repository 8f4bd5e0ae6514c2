// SPDX-License-Identifier: MIT
#include "api/v1/v1_information.h"

#include "api/model_tensors.h"
#include "api/prediction.h"
#include "base/assert.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <memory>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

using Json = boost::json::value;
using JsonArray = boost::json::array;
using JsonObject = boost::json::object;

constexpr std::string_view kPredictMethod = "tensorflow/serving/predict";

// TensorFlow Serving's words for the states of versions.
std::string_view state_word(VersionState state) {
  switch (state) {
    case VersionState::loading: return "LOADING";
    case VersionState::available: return "AVAILABLE";
    case VersionState::unloading: return "UNLOADING";
    case VersionState::failed:
    case VersionState::unavailable: return "END";
  }
  ASSERT(false);
  return "";
}

Json status_json(const ModelVersion& version) {
  const bool is_failed = version.state == VersionState::failed;
  return {{"version", std::to_string(version.number)},
          {"state", state_word(version.state)},
          {"status",
           {{"error_code", is_failed ? "UNKNOWN" : "OK"}, {"error_message", version.reason}}}};
}

// As protocol buffers name the types.
std::string_view type_word(TensorType type) {
  switch (type) {
    case TensorType::boolean: return "DT_BOOL";
    case TensorType::int64: return "DT_INT64";
    case TensorType::float32: return "DT_FLOAT";
    case TensorType::bytes: return "DT_STRING";
    default: return "DT_DOUBLE";
  }
}

Json dimension(std::string size) { return {{"size", std::move(size)}, {"name", ""}}; }

Json tensor_json(std::string_view name, TensorType type, bool has_columns, std::size_t width) {
  JsonArray dimensions{dimension("-1")};
  if (has_columns) dimensions.push_back(dimension(std::to_string(width)));
  return {{"dtype", type_word(type)},
          {"tensor_shape", {{"dim", std::move(dimensions)}, {"unknown_rank", false}}},
          {"name", name}};
}

Json signature_json(const ModelTensors& tensors, const std::vector<const OutputTensor*>& outputs,
                    std::string_view method) {
  JsonObject inputs;
  for (const InputTensor& input : tensors.inputs()) {
    inputs[input.name] = tensor_json(input.name, input.type, true, input.width);
  }
  JsonObject given;
  for (const OutputTensor* output : outputs) {
    given[output->name] =
        tensor_json(output->name, output->type, output->has_columns, output->width);
  }
  return {{"inputs", std::move(inputs)},
          {"outputs", std::move(given)},
          {"method_name", method},
          {"defaults", JsonObject()}};
}

// The signatures by which :predict, :classify and :regress choose what they answer.
JsonObject signatures_json(const Schema& schema, const ModelTensors& tensors) {
  JsonObject signatures;
  const OutputTensor& first = tensors.outputs().front();
  signatures["serving_default"] = signature_json(tensors, {&first}, kPredictMethod);
  for (const OutputTensor& output : tensors.outputs()) {
    signatures[output.name] = signature_json(tensors, {&output}, kPredictMethod);
  }
  if (schema.targets.size() > 1) return signatures;
  if (schema.task() == Task::regression) {
    signatures["regression"] = signature_json(tensors, {&first}, "tensorflow/serving/regress");
  } else if (const auto* scores = tensors.find_output(OutputKind::probabilities)) {
    signatures["classification"] = signature_json(tensors, {scores}, "tensorflow/serving/classify");
  }
  return signatures;
}

void write_json(const Json& value, HttpResponse& response) {
  response.body = boost::json::serialize(value);
}

void inform_health(const Informant& informant, HttpResponse& response) {
  const std::string status = informant.readiness.status();
  write_json({{"status", status}}, response);
  if (status == "ready") return;
  response.status = 503;
  response.retry_later = true;
  response.outcome = status;
}

void inform_list(const Informant& informant, HttpResponse& response) {
  JsonArray names;
  if (const auto catalog = informant.readiness.catalog()) {
    for (const CatalogModel& model : catalog->models()) names.emplace_back(model.name);
  }
  write_json({{"models", std::move(names)}}, response);
}

// Of one version where one is named, else of all, the newest first.
void write_status(const ChosenModel& chosen, bool is_named, HttpResponse& response) {
  JsonArray states;
  bool is_ready = false;
  for (const ModelVersion& version : chosen.model->versions | std::views::reverse) {
    if (is_named && &version != chosen.version) continue;
    states.push_back(status_json(version));
    is_ready = is_ready || version.model != nullptr;
  }
  write_json({{"name", chosen.model->name},
              {"ready", is_ready},
              {"model_version_status", std::move(states)}},
             response);
  if (is_ready) return;
  response.status = 503;
  response.retry_later = true;
  response.outcome = version_state_name(chosen.version->state);
}

void write_metadata(const ChosenModel& chosen, HttpResponse& response) {
  const Schema& schema = chosen.version->model->schema();
  const ModelTensors tensors(schema, chosen.model->tensor_names);
  write_json(
      {{"model_spec",
        {{"name", chosen.model->name},
         {"signature_name", ""},
         {"version", std::to_string(chosen.version->number)}}},
       {"metadata", {{"signature_def", {{"signature_def", signatures_json(schema, tensors)}}}}}},
      response);
}

void inform_of_model(const Informant& informant, const RouteMatch& match, HttpResponse& response) {
  const auto catalog = informant.readiness.catalog();
  if (catalog == nullptr) {
    return write_error(Dialect::v1, 503, informant.readiness.status(), response);
  }
  const bool is_status = match.entry().operation == Operation::model_status;
  const Result<ChosenModel> chosen =
      is_status ? catalog->find(match.choice()) : catalog->select(match.choice());
  if (!chosen) return write_error(Dialect::v1, chosen.error(), response);
  const bool is_named = !match.version.empty() || !match.label.empty();
  if (is_status) return write_status(*chosen, is_named, response);
  write_metadata(*chosen, response);
}

}  // namespace

void inform_v1(const Informant& informant, const RouteMatch& match, HttpResponse& response) {
  switch (match.entry().operation) {
    case Operation::ready: return inform_health(informant, response);
    case Operation::model_list: return inform_list(informant, response);
    case Operation::explain:
      return write_error(Dialect::v1, 501, "this server does not explain its predictions",
                         response);
    default: return inform_of_model(informant, match, response);
  }
}

}  // namespace ml_inference
