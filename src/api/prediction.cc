// SPDX-License-Identifier: MIT
#include "api/prediction.h"

#include "api/grpc/oip_grpc.h"
#include "api/limits.h"
#include "api/status_codes.h"
#include "base/json_text.h"

#include <algorithm>
#include <cctype>
#include <limits>

namespace ml_inference {
namespace {

// Steps (Estimator::steps_per_row()) that an event loop does itself: about half a millisecond. More
// goes to a worker.
constexpr std::size_t kInlineStepCountMax = 250'000;

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char left, unsigned char right) {
    return std::tolower(left) == std::tolower(right);
  });
}

std::string_view without_parameters(std::string_view content_type) {
  std::string_view media = content_type.substr(0, content_type.find(';'));
  while (media.ends_with(' ') || media.ends_with('\t')) media.remove_suffix(1);
  return media;
}

// What stands around the text of an error.
std::string_view error_key(Dialect dialect) {
  switch (dialect) {
    case Dialect::own: return R"({"detail":)";
    case Dialect::oip:
    case Dialect::v1: return R"({"error":)";
    case Dialect::scoring: return R"("message":)";
    case Dialect::torchserve: return R"("message":)";
    case Dialect::grpc:
    case Dialect::grpc_stream: break;
  }
  return {};
}

// The names of MLflow's protocol for what went wrong (mlflow/protos/databricks.proto).
std::string_view scoring_error_code(int status) {
  switch (status) {
    case 400: return "BAD_REQUEST";
    case 401: return "UNAUTHENTICATED";
    case 404: return "RESOURCE_DOES_NOT_EXIST";
    case 405:
    case 415:
    case 501: return "INVALID_PARAMETER_VALUE";
    case 429: return "REQUEST_LIMIT_EXCEEDED";
    case 503: return "TEMPORARILY_UNAVAILABLE";
    case 504: return "DEADLINE_EXCEEDED";
    default: return status < 500 ? "BAD_REQUEST" : "INTERNAL_ERROR";
  }
}

// TorchServe names the class of its exception.
std::string_view torchserve_error_type(int status) {
  switch (status) {
    case 404: return "ResourceNotFoundException";
    case 405: return "MethodNotAllowedException";
    case 409: return "ConflictStatusException";
    case 503: return "ServiceUnavailableException";
    default: return status < 500 ? "BadRequestException" : "InternalServerException";
  }
}

}  // namespace

void AnswerForm::clear() {
  id.clear();
  outputs.clear();
  columns = false;
}

void set_priority(std::uint64_t number, QuestionTerms& terms) {
  constexpr std::uint64_t kPriorityMax = std::numeric_limits<std::uint32_t>::max();
  if (number > 0) terms.priority = static_cast<std::uint32_t>(std::min(number, kPriorityMax));
}

void set_timeout(std::uint64_t microseconds, QuestionTerms& terms) {
  constexpr std::uint64_t kTimeoutMax = std::chrono::microseconds(std::chrono::days(1)).count();
  if (microseconds == 0) return;
  terms.timeout = std::chrono::microseconds(std::min(microseconds, kTimeoutMax));
}

bool is_json(std::string_view content_type) {
  const std::string_view media = without_parameters(content_type);
  if (media.empty() || media == "application/json") return true;  // as nearly everyone writes it
  if (equals_ignoring_case(media, "application/json")) return true;
  constexpr std::string_view kSuffix = "+json";
  return media.size() > kSuffix.size() &&
         equals_ignoring_case(media.substr(media.size() - kSuffix.size()), kSuffix);
}

bool is_grpc_type(std::string_view content_type) {
  constexpr std::string_view kType = "application/grpc";
  if (!content_type.starts_with(kType)) return false;
  const std::string_view rest = content_type.substr(kType.size());
  return rest.empty() || rest.front() == '+' || rest.front() == ';';
}

std::string media_type(std::string_view content_type) {
  std::string media(without_parameters(content_type));
  for (char& c : media) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return media;
}

void write_error(Dialect dialect, int status, std::string_view detail, HttpResponse& response) {
  response.status = status;
  response.content_type = "application/json";
  response.retry_later = status == 503 || status == 429;
  response.outcome = detail;
  response.json_size = 0;
  response.body.clear();
  if (dialect == Dialect::grpc) {
    response.content_type = "application/grpc";
    response.grpc_status = grpc_status(status);
    response.grpc_message = detail;
    return;
  }
  if (dialect == Dialect::grpc_stream) return write_stream_error(detail, response);
  if (dialect == Dialect::scoring && status == 415) {  // as MLflow's server says it
    response.content_type = "text/plain";
    response.body = detail;
    return;
  }
  if (dialect == Dialect::scoring) {
    response.body += R"({"error_code":")";
    response.body += scoring_error_code(status);
    response.body += "\",";
  } else if (dialect == Dialect::torchserve) {
    response.body += R"({"code":)" + std::to_string(status) + R"(,"type":")";
    response.body += torchserve_error_type(status);
    response.body += "\",";
  }
  response.body += error_key(dialect);
  append_json_string(response.body, detail);
  response.body += '}';
}

void write_error(Dialect dialect, const Error& error, HttpResponse& response) {
  const bool is_invalid = error.code == Code::invalid_argument;
  const int status = is_invalid && dialect != Dialect::own ? 400 : http_status(error.code);
  write_error(dialect, status, error.message, response);
  if (dialect == Dialect::grpc) response.grpc_status = grpc_status(error.code);
}

std::size_t step_count_max(const PredictionDialect& dialect, const Question& question) {
  const std::size_t row_size = dialect.row_size_min(question);
  return (1 + question.body.size() / row_size) * question.model.model->steps_per_row();
}

bool is_heavy(const PredictionDialect& dialect, const Question& question) {
  return question.body.size() > kInlineBodySizeMax ||
         step_count_max(dialect, question) > kInlineStepCountMax;
}

}  // namespace ml_inference
