// SPDX-License-Identifier: MIT
#include "api/endpoints.h"

#include "api/limits.h"
#include "api/openapi.h"
#include "api/request_span.h"
#include "api/routes.h"
#include "base/json_text.h"
#include "base/number_text.h"
#include "telemetry/exposition.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <utility>

namespace ml_inference {
namespace {

// Every line of the reference's program carries this name.
constexpr std::string_view kLogger = "main";

// Bytes of a path that a line shows.
constexpr std::size_t kLoggedPathSizeMax = 200;

// Steps (Estimator::steps_per_row()) that an event loop does itself: about half a millisecond. More
// goes to a worker.
constexpr std::size_t kInlineStepCountMax = 250'000;

// What an event loop may take for itself without asking: it keeps much of that for the next one.
constexpr std::size_t kInlineMemorySizeMax = 4 * kMebibyte;

// The fewest bytes that a cell of a JSON row takes: a digit and a comma.
constexpr std::size_t kCellSizeMin = 2;

void set_detail(HttpResponse& response, int status, std::string_view detail) {
  response.status = status;
  response.retry_later = status == 503;
  response.outcome = detail;
  response.body = R"({"detail":)";
  append_json_string(response.body, detail);
  response.body += '}';
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char left, unsigned char right) {
    return std::tolower(left) == std::tolower(right);
  });
}

// "application/json", with parameters or without, any "application/...+json", or no header at all.
bool is_json(std::string_view content_type) {
  std::string_view media = content_type.substr(0, content_type.find(';'));
  while (media.ends_with(' ') || media.ends_with('\t')) media.remove_suffix(1);
  if (media.empty() || media == "application/json") return true;  // as nearly everyone writes it
  if (equals_ignoring_case(media, "application/json")) return true;
  constexpr std::string_view kSuffix = "+json";
  return media.size() > kSuffix.size() &&
         equals_ignoring_case(media.substr(media.size() - kSuffix.size()), kSuffix);
}

// The model that answers when none is named; null if there is none.
std::shared_ptr<const ServedModel> answering_model(const Readiness& readiness) {
  const auto catalog = readiness.catalog();
  if (catalog == nullptr) return nullptr;
  const Result<ChosenModel> chosen = catalog->select({});
  return chosen ? chosen->version->model : nullptr;
}

// Whether an event loop should leave this prediction to a worker, judged by the body's size alone:
// the most rows that it can hold.
bool is_heavy(const ServedModel& model, std::string_view body) {
  if (body.size() > kInlineBodySizeMax) return true;
  const std::size_t row_count = 1 + body.size() / (kCellSizeMin * model.schema().feature_count());
  return row_count * model.steps_per_row() > kInlineStepCountMax;
}

}  // namespace

Endpoints::Endpoints(const ApiContext& context)
    : context_(context), random_(std::random_device()()) {}

std::optional<HttpHandler::Work> Endpoints::handle(const HttpRequest& request,
                                                   HttpResponse& response) {
  take_request_id(request.request_id, response);
  const Route route = find_route(request.target);
  response.route = static_cast<std::size_t>(route);
  begin_trace(request, response);
  if (route == Route::unknown) {
    set_detail(response, 404, "Not Found");
    return std::nullopt;
  }
  if (!allows(route_entry(route), request.method)) {
    set_detail(response, 405, "Method Not Allowed");
    response.allow = route_entry(route).allow;
    return std::nullopt;
  }
  if (route == Route::predict) return predict(request, response);
  answer(route, request, response);
  return std::nullopt;
}

void Endpoints::refuse(const HttpRequest& request, int status, std::string_view detail,
                       HttpResponse& response) {
  take_request_id(request.request_id, response);
  response.route = static_cast<std::size_t>(find_route(request.target));
  if (!response.trace.context.sampled) begin_trace(request, response);
  set_detail(response, status, detail);
}

void Endpoints::finished(const HttpRequest& request, const HttpResponse& response,
                         std::chrono::nanoseconds elapsed) {
  const auto route = static_cast<Route>(response.route);
  context_.api_metrics.count_request(route, request.method, response.status);
  if (response.trace.context.sampled) {
    export_request_span(request, response, elapsed, context_.tracer->exporter());
  }
  const bool is_prediction = route == Route::predict && response.status == 200;
  if (is_prediction) {
    context_.api_metrics.predictions.Increment(static_cast<double>(response.prediction_count));
    context_.api_metrics.prediction_latency.observe(std::chrono::duration<double>(elapsed).count());
    if (is_sampled_out()) return;
  }
  log_line(request, response, elapsed);
}

