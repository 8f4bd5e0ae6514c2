// SPDX-License-Identifier: MIT
// An HTTP message as the API sees it, without sockets: the door between server and api.
#pragma once

#include "api/work.h"
#include "base/byte_units.h"
#include "telemetry/tracer.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ml_inference {

/// What a connection's buffers keep from message to message; what a larger one needed goes back.
inline constexpr std::size_t kKeptBodySize = 16 * kKibibyte;

/// A field of a header. name  in lower case.
struct HeaderField {
  std::string_view name;
  std::string_view value;
};

/// A whole request. The views belong to the connection and live until finished() has returned.
struct HttpRequest {
  std::string_view method;         ///< as sent: "GET"
  std::string_view target;         ///< as sent, percent-encoding and query included
  std::string_view accept;         ///< the header's value, or empty
  std::string_view content_type;   ///< likewise
  std::string_view request_id;     ///< X-Request-ID as sent, or empty
  std::string_view authorization;  ///< the header's value, or empty: a secret, never logged
  std::string_view traceparent;    ///< likewise; several are joined by commas
  std::string_view tracestate;     ///< likewise
  std::string_view body;  ///< without its codings, of transfer and content; a gRPC call's message

  /// Inference-Header-Content-Length as sent, or empty: how much of the body is JSON.
  std::string_view json_size;

  /// Accept-Encoding, or empty; several are joined by commas.
  std::string_view accept_encoding = {};

  /// If-None-Match as sent, or empty.
  std::string_view if_none_match = {};

  /// When nobody waits for the answer any more, as the client said; none: as long as it takes.
  std::optional<std::chrono::steady_clock::time_point> deadline = {};
};

/// The answer to one request. The server writes status line, Date, Content-Length, Connection and,
/// for HEAD, no body; everything else is here. Reused from request to request: clear() keeps the
/// memory.
struct HttpResponse {
  int status = 200;
  std::string_view content_type = "application/json";  ///< a literal
  std::string_view allow;                              ///< a literal; empty: no such header
  std::string_view authenticate;                       ///< a literal: WWW-Authenticate, of a 401
  std::string_view content_encoding;                   ///< a literal, of a body that has a coding
  bool names_codings = false;                          ///< adds Accept-Encoding, to a 415
  std::span<const HeaderField> fields;                 ///< further ones, which live for ever
  bool retry_later = false;                            ///< adds Retry-After
  std::string request_id;                              ///< goes out as X-Request-ID
  std::string body;  ///< of a gRPC call: the message; nothing is sent for a status beside OK

  /// How much of the body is JSON, as Inference-Header-Content-Length; 0: there is no such header.
  std::size_t json_size = 0;

  /// Of a gRPC call: the status that ends it, by gRPC's number, and what went wrong.
  std::optional<int> grpc_status;
  std::string grpc_message;

  // For finished(), which counts and logs.
  std::size_t route = 0;             ///< the handler's number for the path
  std::size_t prediction_count = 0;  ///< rows predicted
  std::string outcome;               ///< in a few words: "setosa", or what was wrong
  RequestTrace trace;                ///< of the request: a refusal that comes later keeps it

  /// Back to 200 and empty.
  void clear();
};

/// What answers requests. Each event loop has one of its own.
/// Threads: handle() and finished() are called by the loop that owns the handler; the work that
/// handle() returns runs on a worker, while the loop goes on with other connections' requests.
class HttpHandler {
 public:
  /// How the messages of one call are answered. Anything but a gRPC call is whole.
  enum class Exchange {
    whole,     ///< one message, one answer
    messages,  ///< each message by an answer of its own, as it comes, until the client ends
    watch,     ///< one message; by the answer, and by each further one that differs from the last
  };

  virtual ~HttpHandler() = default;

  /// How to answer calls of the target.
  [[nodiscard]] virtual Exchange exchange(std::string_view target) const {
    static_cast<void>(target);
    return Exchange::whole;
  }

  /// Fills the response, or returns work that will fill it: too much for an event loop. Request and
  /// response stay where they are until finished().
  [[nodiscard]] virtual std::unique_ptr<Work> handle(const HttpRequest& request,
                                                     HttpResponse& response) = 0;

  /// Fills the response for a request that the server cannot hand over: no HTTP, too large, too
  /// slow, too many. `request` holds what is known of it.
  virtual void refuse(const HttpRequest& request, int status, std::string_view detail,
                      HttpResponse& response) = 0;

  /// The response has been composed: counts it and logs it. Called once for each handle() or
  /// refuse(), but not for an answer of a watch that is no news.
  virtual void finished(const HttpRequest& request, const HttpResponse& response,
                        std::chrono::nanoseconds elapsed) = 0;

  /// Called by the loop some times a second, busy or not: for what an idle handler should let go.
  virtual void tick() {}

  /// Whether the request must be answered even by a server that is full: probes and metrics.
  [[nodiscard]] virtual bool is_vital(const HttpRequest& request) const = 0;
};

}  // namespace ml_inference
