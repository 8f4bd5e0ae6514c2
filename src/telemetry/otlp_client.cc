// SPDX-License-Identifier: MIT
#include "telemetry/otlp_client.h"

#include "base/byte_units.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

namespace ml_inference {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::asio::ip::tcp;
using boost::system::error_code;

constexpr std::string_view kScheme = "http://";
constexpr std::string_view kTracesPath = "/v1/traces";
constexpr std::string_view kDefaultPort = "4318";
constexpr char kMediaType[] = "application/x-protobuf";

// An answer has some bytes; whoever sends more is no receiver of traces.
constexpr std::size_t kAnswerSizeMax = 64 * kKibibyte;

// Without what may be a secret: all between the scheme and the last @, and a query or fragment.
// Of a URL that is broken, more may be hidden than has to be.
std::string without_secrets(std::string_view url) {
  const std::size_t scheme = url.find("//");
  std::string shown(url.substr(0, scheme == std::string_view::npos ? 0 : scheme + 2));
  std::string_view rest = url.substr(shown.size());
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    shown += "***";
    rest.remove_prefix(at);
  }
  const std::size_t query = std::min(rest.find_first_of("?#"), rest.size());
  shown += rest.substr(0, query);
  if (query < rest.size()) shown.append(1, rest[query]).append("***");
  return shown;
}

Result<OtlpEndpoint> bad_url(std::string_view url) {
  return fail(Code::invalid_argument,
              fmt::format("'{}' is no URL such as http://collector:4318 (plain http, no user, no "
                          "query)",
                          without_secrets(url)));
}

bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port != 0;
}

// Only seconds; a date, which is the other form, is answered with our own pause.
std::optional<std::chrono::seconds> retry_after(beast::string_view text) {
  std::uint32_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return std::chrono::seconds(seconds);
}

bool is_retryable(unsigned status) {
  return status == 429 || status == 502 || status == 503 || status == 504;
}

// One exchange; its members live until the context has run dry.
class Exchange {
 public:
  Exchange(const OtlpEndpoint& endpoint, std::string body) : stream_(context_) {
    request_.method(http::verb::post);
    request_.target({endpoint.path.data(), endpoint.path.size()});
    request_.version(11);
    request_.set(http::field::host, endpoint.authority);
    request_.set(http::field::user_agent, "ml-inference");
    request_.set(http::field::content_type, kMediaType);
    request_.keep_alive(false);
    request_.body() = std::move(body);
    request_.prepare_payload();
    parser_.body_limit(kAnswerSizeMax);
  }

  OtlpOutcome run(const OtlpEndpoint& endpoint, std::chrono::milliseconds timeout) {
    tcp::resolver resolver(context_);
    const auto addresses = resolver.resolve(endpoint.host, endpoint.port, error_);
    if (error_) return failure("looking up " + endpoint.host);
    stream_.expires_after(timeout);  // for connecting, writing and reading together
    stream_.async_connect(addresses,
                          [this](error_code error, const tcp::endpoint&) { connected(error); });
    context_.run();
    if (error_) return failure(step_);
    return outcome();
  }

 private:
  void connected(error_code error) {
    error_ = error;
    if (error_) return;
    step_ = "sending";
    http::async_write(stream_, request_, [this](error_code write_error, std::size_t) {
      error_ = write_error;
      if (!error_) receive();
    });
  }

  void receive() {
    step_ = "waiting for the answer";
    http::async_read(stream_, buffer_, parser_,
                     [this](error_code error, std::size_t) { error_ = error; });
  }

  [[nodiscard]] OtlpOutcome failure(std::string_view step) const {
    return {.may_retry = true, .reason = fmt::format("{}: {}", step, error_.message())};
  }

  [[nodiscard]] OtlpOutcome outcome() const {
    const auto& answer = parser_.get();
    const unsigned status = answer.result_int();
    if (status / 100 != 2) {
      return {.may_retry = is_retryable(status),
              .retry_after = retry_after(answer[http::field::retry_after]),
              .reason = fmt::format("the answer has status {}", status)};
    }
    auto said = read_otlp_answer(answer.body());
    if (!said) return {.reason = fmt::format("the answer has status {} and is no OTLP", status)};
    return {.taken = true, .answer = *std::move(said)};
  }

  boost::asio::io_context context_;
  beast::tcp_stream stream_;
  http::request<http::string_body> request_;
  http::response_parser<http::string_body> parser_;
  beast::flat_buffer buffer_{kAnswerSizeMax};
  error_code error_;
  std::string_view step_ = "connecting";
};

}  // namespace

Result<OtlpEndpoint> parse_otlp_endpoint(std::string_view url) {
  if (!url.starts_with(kScheme)) return bad_url(url);
  const std::string_view rest = url.substr(kScheme.size());
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  const std::string_view authority = rest.substr(0, slash);
  std::string_view path = rest.substr(slash);
  while (path.ends_with('/')) path.remove_suffix(1);
  const bool is_plain = std::ranges::all_of(rest, [](char c) {
    return c > ' ' && c < '\x7f' &&
           std::string_view("@?#\"<>\\^`{|}").find(c) == std::string_view::npos;
  });
  if (!is_plain) return bad_url(url);

  const bool is_ipv6 = authority.starts_with('[');
  const std::size_t host_end = is_ipv6 ? authority.find(']') : authority.find(':');
  if (is_ipv6 && host_end == std::string_view::npos) return bad_url(url);
  const std::string_view host =
      is_ipv6 ? authority.substr(1, host_end - 1) : authority.substr(0, host_end);
  std::string_view port = host_end == std::string_view::npos
                              ? std::string_view{}
                              : authority.substr(host_end + (is_ipv6 ? 1 : 0));
  if (port.empty()) {
    port = kDefaultPort;
  } else if (port.starts_with(':') && is_port(port.substr(1))) {
    port.remove_prefix(1);
  } else {
    return bad_url(url);
  }
  if (host.empty()) return bad_url(url);
  return OtlpEndpoint{.host = std::string(host),
                      .port = std::string(port),
                      .path = std::string(path) + std::string(kTracesPath),
                      .authority = std::string(authority)};
}

OtlpOutcome post_spans(const OtlpEndpoint& endpoint, std::string body,
                       std::chrono::milliseconds timeout) {
  return Exchange(endpoint, std::move(body)).run(endpoint, timeout);
}

}  // namespace ml_inference