bool Endpoints::is_vital(const HttpRequest& request) const {
  const Route route = find_route(request.target);
  return route == Route::health || route == Route::ready || route == Route::metrics;
}

void Endpoints::answer(Route route, const HttpRequest& request, HttpResponse& response) {
  switch (route) {
    case Route::unknown:
    case Route::predict: break;
    case Route::index: return answer_index(response);
    case Route::health: response.body = R"({"status":"healthy"})"; return;
    case Route::ready: return answer_ready(response);
    case Route::metrics: return answer_metrics(request, response);
    case Route::openapi: {
      const auto model = answering_model(context_.readiness);
      response.body = openapi_document(model == nullptr ? nullptr : &model->schema(),
                                       context_.options.version, context_.live.tokens() != nullptr);
      return;
    }
  }
}

void Endpoints::answer_index(HttpResponse& response) const {
  std::string& out = response.body;
  out = R"({"name":"ml-inference","version":)";
  append_json_string(out, context_.options.version);
  out += R"(,"description":"Predictions of one machine-learning model over HTTP.","model":)";
  if (const auto model = answering_model(context_.readiness); model == nullptr) {
    out += "null";
  } else {
    append_json_string(out, model->name());
  }
  out += R"(,"endpoints":[)";
  for (const RouteEntry& entry : kRoutes) {
    if (entry.route == Route::unknown) continue;
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

std::optional<HttpHandler::Work> Endpoints::predict(const HttpRequest& request,
                                                    HttpResponse& response) {
  if (!is_admitted(request, response)) return std::nullopt;
  if (!is_json(request.content_type)) {
    set_detail(
        response, 415,
        fmt::format("Content-Type is '{}', expected application/json", request.content_type));
    return std::nullopt;
  }
  const std::shared_ptr<const Served>& now = served();
  if (now == nullptr) {
    set_detail(response, 503, context_.readiness.status());
    return std::nullopt;
  }
  const std::size_t memory_size = now->dialect.memory_size_max(request.body);
  if (memory_size <= kInlineMemorySizeMax && !is_heavy(*now->model, request.body)) {
    predict_now(*now, request.body, memory_, response);
    return std::nullopt;
  }
  response.trace.queued = true;
  return Work{.run =
                  [kept = now, body = request.body, &response](const WorkPlace& place) {
                    PredictMemory memory;
                    predict_now(*kept, body, memory, response, place);
                  },
              .memory_size = memory_size};
}

// What only the model itself can tell of rows whose cells are in order.
void Endpoints::add_refusals(const ServedModel& model, PredictMemory& memory, FaultList& faults,
                             const WorkPlace& place) {
  const PredictRequest& rows = memory.call.request;
  const std::vector<RowRefusal> refusals =
      model.refusals(rows, kFaultCountMax, memory.scratch, place);
  for (const RowRefusal& refusal : refusals) {
    Location where{"body", "features"};
    if (memory.call.form == RowForm::list) where.emplace_back(refusal.row);
    faults.add({.type = "value_error",
                .location = std::move(where),
                .message = "Value error, " + refusal.reason,
                .input = "null"});
  }
  if (faults.is_full() && refusals.back().row + 1 < rows.row_count) faults.leave_rows();
}

void Endpoints::predict_now(const Served& served, std::string_view body, PredictMemory& memory,
                            HttpResponse& response, const WorkPlace& place) {
  response.trace.note(&RequestTrace::compute_begin);
  FaultList faults;
  served.dialect.read(body, memory.tape, memory.call, faults);
  memory.tape.shrink();
  if (faults.empty()) add_refusals(*served.model, memory, faults, place);
  if (!faults.empty()) {
    response.trace.note(&RequestTrace::compute_end);
    response.status = 422;
    response.outcome = faults.summary();
    faults.append_to(response.body);
    response.trace.note(&RequestTrace::encode_end);
    return;
  }
  const PredictRequest& rows = memory.call.request;
  const std::span<const double> answers = served.model->predict(rows, memory.scratch, place);
  response.trace.note(&RequestTrace::compute_end);
  if (place.stop.stop_requested()) return response.trace.note(&RequestTrace::encode_end);
  served.dialect.append_answer(response.body, memory.call.form, answers);
  response.prediction_count = rows.row_count;
  if (memory.call.form == RowForm::single) {
    response.outcome = served.dialect.prediction_text(answers);
  } else {
    response.outcome = count_text(rows.row_count, "row");
  }
  response.trace.note(&RequestTrace::encode_end);
}

// Whether the request carries one of the tokens, if there are any; looks only at a counter while
// they are the same.
bool Endpoints::is_admitted(const HttpRequest& request, HttpResponse& response) {
  const std::uint64_t generation = context_.live.token_generation();
  if (generation != token_generation_) {
    tokens_ = context_.live.tokens();
    token_generation_ = generation;
  }
  if (tokens_ == nullptr) return true;
  const std::string_view token = bearer_token(request.authorization);
  if (tokens_->admits(token)) return true;
  if (token.empty()) {
    set_detail(response, 401,
               fmt::format("{}, expected 'Bearer' and a token",
                           request.authorization.empty() ? "Authorization is missing"
                           : has_bearer_scheme(request.authorization)
                               ? "Authorization has no token"
                               : "the scheme of Authorization is not Bearer"));
    response.authenticate = R"(Bearer realm="ml-inference")";
  } else {
    set_detail(response, 401, "the bearer token is not one of those that admit");
    response.authenticate = R"(Bearer realm="ml-inference", error="invalid_token")";
  }
  return false;
}

// The current model with its dialect; looks only at a counter while the model is the same.
const std::shared_ptr<const Endpoints::Served>& Endpoints::served() {
  const std::uint64_t generation = context_.readiness.generation();
  if (generation != served_generation_) {
    auto model = answering_model(context_.readiness);
    served_ = model == nullptr ? nullptr : std::make_shared<const Served>(std::move(model));
    served_generation_ = generation;
  }
  return served_;
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

bool Endpoints::is_sampled_out() {
  if (++successes_ < context_.live.log_sample()) {
    context_.api_metrics.log_lines_sampled_out.Increment();
    return true;
  }
  successes_ = 0;
  return false;
}

// Predictions are what the log is about; other answers that went well are of interest only to a
// debugger, and probes would drown the rest.
void Endpoints::log_line(const HttpRequest& request, const HttpResponse& response,
                         std::chrono::nanoseconds elapsed) {
  const bool is_prediction = static_cast<Route>(response.route) == Route::predict;
  // Only 500 is a fault of ours; 501 and 505 are asked for by clients, 503 is how overload ends.
  const LogLevel level = response.status == 500   ? LogLevel::error
                         : response.status >= 400 ? LogLevel::warning
                         : is_prediction          ? LogLevel::info
                                                  : LogLevel::debug;
  if (!context_.log.enabled(level)) return;
  const std::string_view path = route_entry(static_cast<Route>(response.route)).path;
  message_.clear();
  if (is_prediction) {
    message_ += response.status == 200 ? "Prediction successful: " : "Prediction failed: ";
    message_ += response.outcome;
  } else {
    if (!request.method.empty()) {  // else the request broke before it said what it wants
      const std::string_view target = target_path(request.target);  // the rest may be a secret
      message_ = fmt::format("{} {} ", request.method,
                             target.empty() ? "-" : target.substr(0, kLoggedPathSizeMax));
    }
    message_ += response.outcome.empty() ? "OK" : response.outcome;
  }
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(elapsed).count();
  const TraceContext& trace = response.trace.context;
  const auto trace_id = hex_digits(trace.trace_id);
  const auto span_id = hex_digits(trace.span_id);
  const std::array<LogField, 6> fields{{
      {"request_id", response.request_id},
      {"route", path.empty() ? "other" : path},
      {"status", std::int64_t{response.status}},
      {"duration_ms", static_cast<double>(microseconds) / 1000.0},
      {"trace_id", std::string_view(trace_id.data(), trace_id.size())},
      {"span_id", std::string_view(span_id.data(), span_id.size())},
  }};
  constexpr std::size_t kTraceFieldCount = 2;
  context_.log.write(
      level, kLogger, message_,
      std::span(fields).first(fields.size() - (trace.sampled ? 0 : kTraceFieldCount)));
}

}  // namespace ml_inference
