// SPDX-License-Identifier: MIT
#include "api/endpoints.h"

#include "api/dialects.h"
#include "api/docs/docs_files.h"
#include "api/limits.h"
#include "api/offered_methods.h"
#include "api/openapi/openapi_document.h"
#include "api/question_run.h"
#include "api/question_work.h"
#include "api/request_span.h"
#include "base/assert.h"
#include "base/byte_units.h"
#include "base/json_text.h"
#include "telemetry/exposition.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace ml_inference {
namespace {

using Clock = std::chrono::steady_clock;

// What an event loop may take for itself without asking: it keeps much of that for the next one.
constexpr std::size_t kInlineMemorySizeMax = 4 * kMebibyte;

// Bytes that making the OpenAPI document takes, which is built as a tree: for what it says of every
// server, for a version of a model, and for a feature that is named; at most.
constexpr std::size_t kDocumentMemorySize = 2 * kMebibyte;
constexpr std::size_t kVersionMemorySize = 512 * kKibibyte;
constexpr std::size_t kFeatureMemorySize = 4 * kKibibyte;
constexpr std::size_t kDocumentMemorySizeMax = 8 * kDescribedModelsSizeMax;

// Models that a loop remembers by the names that clients use, until the catalog changes.
constexpr std::size_t kNamedCountMax = 256;

// The model that answers when none is named; null if there is none.
std::shared_ptr<const ServedModel> answering_model(const Readiness& readiness) {
  const auto catalog = readiness.catalog();
  if (catalog == nullptr) return nullptr;
  const Result<ChosenModel> chosen = catalog->select({});
  return chosen ? chosen->version->model : nullptr;
}

bool is_too_late(const HttpRequest& request) {
  return request.deadline && Clock::now() >= *request.deadline;
}

// There is no such path, in the form of whoever asks.
void write_unknown(const HttpRequest& request, HttpResponse& response) {
  if (is_grpc_type(request.content_type)) {
    return write_error(Dialect::grpc, 501, "there is no such service or method", response);
  }
  write_error(dialect_of_path(request.target), 404, "Not Found", response);
}

// A gRPC method that is asked as if it were a path, by somebody who reads no trailers.
void write_no_call(HttpResponse& response) {
  write_error(Dialect::own, 415,
              "a method of gRPC takes application/grpc by HTTP/2, at the port --grpc-port",
              response);
}

// Whether there is such a path; the page /docs may be left out of the program.
bool is_there(const RouteEntry& route) {
  if (route.operation == Operation::docs) return find_docs_file(route.path) != nullptr;
  return route.operation != Operation::unknown;
}

std::size_t document_memory_size(const ModelCatalog* catalog) {
  std::size_t size = kDocumentMemorySize;
  if (catalog == nullptr) return size;
  for (const CatalogModel& model : catalog->models()) {
    for (const ModelVersion& version : model.versions) {
      if (version.model == nullptr) continue;
      const std::size_t count =
          std::min(version.model->schema().feature_count(), kDescribedFeatureCountMax);
      size += kVersionMemorySize + count * kFeatureMemorySize;
    }
  }
  return std::min(size, kDocumentMemorySizeMax);
}

// In whose form the server itself refuses a request. A stream ends by that.
Dialect refusing_dialect(const RouteEntry& route, const HttpRequest& request) {
  if (is_grpc_type(request.content_type)) return Dialect::grpc;
  if (is_grpc(route)) return Dialect::own;
  const bool is_unknown = route.operation == Operation::unknown;
  return is_unknown ? dialect_of_path(request.target) : route.dialect;
}

// A question that outlives the catalog it was asked in: its model stays.
Question question_of(const SpokenModel& model, const RouteEntry& route,
                     const HttpRequest& request) {
  return {.model = model,
          .route = route,
          .content_type = request.content_type,
          .accept = request.accept,
          .json_size = request.json_size,
          .body = request.body};
}

}  // namespace

Endpoints::Endpoints(const ApiContext& context)
    : context_(context),
      random_(std::random_device()()),
      token_guard_(context.live),
      request_log_(context.log, context.live, context.api_metrics) {}

HttpHandler::Exchange Endpoints::exchange(std::string_view target) const {
  return exchange_of(find_route(target, context_.options.aliases).entry());
}

std::unique_ptr<Work> Endpoints::handle(const HttpRequest& request, HttpResponse& response) {
  take_request_id(request.request_id, response);
  RouteMatch match = find_route(request.target, context_.options.aliases);
  const RouteEntry& route = match.entry();
  response.route = match.route;
  begin_trace(request, response);
  if (!is_there(route)) {
    write_unknown(request, response);
  } else if (!is_allowed(route, request.method)) {
    write_error(refusing_dialect(route, request), 405, "Method Not Allowed", response);
    response.allow = offered_methods(route, rights());
  } else if (is_grpc(route) && !is_grpc_type(request.content_type)) {
    write_no_call(response);
  } else if (is_admitted(route, request, response)) {
    if (is_prediction(route.operation)) return predict(std::move(match), request, response);
    if (route.operation == Operation::openapi) return describe(response);
    if (is_change(route, request.method)) return change(match, request, response);
    answer(match, request, response);
  }
  return nullptr;
}

