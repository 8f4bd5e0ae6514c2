// SPDX-License-Identifier: MIT
#include "server/http2_header.h"

#include "server/timeout_field.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace ml_inference {
namespace {

// What a field counts beside its bytes (RFC 9113, section 6.5.2).
constexpr std::size_t kFieldOverhead = 32;

struct Known {
  std::string_view name;
  std::string Http2Header::* text;
};

constexpr std::array kKnown{
    Known{":method", &Http2Header::method},
    Known{":path", &Http2Header::target},
    Known{"accept", &Http2Header::accept},
    Known{"accept-encoding", &Http2Header::accept_encoding},
    Known{"content-type", &Http2Header::content_type},
    Known{"if-none-match", &Http2Header::if_none_match},
    Known{"content-encoding", &Http2Header::content_encoding},
    Known{"content-length", &Http2Header::content_length},
    Known{"grpc-encoding", &Http2Header::grpc_encoding},
    Known{"grpc-timeout", &Http2Header::grpc_timeout},
    Known{"x-request-id", &Http2Header::request_id},
    Known{"authorization", &Http2Header::authorization},
    Known{"traceparent", &Http2Header::traceparent},
    Known{"tracestate", &Http2Header::tracestate},
    Known{"inference-header-content-length", &Http2Header::json_size},
    Known{kTimeoutField, &Http2Header::timeout},
    Known{kProxyTimeoutField, &Http2Header::proxy_timeout},
};

}  // namespace

void Http2Header::take(std::string_view name, std::string_view value, std::size_t size_max) {
  size += name.size() + value.size() + kFieldOverhead;
  if (size > size_max) return;
  if (name == "te") {
    has_te_trailers = value == "trailers";
    return;
  }
  const auto* const known = std::ranges::find(kKnown, name, &Known::name);
  if (known == kKnown.end()) return;
  std::string& text = this->*known->text;
  const bool is_list = &text == &traceparent || &text == &tracestate || &text == &accept_encoding ||
                       &text == &content_encoding || &text == &json_size;
  if (is_list && !text.empty()) {
    text += ',';
    text += value;
    return;
  }
  if (&text == &authorization) ++authorization_count;
  text = value;
}

std::size_t Http2Header::body_size() const {
  std::size_t out = 0;
  std::from_chars(content_length.data(), content_length.data() + content_length.size(), out);
  return out;
}

void Http2Header::clear() {
  for (const Known& known : kKnown) (this->*known.text).clear();
  size = authorization_count = 0;
  has_te_trailers = false;
}

}  // namespace ml_inference
