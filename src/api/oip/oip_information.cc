// SPDX-License-Identifier: MIT
#include "api/oip/oip_information.h"

#include "api/limits.h"
#include "api/model_facts.h"
#include "api/model_tensors.h"
#include "api/prediction.h"
#include "base/assert.h"
#include "base/json_text.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

using Json = boost::json::value;
using JsonArray = boost::json::array;
using JsonObject = boost::json::object;

void write_json(const Json& value, HttpResponse& response) {
  response.body = boost::json::serialize(value);
}

JsonArray shape_of(const OutputTensor& output) {
  JsonArray shape{-1};
  if (output.has_columns) shape.emplace_back(output.width);
  return shape;
}

Json tensor_json(std::string_view name, TensorType type, JsonArray shape) {
  return {{"name", name}, {"datatype", tensor_type_name(type)}, {"shape", std::move(shape)}};
}

Json metadata_json(const CatalogModel& model, const ModelVersion& version) {
  const ModelTensors tensors(version.model->schema(), model.tensor_names);
  JsonArray versions;
  for (const std::string& each : available_versions(model)) versions.emplace_back(each);
  JsonArray inputs;
  for (const InputTensor& input : tensors.inputs()) {
    inputs.push_back(tensor_json(input.name, input.type, {-1, input.width}));
  }
  JsonArray outputs;
  for (const OutputTensor& output : tensors.outputs()) {
    outputs.push_back(tensor_json(output.name, output.type, shape_of(output)));
  }
  return {{"name", model.name},
          {"versions", std::move(versions)},
          {"platform", platform_name(version)},
          {"inputs", std::move(inputs)},
          {"outputs", std::move(outputs)}};
}

// As Triton names types in configurations.
std::string config_type(TensorType type) {
  return type == TensorType::bytes ? "TYPE_STRING" : "TYPE_" + std::string(tensor_type_name(type));
}

Json config_json(const CatalogModel& model, const ModelVersion& version) {
  const ModelTensors tensors(version.model->schema(), model.tensor_names);
  JsonArray inputs;
  for (const InputTensor& input : tensors.inputs()) {
    inputs.push_back({{"name", input.name},
                      {"data_type", config_type(input.type)},
                      {"dims", JsonArray{input.width}}});
  }
  JsonArray outputs;
  for (const OutputTensor& output : tensors.outputs()) {
    outputs.push_back({{"name", output.name},
                       {"data_type", config_type(output.type)},
                       {"dims", JsonArray{output.width}}});
  }
  return {{"name", model.name},         {"platform", ""},
          {"backend", "ml-inference"},  {"max_batch_size", tensors.row_count_max()},
          {"input", std::move(inputs)}, {"output", std::move(outputs)}};
}

Json duration_json(const DurationSum& sum) {
  return {{"count", sum.count}, {"ns", sum.nanoseconds}};
}

Json statistics_json(const CatalogModel& model, const ModelVersion& version) {
  const ModelStatisticsReading reading = version.statistics->read();
  JsonArray batches;
  for (const auto& [size, sum] : reading.batches) {
    batches.push_back({{"batch_size", size},
                       {"compute_input", duration_json({})},
                       {"compute_infer", duration_json(sum)},
                       {"compute_output", duration_json({})}});
  }
  return {{"name", model.name},
          {"version", version_text(version)},
          {"last_inference", reading.last_inference_ms},
          {"inference_count", reading.inference_count},
          {"execution_count", reading.execution_count},
          {"inference_stats",
           {{"success", duration_json(reading.success)},
            {"fail", duration_json(reading.fail)},
            {"queue", duration_json(reading.queue)},
            {"compute_input", duration_json(reading.compute_input)},
            {"compute_infer", duration_json(reading.compute_infer)},
            {"compute_output", duration_json(reading.compute_output)},
            {"cache_hit", duration_json({})},
            {"cache_miss", duration_json({})}}},
          {"batch_stats", std::move(batches)}};
}

void inform_server(const Informant& informant, HttpResponse& response) {
  JsonArray extensions;
  for (const std::string_view name : kOipExtensions) extensions.emplace_back(name);
  write_json({{"name", "ml-inference"},
              {"version", informant.version},
              {"extensions", std::move(extensions)}},
             response);
}

