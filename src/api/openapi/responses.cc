// SPDX-License-Identifier: MIT
#include "api/openapi/responses.h"

#include "api/openapi/json_schema.h"
#include "api/status_codes.h"

#include <algorithm>
#include <string>
#include <utility>

namespace ml_inference {
namespace {

// Of a path or a method that does not stand in the document, which has no operation to stand under;
// and of many operations.
constexpr std::array kEndpointStatuses{404, 405, 409, 429, 500, 504, 507};

// "Not Found" is NotFound among the components, "oip.NotFound" as OIP says it.
std::string response_name(const DialectDescription& dialect, int status) {
  std::string name(http_reason(status));
  std::erase(name, ' ');
  return std::string(dialect.prefix()) + name;
}

// What is wrong with the first bytes of a request, before they say whose path is asked for, is said
// as our own API says it.
Json error_response(const DialectDescription& dialect, int status) {
  JsonObject content = dialect.error_content(status);
  const Json own = reference_to("Error");
  const bool is_own = dialect.prefix().empty();
  if (status == 505) content = json_content(own);
  if (!is_own && (status == 400 || status == 408 || status == 431)) {
    Json& schema = content["application/json"].as_object()["schema"];
    schema = any_of({schema, own});
  }
  return response(status, std::move(content));
}

}  // namespace

Json response(int status, JsonObject content) {
  JsonObject headers{{"X-Request-ID", component("headers", "X-Request-ID")}};
  if (status == 401) headers["WWW-Authenticate"] = component("headers", "WWW-Authenticate");
  if (status == 405) headers["Allow"] = component("headers", "Allow");
  if (status == 429 || status == 503) headers["Retry-After"] = component("headers", "Retry-After");
  JsonObject described{{"description", http_reason(status)}, {"headers", std::move(headers)}};
  if (!content.empty()) described["content"] = std::move(content);
  return described;
}

Json shared_response(const DialectDescription& dialect, int status) {
  return component("responses", response_name(dialect, status));
}

JsonObject shared_responses(const DialectDescription& dialect, bool guarded) {
  JsonObject responses;
  const auto add = [&](int status) {
    responses[response_name(dialect, status)] = error_response(dialect, status);
  };
  std::ranges::for_each(kTransportStatuses, add);
  std::ranges::for_each(kEndpointStatuses, add);
  if (guarded) add(401);
  return responses;
}

JsonObject shared_headers(bool guarded) {
  const auto header = [](std::string_view description, const Json& schema) -> Json {
    return {{"description", description}, {"required", true}, {"schema", schema}};
  };
  const Json text = of_type("string");
  const Json seconds{{"type", "integer"}, {"minimum", 1}};
  JsonObject headers{{"X-Request-ID", header("As sent, or made here; stands in the log line too.",
                                             {{"type", "string"}, {"pattern", "^[!-~]{1,128}$"}})},
                     {"Allow", header("The methods of the path.", text)},
                     {"Retry-After", header("Seconds to wait before the next try.", seconds)}};
  if (guarded) headers["WWW-Authenticate"] = header("How to authenticate (RFC 6750).", text);
  return headers;
}

}  // namespace ml_inference
