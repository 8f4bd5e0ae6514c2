// SPDX-License-Identifier: MIT
#include "server/response_text.h"

#include "api/status_codes.h"
#include "server/coded_answer.h"
#include "server/content_coding.h"

#include <charconv>

namespace ml_inference {
namespace {

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

void append_count(std::string& out, std::size_t count) {
  char text[20];
  const auto [end, error] = std::to_chars(text, text + sizeof text, count);
  out.append(text, end);
}

}  // namespace

void append_response(std::string& out, const HttpResponse& response,
                     const ResponseFraming& framing) {
  out += "HTTP/1.1 ";
  append_count(out, static_cast<std::size_t>(response.status));
  out += ' ';
  out += http_reason(response.status);
  out += "\r\n";
  append_field(out, "Date", framing.date);
  const bool is_same = response.status == 304;  // as the client's copy, which has these
  if (!is_same) append_field(out, "Content-Type", response.content_type);
  if (!response.content_encoding.empty()) {
    append_field(out, "Content-Encoding", response.content_encoding);
  }
  if (may_be_coded(response.content_encoding, response.body.size())) {
    append_field(out, "Vary", "Accept-Encoding");
  }
  if (!is_same) {
    out += "Content-Length: ";
    append_count(out, response.body.size());
    out += "\r\n";
  }
  if (response.json_size > 0) {
    out += "Inference-Header-Content-Length: ";
    append_count(out, response.json_size);
    out += "\r\n";
  }
  if (!response.request_id.empty()) append_field(out, "X-Request-ID", response.request_id);
  if (!response.allow.empty()) append_field(out, "Allow", response.allow);
  if (!response.authenticate.empty()) {
    append_field(out, "WWW-Authenticate", response.authenticate);
  }
  if (response.names_codings) append_field(out, "Accept-Encoding", kTakenCodings);
  for (const HeaderField& field : response.fields) append_field(out, field.name, field.value);
  if (response.retry_later) {
    out += "Retry-After: ";
    append_count(out, kRetryAfterSeconds);
    out += "\r\n";
  }
  if (!framing.keep_alive) {
    out += "Connection: close\r\n";
  } else if (framing.version == 10) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
  if (framing.has_body) out += response.body;
}

}  // namespace ml_inference