void inform_ready(const Informant& informant, HttpResponse& response) {
  const std::string status = informant.readiness.status();
  const bool is_ready = status == "ready";
  response.body = is_ready ? R"({"ready":true})" : R"({"ready":false})";
  if (is_ready) return;
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

void inform_model_ready(const FoundModel& found, HttpResponse& response) {
  const bool is_ready = found.chosen.version->model != nullptr;
  write_json({{"name", found.chosen.model->name}, {"ready", is_ready}}, response);
  if (is_ready) return;
  response.status = 503;
  response.retry_later = true;
  response.outcome = version_state_name(found.chosen.version->state);
}

// Of one version where one is named, else of all of a model, or of all models.
void inform_statistics(const Informant& informant, const RouteMatch& match,
                       HttpResponse& response) {
  const auto found = find_versions(informant.readiness, match.choice());
  if (!found) return write_error(Dialect::oip, found.error(), response);
  JsonArray all;
  for (const auto& [model, version] : found->versions) {
    if (version->model != nullptr) all.push_back(statistics_json(*model, *version));
  }
  write_json({{"model_stats", std::move(all)}}, response);
}

// {"ready": true} asks for those that answer.
Result<bool> wants_ready_only(std::string_view body) {
  if (body.empty()) return false;
  boost::system::error_code error;
  const Json parsed = boost::json::parse({body.data(), body.size()}, error);
  const JsonObject* const object = error ? nullptr : parsed.if_object();
  if (object == nullptr) {
    return fail(Code::invalid_argument, R"(the body is no JSON object such as {"ready":true})");
  }
  const Json* const ready = object->if_contains("ready");
  if (ready == nullptr) return false;
  if (!ready->is_bool()) return fail(Code::invalid_argument, "ready is no truth value");
  return ready->get_bool();
}

// Without a repository, what the catalog has.
std::vector<RepositoryEntry> repository_entries(const Informant& informant) {
  if (informant.control != nullptr) return informant.control->index();
  std::vector<RepositoryEntry> entries;
  const auto catalog = informant.readiness.catalog();
  if (catalog == nullptr) return entries;
  for (const CatalogModel& model : catalog->models()) {
    for (const ModelVersion& version : model.versions) {
      entries.push_back({.name = model.name,
                         .version = version.number,
                         .state = version.state,
                         .reason = version.reason});
    }
  }
  return entries;
}

void inform_index(const Informant& informant, std::string_view body, HttpResponse& response) {
  const Result<bool> ready_only = wants_ready_only(body);
  if (!ready_only) return write_error(Dialect::oip, ready_only.error(), response);
  JsonArray index;
  for (const RepositoryEntry& entry : repository_entries(informant)) {
    if (*ready_only && entry.state != VersionState::available) continue;
    index.push_back({{"name", entry.name},
                     {"version", entry.version ? std::to_string(*entry.version) : std::string()},
                     {"state", repository_state(entry.state)},
                     {"reason", entry.reason}});
  }
  write_json(index, response);
}

void inform_of_model(const Informant& informant, const RouteMatch& match, HttpResponse& response) {
  const Result<FoundModel> found = find_model(informant.readiness, match.choice());
  if (!found) return write_error(Dialect::oip, found.error(), response);
  const ChosenModel& chosen = found->chosen;
  const Operation operation = match.entry().operation;
  if (operation == Operation::model_ready) return inform_model_ready(*found, response);
  if (chosen.version->model == nullptr) {
    const Result<ChosenModel> refused = found->catalog->select(match.choice());
    return write_error(Dialect::oip, refused.error(), response);
  }
  write_json(operation == Operation::model_config ? config_json(*chosen.model, *chosen.version)
                                                  : metadata_json(*chosen.model, *chosen.version),
             response);
}

}  // namespace

void inform_oip(const Informant& informant, const RouteMatch& match, const HttpRequest& request,
                HttpResponse& response) {
  switch (match.entry().operation) {
    case Operation::server_metadata: return inform_server(informant, response);
    case Operation::health: response.body = R"({"live":true})"; return;
    case Operation::ready: return inform_ready(informant, response);
    case Operation::model_list: return inform_list(informant, response);
    case Operation::statistics: return inform_statistics(informant, match, response);
    case Operation::repository_index: return inform_index(informant, request.body, response);
    default: return inform_of_model(informant, match, response);
  }
}

}  // namespace ml_inference
