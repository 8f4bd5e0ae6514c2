// SPDX-License-Identifier: MIT
#include "api/openapi/described_paths.h"

#include "api/offered_methods.h"
#include "api/openapi/dialect_description.h"
#include "api/openapi/responses.h"
#include "api/token_guard.h"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <cstdint>
#include <limits>
#include <utility>

namespace ml_inference {
namespace {

// HEAD is as GET without the body, for all of them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kMethods{
    {{"GET", "get"}, {"POST", "post"}, {"PUT", "put"}, {"DELETE", "delete"}}};

// "/models/{model_name}" is models_model_name, and DELETE, which is not its first method,
// delete_models_model_name.
std::string operation_id(const RouteEntry& route, std::string_view method, std::string_view path) {
  const std::string_view first = route.allow.substr(0, route.allow.find(','));
  const bool is_first =
      first.size() == method.size() && first.front() == std::toupper(method.front());
  std::string id(is_first ? "" : std::string(method) + "_");
  bool is_separate = false;
  for (const char c : path) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) {
      is_separate = true;
      continue;
    }
    if (is_separate && !id.empty() && id.back() != '_') id += '_';
    is_separate = false;
    id += c;
  }
  return id.empty() ? "index" : id;
}

void replace(std::string& text, std::string_view from, std::string_view to) {
  if (const std::size_t at = text.find(from); at != std::string::npos) {
    text.replace(at, from.size(), to);
  }
}

JsonArray parameters_of(std::string_view path) {
  JsonArray parameters{component("parameters", "RequestId")};
  for (const auto& [variable, name] :
       {std::pair<std::string_view, std::string_view>{"{model_name}", "ModelName"},
        {"{version}", "Version"},
        {"{label}", "Label"}}) {
    if (path.find(variable) != std::string_view::npos) {
      parameters.push_back(component("parameters", name));
    }
  }
  return parameters;
}

JsonObject responses_of(const DialectDescription& dialect, OperationMessages& messages) {
  JsonObject responses;
  responses["200"] = response(200, std::move(messages.answer));
  for (auto& [status, content] : messages.others) {
    const std::string text(status);
    responses[text] = response(std::stoi(text), std::move(content.as_object()));
  }
  const auto add = [&](int status) {
    const std::string key = std::to_string(status);
    if (!responses.contains(key)) responses[key] = shared_response(dialect, status);
  };
  for (const int status : messages.refusals) add(status);
  for (const int status : kTransportStatuses) add(status);
  return responses;
}

JsonObject operation(const RouteEntry& route, std::string_view method, const std::string& path,
                     OperationMessages messages) {
  const DialectDescription& dialect = dialect_description(route.dialect);
  JsonObject described{{"tags", JsonArray{dialect.tag()}}, {"summary", route.summary}};
  if (!messages.description.empty()) described["description"] = std::move(messages.description);
  described["operationId"] = operation_id(route, method, path);
  JsonArray parameters = parameters_of(path);
  for (Json& parameter : messages.parameters) parameters.push_back(std::move(parameter));
  described["parameters"] = std::move(parameters);
  if (!messages.request.empty()) {
    described["requestBody"] = {{"required", messages.needs_request},
                                {"content", std::move(messages.request)}};
  }
  described["responses"] = responses_of(dialect, messages);
  return described;
}

void add_guard(const DialectDescription& dialect, JsonObject& operation) {
  operation["security"] = JsonArray{{{"bearer", JsonArray()}}};
  operation["responses"].as_object()["401"] = shared_response(dialect, 401);
}

JsonObject& path_item(JsonObject& paths, const std::string& path) {
  Json& item = paths[path];
  return item.is_object() ? item.as_object() : item.emplace_object();
}

Json path_parameter(std::string_view name, std::string_view description, Json schema) {
  return {{"name", name},
          {"in", "path"},
          {"required", true},
          {"description", description},
          {"schema", std::move(schema)}};
}

// A text that cannot stand in the answer is no fault: another takes its place.
Json request_id_parameter() {
  return {{"name", "X-Request-ID"},
          {"in", "header"},
          {"description", "Comes back in the answer if it is 1 to 128 visible ASCII characters."},
          {"schema", of_type("string")}};
}