void Endpoints::refuse(const HttpRequest& request, int status, std::string_view detail,
                       HttpResponse& response) {
  take_request_id(request.request_id, response);
  const RouteMatch match = find_route(request.target, context_.options.aliases);
  response.route = match.route;
  if (!response.trace.context.sampled) begin_trace(request, response);
  write_error(refusing_dialect(match.entry(), request), status, detail, response);
}

void Endpoints::finished(const HttpRequest& request, const HttpResponse& response,
                         std::chrono::nanoseconds elapsed) {
  context_.api_metrics.count_request(response.route, request.method, response.status);
  if (response.trace.context.sampled) {
    export_request_span(request, response, elapsed, context_.tracer->exporter());
  }
  if (is_prediction(route_entry(response.route).operation) && response.status == 200) {
    context_.api_metrics.predictions.Increment(static_cast<double>(response.prediction_count));
    context_.api_metrics.prediction_latency.observe(std::chrono::duration<double>(elapsed).count());
  }
  request_log_.answered(request, response, elapsed);
}

bool Endpoints::is_vital(const HttpRequest& request) const {
  const Operation operation =
      find_route(request.target, context_.options.aliases).entry().operation;
  return operation == Operation::health || operation == Operation::ready ||
         operation == Operation::metrics;
}

void Endpoints::answer(const RouteMatch& match, const HttpRequest& request,
                       HttpResponse& response) {
  const RouteEntry& route = match.entry();
  if (route.dialect == Dialect::own) return answer_own(route.operation, request, response);
  const Informant informant{.readiness = context_.readiness,
                            .version = context_.options.version,
                            .control = context_.control};
  inform(informant, match, request, response);
}

void Endpoints::answer_own(Operation operation, const HttpRequest& request,
                           HttpResponse& response) const {
  switch (operation) {
    case Operation::index: return answer_index(response);
    case Operation::health: response.body = R"({"status":"healthy"})"; return;
    case Operation::ready: return answer_ready(response);
    case Operation::metrics: return answer_metrics(request, response);
    case Operation::docs:
      return answer_docs(*find_docs_file(route_entry(response.route).path), request, response);
    default: ASSERT(false);
  }
}

void Endpoints::answer_index(HttpResponse& response) const {
  std::string& out = response.body;
  out = R"({"name":"ml-inference","version":)";
  append_json_string(out, context_.options.version);
  // The status is what clients of KServe v1 look for.
  out += R"(,"status":"alive","description":"Predictions of machine-learning models.","model":)";
  if (const auto model = answering_model(context_.readiness); model == nullptr) {
    out += "null";
  } else {
    append_json_string(out, model->name());
  }
  out += R"(,"endpoints":[)";
  for (const RouteEntry& entry : all_routes()) {
    if (!entry.path.starts_with('/') || is_grpc(entry) || !is_there(entry)) continue;
    if (out.back() == '}') out += ',';
    out += R"({"path":)";
    append_json_string(out, entry.path);
    out += R"(,"methods":)";
    append_json_string(out, entry.allow);
    out += R"(,"description":)";
    append_json_string(out, entry.summary);
    out += '}';
  }
  out += "]}";
}

void Endpoints::answer_ready(HttpResponse& response) const {
  const std::string status = context_.readiness.status();
  response.body = R"({"status":)";
  append_json_string(response.body, status);
  response.body += '}';
  if (status == "ready") return;
  response.status = 503;
  response.retry_later = true;
  response.outcome = status;
}

void Endpoints::answer_metrics(const HttpRequest& request, HttpResponse& response) const {
  const ExpositionFormat format = negotiate_exposition(request.accept);
  response.content_type = content_type(format);
  response.body = render_exposition(context_.metrics.collect(), format);
}

// Making the document takes longer than an event loop should be busy; it is made once for each
// catalog.
std::unique_ptr<Work> Endpoints::describe(HttpResponse& response) {
  follow_catalog();
  const DocumentCache::Key key{.generation = catalog_generation_,
                               .guarded = context_.live.tokens() != nullptr};
  if (const auto document = context_.documents->find(key)) {
    response.body = *document;
    return nullptr;
  }
  return make_work(
      [this, key, catalog = catalog_, &response](const WorkPlace&) {
        const auto document = std::make_shared<const std::string>(
            openapi_document({.catalog = catalog.get(),
                              .version = context_.options.version,
                              .guarded = key.guarded,
                              .aliases = context_.options.aliases,
                              .rights = rights()}));
        context_.documents->keep(key, document);
        response.body = *document;
      },
      document_memory_size(catalog_.get()));
}

