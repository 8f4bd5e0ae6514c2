// SPDX-License-Identifier: MIT
#include "api/torchserve/torchserve_information.h"

#include "api/limits.h"
#include "api/prediction.h"
#include "base/assert.h"
#include "base/printable_text.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

namespace ml_inference {
namespace {

using Json = boost::json::value;
using JsonArray = boost::json::array;
using JsonObject = boost::json::object;

// Models in a page where the client does not say.
constexpr std::size_t kPageSize = 100;

// What a client may call all versions of a model.
constexpr std::string_view kAllVersions = "all";

constexpr std::string_view kReadOnly = "models are not loaded or unloaded by requests here";

// A number in the query of a target: "/models?limit=10". Nothing where it is not there.
Result<std::size_t> query_number(std::string_view target, std::string_view name,
                                 std::size_t otherwise) {
  std::string_view query = target.substr(std::min(target.find('?'), target.size()));
  while (!query.empty()) {
    query.remove_prefix(1);
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(end);
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || pair.substr(0, equals) != name) continue;
    const std::string_view text = pair.substr(equals + 1);
    std::size_t number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || stop != text.data() + text.size()) {
      return fail(Code::invalid_argument,
                  fmt::format("{} is '{}', expected a whole number", name, printable_text(text)));
    }
    return number;
  }
  return otherwise;
}

// What has brought the model, or its file.
std::string url_of(const CatalogModel& model) {
  if (!model.url.empty()) return model.url;
  const ModelVersion* const version = model.answering();
  return version == nullptr ? std::string() : version->model->name();
}

void inform_list(const Informant& informant, std::string_view target, HttpResponse& response) {
  const Result<std::size_t> limit = query_number(target, "limit", kPageSize);
  const Result<std::size_t> first = query_number(target, "next_page_token", 0);
  if (!limit) return write_error(Dialect::torchserve, limit.error(), response);
  if (!first) return write_error(Dialect::torchserve, first.error(), response);
  JsonArray listed;
  JsonObject answer;
  if (const auto catalog = informant.readiness.catalog()) {
    const auto& models = catalog->models();
    const std::size_t begin = std::min(*first, models.size());
    const std::size_t end =
        begin + std::min(std::max<std::size_t>(*limit, 1), models.size() - begin);
    for (std::size_t index = begin; index < end; ++index) {
      listed.push_back({{"modelName", models[index].name}, {"modelUrl", url_of(models[index])}});
    }
    if (end < models.size()) answer["nextPageToken"] = std::to_string(end);
  }
  answer["models"] = std::move(listed);
  response.body = boost::json::serialize(answer);
}

// TorchServe's words for the states of its workers.
std::string_view worker_status(VersionState state) {
  switch (state) {
    case VersionState::loading: return "LOADING";
    case VersionState::available: return "READY";
    case VersionState::unloading:
    case VersionState::failed:
    case VersionState::unavailable: return "UNLOADING";
  }
  ASSERT(false);
  return "";
}

// The event loops answer; to clients they are one worker.
Json version_json(const CatalogModel& model, const ModelVersion& version) {
  const bool is_there = version.model != nullptr;
  const std::string engine = is_there ? version.model->model().provenance().format : std::string();
  return {{"modelName", model.name},
          {"modelVersion", std::to_string(version.number)},
          {"modelUrl", is_there ? version.model->name() : std::string()},
          {"engine", engine},
          {"runtime", "ml-inference"},
          {"status", worker_status(version.state)},
          {"minWorkers", 1},
          {"maxWorkers", 1},
          {"batchSize", kRowsPerRequestMax},
          {"maxBatchDelay", 0},
          {"workers",
           JsonArray{{{"id", "0"}, {"status", worker_status(version.state)}, {"gpu", false}}}}};
}

void inform_of_model(const Informant& informant, const RouteMatch& match, HttpResponse& response) {
  const auto catalog = informant.readiness.catalog();
  if (catalog == nullptr) {
    return write_error(Dialect::torchserve, 503, informant.readiness.status(), response);
  }
  const bool wants_all = match.version == kAllVersions;
  ModelChoice choice = match.choice();
  if (wants_all) choice.version = {};
  const Result<ChosenModel> chosen = catalog->find(choice);
  if (!chosen) return write_error(Dialect::torchserve, chosen.error(), response);
  // SageMaker, which has loaded it, wants its own form.
  if (!chosen->model->url.empty() && match.version.empty()) {
    const CatalogModel& model = *chosen->model;
    response.body =
        boost::json::serialize(JsonObject{{"modelName", model.name}, {"modelUrl", model.url}});
    return;
  }
  JsonArray versions;
  for (const ModelVersion& version : chosen->model->versions) {
    if (!wants_all && &version != chosen->version) continue;
    versions.push_back(version_json(*chosen->model, version));
  }
  response.body = boost::json::serialize(versions);
}

}  // namespace

void inform_torchserve(const Informant& informant, const RouteMatch& match,
                       const HttpRequest& request, HttpResponse& response) {
  const Operation operation = match.entry().operation;
  if (operation == Operation::explain) {
    return write_error(Dialect::torchserve, 501, "this server does not explain its predictions",
                       response);
  }
  if (request.method != "GET" && request.method != "HEAD") {
    return write_error(Dialect::torchserve, 501, kReadOnly, response);
  }
  if (operation == Operation::model_list) return inform_list(informant, request.target, response);
  inform_of_model(informant, match, response);
}

}  // namespace ml_inference
