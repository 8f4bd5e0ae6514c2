// SPDX-License-Identifier: MIT
// Bytes of a connection -> requests, without a socket. Boost.Beast's parser does the grammar
// (RFC 9112); limits, and what a server has to refuse beyond the grammar, are added here.
#pragma once

#include "api/http.h"
#include "server/body_budget.h"
#include "server/coded_body.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ml_inference {

/// What a request may take. Units: bytes.
struct RequestLimits {
  std::uint32_t header_size_max;
  std::size_t body_size_max;
};

/// Reads one request after the other.
/// Threads: belongs to one thread.
class RequestParser {
 public:
  enum class Status {
    need_more,  ///< all bytes were taken or more are needed to go on
    done,       ///< request() is whole
    refused,    ///< refusal() says why
  };

  struct Progress {
    std::size_t consumed;  ///< how many of the bytes given are used up; offer the rest again
    Status status;
  };

  /// budget  outlives the parser.
  RequestParser(const RequestLimits& limits, BodyBudget& budget);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  /// Goes on with `bytes`, which begin where the last call's consumed ones ended. After need_more,
  /// call again with what is left over and at least one byte more. After done or refused, reset().
  [[nodiscard]] Progress feed(std::string_view bytes);

  /// Forgets the request, keeps the memory, and is ready for the next one.
  void reset();

  /// The body is done with, before reset(): its memory is for others.
  void forget_body() { share_.end(body_); }

  /// Whether the header is read, and only the body is missing.
  [[nodiscard]] bool has_header() const;

  /// Whether the client waits for "100 Continue" before it sends the body.
  [[nodiscard]] bool expects_continue() const { return expects_continue_; }

  /// Whether the connection may serve another request afterwards, as the client sees it.
  [[nodiscard]] bool keep_alive() const;

  /// 10 or 11. Meaningful once the header is read.
  [[nodiscard]] unsigned version() const { return version_; }

  /// What is known of the request; its views live until reset().
  [[nodiscard]] HttpRequest request() const;

  /// How long the client waits, as its header says it, or empty; until reset().
  [[nodiscard]] std::string_view timeout() const { return timeout_; }

  /// Meaningful after Status::refused. Unless keep_alive() says otherwise the connection must end
  /// after the answer: where the next request would begin is unknown.
  [[nodiscard]] const RequestRefusal& refusal() const { return *refusal_; }

 private:
  class Beast;

  void take_field(int field, std::string_view value);
  void take_unknown_field(std::string_view name, std::string_view value);
  void check_header();
  [[nodiscard]] bool has_folded_field() const;
  void refuse(int status, std::string detail);
  [[nodiscard]] bool refuse_body(RequestRefusal refusal);
  [[nodiscard]] std::size_t body_size_max() const { return share_.size_max(limits_.body_size_max); }
  bool reserve_body(std::optional<std::uint64_t> content_length);
  [[nodiscard]] bool take_body(std::string_view part);
  [[nodiscard]] bool end_body();

  const RequestLimits limits_;
  BodyShare share_;
  CodedBody coded_body_;

  std::unique_ptr<Beast> beast_;
  std::optional<RequestRefusal> refusal_;
  unsigned version_ = 11;
  bool expects_continue_ = false;
  bool has_length_ = false;  // the body's end is known
  bool drops_body_ = false;  // it is refused once it has come
  bool at_start_ = true;     // no byte of the request is known yet
  bool has_transfer_encoding_ = false;
  std::string_view fed_;  // what Beast has in hands: when the header ends, from its first byte on
  std::size_t host_count_ = 0;
  std::size_t authorization_count_ = 0;
  std::string method_;
  std::string target_;
  std::string host_;
  std::string accept_;
  std::string content_type_;
  std::string content_encoding_;
  std::string accept_encoding_;
  std::string transfer_encoding_;
  std::string expect_;
  std::string request_id_;
  std::string traceparent_;
  std::string tracestate_;
  std::string authorization_;
  std::string if_none_match_;
  std::string json_size_;
  std::string timeout_;
  std::string body_;
};

}  // namespace ml_inference