std::unique_ptr<Work> Endpoints::predict(RouteMatch match, const HttpRequest& request,
                                         HttpResponse& response) {
  const RouteEntry& route = match.entry();
  const PredictionDialect* const dialect = prediction_dialect(route);
  if (dialect == nullptr) {
    write_error(route.dialect, 501, "this server does not explain its predictions", response);
    return nullptr;
  }
  if (!dialect->takes(request.content_type)) {
    write_error(route.dialect, 415,
                fmt::format("Content-Type is '{}', expected {}", request.content_type,
                            dialect->taken_types()),
                response);
    return nullptr;
  }
  if (const Result<void> named = dialect->name_model(request.body, match); !named) {
    write_error(route.dialect, named.error(), response);
    return nullptr;
  }
  const auto model = spoken(match.choice());
  if (!model) {
    write_error(route.dialect, model.error(), response);
    return nullptr;
  }
  if (is_too_late(request)) {
    write_error(route.dialect, 504, "the request's deadline has passed", response);
    return nullptr;
  }
  Question question = question_of(**model, route, request);
  question.prefers_probabilities = context_.options.predict_probabilities;
  const Clock::time_point now = Clock::now();
  const Result<QuestionTerms> asked = dialect->terms(question, memory_);
  if (!asked) {
    write_error(route.dialect, asked.error(), response);
    return nullptr;
  }
  const bool is_small = dialect->memory_size_max(question) <= kInlineMemorySizeMax;
  if (is_small && !is_heavy(*dialect, question)) {
    answer_question(*dialect, question, memory_, response, {});
    return nullptr;
  }
  response.trace.queued = true;
  auto work = std::make_unique<QuestionWork>(*model, *dialect, question, response, now);
  set_terms(work->terms, *asked, (*model)->work->limits(), now);
  return work;
}

// Loading takes as long as it takes, and waits for others: work for a worker.
std::unique_ptr<Work> Endpoints::change(RouteMatch match, const HttpRequest& request,
                                        HttpResponse& response) {
  if (context_.control == nullptr) {
    write_error(match.entry().dialect, 501,
                "there is no model repository (--model-repository): no model comes or goes",
                response);
    return nullptr;
  }
  return make_work(
      [this, match = std::move(match), body = request.body, &response](const WorkPlace& place) {
        change_model(*context_.control, match, body, place.stop, response);
      },
      change_memory_size(request.body));
}

// Whether the request carries one of the tokens, if its route needs one.
bool Endpoints::is_admitted(const RouteEntry& route, const HttpRequest& request,
                            HttpResponse& response) {
  if (!TokenGuard::is_guarded(route, request.method)) return true;
  const std::optional<TokenRefusal> refusal = token_guard_.refusal(request.authorization);
  if (!refusal) return true;
  write_error(route.dialect, 401, refusal->detail, response);
  response.authenticate = refusal->challenge;
  return false;
}

// Looks only at a counter while the catalog is the same.
void Endpoints::follow_catalog() {
  const std::uint64_t generation = context_.readiness.generation();
  if (generation == catalog_generation_) return;
  catalog_ = context_.readiness.catalog();
  catalog_generation_ = generation;
  named_.clear();
}

// A loop that nobody asks must not keep a model that has gone.
void Endpoints::tick() { follow_catalog(); }

// What was asked for before is found without the catalog.
Result<std::shared_ptr<const SpokenModel>> Endpoints::spoken(const ModelChoice& choice) {
  follow_catalog();
  for (const Named& named : named_) {
    if (named.name == choice.name && named.version == choice.version &&
        named.label == choice.label) {
      return named.model;
    }
  }
  if (catalog_ == nullptr) return fail(Code::unavailable, context_.readiness.status());
  ASSIGN_OR_RETURN(const ChosenModel chosen, catalog_->select(choice));
  auto model = context_.models.of(*chosen.model, *chosen.version);
  if (named_.size() == kNamedCountMax) named_.clear();
  named_.push_back({.name = std::string(choice.name),
                    .version = std::string(choice.version),
                    .label = std::string(choice.label),
                    .model = model});
  return model;
}

// Of paths that every server has, the methods that none of ours could be asked by are not allowed.
bool Endpoints::is_allowed(const RouteEntry& route, std::string_view method) const {
  if (!allows(route, method)) return false;
  return allows(offered_methods(route, rights()), method);
}

ControlRights Endpoints::rights() const {
  return context_.control == nullptr ? ControlRights() : context_.control->rights();
}

void Endpoints::begin_trace(const HttpRequest& request, HttpResponse& response) {
  if (context_.tracer == nullptr || !is_traced_route(response)) return;
  response.trace = context_.tracer->begin(request.traceparent, random_);
}

void Endpoints::take_request_id(std::string_view sent, HttpResponse& response) {
  const bool usable = !sent.empty() && sent.size() <= kRequestIdSizeMax &&
                      std::ranges::all_of(sent, [](char c) { return c > ' ' && c < '\x7f'; });
  if (usable) {
    response.request_id = sent;
    return;
  }
  constexpr char kDigits[] = "0123456789abcdef";
  constexpr std::size_t kDigitsPerWord = 16;
  std::array<char, 2 * kDigitsPerWord> text;
  for (std::size_t word = 0; word < 2; ++word) {
    std::uint64_t bits = random_();
    for (std::size_t digit = 0; digit < kDigitsPerWord; ++digit, bits >>= 4) {
      text[word * kDigitsPerWord + digit] = kDigits[bits & 0xF];
    }
  }
  response.request_id.assign(text.data(), text.size());
}

}  // namespace ml_inference