bool names_model(const RouteEntry& route) {
  return route.path.find("{model}") != std::string_view::npos;
}

}  // namespace

std::string encoded_segment(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool is_plain = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                          std::string_view("-._~").find(c) != std::string_view::npos;
    if (is_plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::vector<std::string> PathWriter::alias_paths(const RouteEntry& route) const {
  std::vector<std::string> paths;
  for (const RouteAlias& alias : aliases_) {
    const bool is_meant = alias.operation == route.operation && alias.dialect == route.dialect;
    if (is_meant) paths.push_back(alias.path);
  }
  return paths;
}

void PathWriter::add_informing(const RouteEntry& route, const std::string& path,
                               JsonObject& paths) const {
  const DialectDescription& dialect = dialect_description(route.dialect);
  for (const auto& [method, key] : kMethods) {
    if (!is_offered(route, method, rights_)) continue;
    JsonObject described = operation(route, key, path, dialect.information(route, method));
    if (guarded_ && TokenGuard::is_guarded(route, method)) add_guard(dialect, described);
    path_item(paths, path)[key] = std::move(described);
  }
}

void PathWriter::add_informing(bool has_labels, JsonObject& paths) const {
  for (const RouteEntry& route : all_routes().subspan(1)) {
    const bool is_for_people = route.operation == Operation::docs;
    if (is_grpc(route) || is_prediction(route.operation) || is_for_people) continue;
    if (!route.path.starts_with('/')) {
      for (const std::string& path : alias_paths(route)) add_informing(route, path, paths);
      continue;
    }
    for (std::string path : route_paths(route)) {
      if (!has_labels && path.find("{label}") != std::string::npos) continue;
      replace(path, "{model}", "{model_name}");
      add_informing(route, path, paths);
    }
  }
}

void PathWriter::add_predicting(const RouteEntry& route, const std::string& path,
                                const DescribedModel& model, JsonObject& paths) const {
  const DialectDescription& dialect = dialect_description(route.dialect);
  JsonObject described = operation(route, "post", path, dialect.prediction(route, model));
  if (guarded_) add_guard(dialect, described);
  path_item(paths, path)["post"] = std::move(described);
}

void PathWriter::add_predicting(const DescribedModel& model, const ModelPlaces& places,
                                JsonObject& paths) const {
  for (const RouteEntry& route : all_routes().subspan(1)) {
    if (is_grpc(route) || !is_prediction(route.operation)) continue;
    if (!dialect_description(route.dialect).answers(route, model)) continue;
    const auto add = [&](const std::string& path) { add_predicting(route, path, model, paths); };
    if (!names_model(route)) {
      if (!places.is_default) continue;
      if (route.path.starts_with('/')) add(std::string(route.path));
      for (const std::string& path : alias_paths(route)) add(path);
      continue;
    }
    for (std::string path : route_paths(route)) {
      replace(path, "{model}", encoded_segment(model.name()));
      if (path.find("{label}") != std::string::npos) {
        for (const std::string& label : places.labels) {
          std::string labelled = path;
          replace(labelled, "{label}", encoded_segment(label));
          add(labelled);
        }
        continue;
      }
      const bool names_version = path.find("{version}") != std::string::npos;
      replace(path, "{version}", places.version);
      if (names_version || places.is_answering) add(path);
    }
  }
}

JsonObject shared_parameters(JsonArray names) {
  Json name{{"type", "string"}, {"pattern", "^[^/:]+$"}};
  if (!names.empty()) name = one_of_texts(std::move(names));
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  const Json number{{"type", "integer"}, {"minimum", 1}, {"maximum", kMost}};
  const Json label{{"type", "string"}, {"pattern", "^[^/:]+$"}};
  return {{"RequestId", request_id_parameter()},
          {"ModelName", path_parameter("model_name", "What clients call the model.", name)},
          {"Version", path_parameter("version", "The number of a version.", number)},
          {"Label", path_parameter("label", "A label of a version.", label)}};
}

}  // namespace ml_inference
