// SPDX-License-Identifier: MIT
#include "server/request_parser.h"

#include "base/byte_units.h"
#include "server/timeout_field.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <utility>

namespace ml_inference {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return boost::beast::iequals({a.data(), a.size()}, {b.data(), b.size()});
}

// Whether the first line is of the form of a request of some version: "PRI * HTTP/2.0".
bool names_a_version(std::string_view text) {
  const std::string_view line = text.substr(0, text.find("\r\n"));
  constexpr std::string_view kForm = " HTTP/0.0";
  if (line.size() < kForm.size() || std::ranges::count(line, ' ') != 2) return false;
  const std::string_view version = line.substr(line.size() - kForm.size());
  return std::ranges::equal(version, kForm, [](char c, char form) {
    return form == '0' ? c >= '0' && c <= '9' : c == form;
  });
}

// Said twice, the elements add up (RFC 9110, section 5.3).
void join_field(std::string& text, std::string_view value) {
  if (!text.empty()) text += ", ";
  text += value;
}

// A host with or without a port, by its characters (RFC 3986, section 3.2). Empty where the target
// has no host. By a table, since every request brings one.
bool is_host(std::string_view text) {
  static constexpr std::array<bool, 256> kAllowed = [] {
    std::array<bool, 256> allowed{};
    for (const char c : std::string_view("-._~%!$&'()*+,;=:[]"
                                         "0123456789"
                                         "abcdefghijklmnopqrstuvwxyz"
                                         "ABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
      allowed[static_cast<unsigned char>(c)] = true;
    }
    return allowed;
  }();
  return std::ranges::all_of(text, [](unsigned char c) { return kAllowed[c]; });
}

// text  from the request's first byte.
RequestRefusal refusal_of(const error_code& error, std::size_t header_size_max,
                          std::size_t body_size_max, std::string_view text) {
  if (error == http::error::header_limit) {
    return {431, fmt::format("the request header is over the limit of {} bytes", header_size_max)};
  }
  if (error == http::error::body_limit) {
    return {413, fmt::format("the body is over the limit of {} bytes", body_size_max)};
  }
  if (error == http::error::bad_version && names_a_version(text)) {
    return {505, "the request is not of HTTP/1.0 or HTTP/1.1"};
  }
  return {400, "the request is not HTTP: " + error.message()};
}

}  // namespace

// Hands Beast's events to the members above. Made anew for each request: Beast's parsers cannot be
// used twice.
class RequestParser::Beast final : public http::basic_parser<true> {
 public:
  explicit Beast(RequestParser& owner) : owner_(owner) {
    eager(true);
    header_limit(owner.limits_.header_size_max);
    body_limit(owner.body_size_max());
  }

 private:
  using View = boost::beast::string_view;

  static std::string_view std_view(View view) { return {view.data(), view.size()}; }

  void on_request_impl(http::verb, View method, View target, int version, error_code&) override {
    owner_.method_ = std_view(method);
    owner_.target_ = std_view(target);
    owner_.version_ = static_cast<unsigned>(version);
  }
  void on_response_impl(int, View, int, error_code&) override {}
  void on_field_impl(http::field field, View name, View value, error_code&) override {
    // A trailer's fields come here too. Nothing that they say of the request may be believed
    // (RFC 9110, section 6.5.1).
    if (is_header_done()) return;
    if (field == http::field::unknown) {
      owner_.take_unknown_field(std_view(name), std_view(value));
    } else {
      owner_.take_field(static_cast<int>(field), std_view(value));
    }
  }
  void on_header_impl(error_code& error) override {
    owner_.check_header();
    if (owner_.refusal_) error = http::error::bad_value;
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code& error) override {
    if (!owner_.reserve_body(length ? std::optional<std::uint64_t>(*length) : std::nullopt)) {
      error = http::error::buffer_overflow;
    }
  }
  std::size_t on_body_impl(View part, error_code& error) override {
    if (!owner_.take_body(std_view(part))) error = http::error::bad_value;
    return part.size();
  }
  void on_chunk_header_impl(std::uint64_t, View, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View part, error_code& error) override {
    if (!owner_.take_body(std_view(part))) error = http::error::bad_value;
    return part.size();
  }
  void on_finish_impl(error_code& error) override {
    if (!owner_.end_body()) error = http::error::bad_value;
  }

  RequestParser& owner_;
};

RequestParser::RequestParser(const RequestLimits& limits, BodyBudget& budget)
    : limits_(limits), share_(budget), coded_body_(limits.body_size_max, share_) {
  reset();
}

RequestParser::~RequestParser() = default;

RequestParser::Progress RequestParser::feed(std::string_view bytes) {
  std::size_t consumed = 0;
  if (at_start_ && !bytes.empty()) {
    // Some clients end a body with a line end that they do not count (RFC 9112, section 2.2).
    if (bytes == "\r") return {0, Status::need_more};
    if (bytes.starts_with("\r\n")) consumed = 2;
    at_start_ = false;
    if (consumed == bytes.size()) return {consumed, Status::need_more};
  }
  while (!beast_->is_done()) {
    error_code error;
    const std::string_view rest = bytes.substr(consumed);
    fed_ = rest;
    consumed += beast_->put(boost::asio::buffer(rest.data(), rest.size()), error);
    if (error == http::error::need_more) {
      // Beast takes a chunk's extensions, and the trailer, when all of it is there, and has no
      // limit of its own for them.
      if (!has_header() || bytes.size() - consumed <= limits_.header_size_max) {
        return {consumed, Status::need_more};
      }
      refuse(431, fmt::format("a chunk's extensions or the trailer are over the limit of {} bytes",
                              limits_.header_size_max));
      return {consumed, Status::refused};
    }
    if (error) {
      if (!refusal_) refusal_ = refusal_of(error, limits_.header_size_max, body_size_max(), rest);
      return {consumed, Status::refused};
    }
    if (consumed == bytes.size() && !beast_->is_done()) return {consumed, Status::need_more};
  }
  return {consumed, refusal_ ? Status::refused : Status::done};
}

void RequestParser::reset() {
  coded_body_.reset(ContentCoding::identity);
  share_.end(body_);
  refusal_.reset();
  version_ = 11;
  expects_continue_ = false;
  has_length_ = drops_body_ = false;
  at_start_ = true;
  host_count_ = 0;
  authorization_count_ = 0;
  has_transfer_encoding_ = false;
  for (std::string* text :
       {&method_, &target_, &host_, &accept_, &content_type_, &content_encoding_, &accept_encoding_,
        &transfer_encoding_, &expect_, &request_id_, &authorization_, &traceparent_, &tracestate_,
        &if_none_match_, &json_size_, &timeout_}) {
    text->clear();
  }
  if (beast_ == nullptr) {
    beast_ = std::make_unique<Beast>(*this);
  } else {  // in the same memory: every request comes by here
    std::destroy_at(beast_.get());
    std::construct_at(beast_.get(), *this);
  }
}

bool RequestParser::has_header() const { return beast_->is_header_done(); }

bool RequestParser::keep_alive() const {
  return (!refusal_ || drops_body_) && beast_->is_done() && beast_->keep_alive();
}

HttpRequest RequestParser::request() const {
  return {.method = method_,
          .target = target_,
          .accept = accept_,
          .content_type = content_type_,
          .request_id = request_id_,
          .authorization = authorization_,
          .traceparent = traceparent_,
          .tracestate = tracestate_,
          .body = body_,
          .json_size = json_size_,
          .accept_encoding = accept_encoding_,
          .if_none_match = if_none_match_};
}

// `field` is Beast's number for the name, which keeps its header out of ours. A repeated field
// keeps its last value, except where repeating is an attack.
void RequestParser::take_field(int field, std::string_view value) {
  switch (static_cast<http::field>(field)) {
    case http::field::host:
      ++host_count_;
      host_ = value;
      return;
    case http::field::authorization:
      ++authorization_count_;
      authorization_ = value;
      return;
    case http::field::accept: accept_ = value; return;
    case http::field::if_none_match: join_field(if_none_match_, value); return;
    case http::field::content_type: content_type_ = value; return;
    case http::field::content_encoding: join_field(content_encoding_, value); return;
    case http::field::accept_encoding: join_field(accept_encoding_, value); return;
    case http::field::transfer_encoding:
      // Said twice, the codings add up (RFC 9110, section 5.3).
      if (has_transfer_encoding_) transfer_encoding_ += ", ";
      has_transfer_encoding_ = true;
      transfer_encoding_ += value;
      return;
    case http::field::expect: expect_ = value; return;
    default: return;
  }
}

// Names that Beast has no number for. Of what belongs to a trace, several fields are one list (RFC
// 9110, section 5.3): two of `traceparent` are then none that anybody could read.
void RequestParser::take_unknown_field(std::string_view name, std::string_view value) {
  if (equals_ignoring_case(name, "x-request-id")) {
    request_id_ = value;
    return;
  }
  if (equals_ignoring_case(name, "inference-header-content-length")) {
    join_field(json_size_, value);  // two are no size
    return;
  }
  const bool is_timeout = equals_ignoring_case(name, kTimeoutField);
  if (is_timeout || equals_ignoring_case(name, kProxyTimeoutField)) {
    if (is_timeout || timeout_.empty()) timeout_ = value;
    return;
  }
  const bool is_parent = equals_ignoring_case(name, "traceparent");
  if (!is_parent && !equals_ignoring_case(name, "tracestate")) return;
  std::string& text = is_parent ? traceparent_ : tracestate_;
  if (!text.empty()) text += ',';
  text += value;
}

// Whether a line of the header goes on with the one before, as was once allowed. Beast joins them,
// while who stands in between may have read another value (RFC 9112, section 5.2). Beast takes a
// header only as a whole.
bool RequestParser::has_folded_field() const {
  const std::string_view header = fed_.substr(0, fed_.find("\r\n\r\n"));
  for (std::size_t end = header.find('\n'); end != std::string_view::npos;
       end = header.find('\n', end + 1)) {
    const std::string_view line = header.substr(end + 1);
    if (line.starts_with(' ') || line.starts_with('\t')) return true;
  }
  return false;
}

// What the grammar allows and a server still must not take.
void RequestParser::check_header() {
  if (has_folded_field()) {
    return refuse(400, "a header field is folded over lines, expected one line");
  }
  if (host_count_ > 1 || (version_ == 11 && host_count_ == 0)) {
    return refuse(400, fmt::format("the request has {} Host fields, expected one", host_count_));
  }
  if (!is_host(host_)) {
    return refuse(400, fmt::format("Host is '{}', expected a name or an address", host_));
  }
  // Who stands in between may have checked the other one.
  if (authorization_count_ > 1) {
    return refuse(400, fmt::format("the request has {} Authorization fields, expected one",
                                   authorization_count_));
  }
  // Who stands in between may not know of it in that version, and see another body (RFC 9112,
  // section 6.1).
  if (has_transfer_encoding_ && version_ == 10) {
    return refuse(400, "the request is of HTTP/1.0 and has a Transfer-Encoding");
  }
  if (has_transfer_encoding_ && !equals_ignoring_case(transfer_encoding_, "chunked")) {
    return refuse(501,
                  fmt::format("Transfer-Encoding is '{}', expected chunked", transfer_encoding_));
  }
  const auto coding = find_content_coding(content_encoding_);
  if (!coding) {
    return refuse(415, fmt::format("Content-Encoding is '{}', expected one of {}",
                                   content_encoding_, kTakenCodings));
  }
  coded_body_.reset(*coding);
  if (expect_.empty() || version_ != 11) return;
  if (!equals_ignoring_case(expect_, "100-continue")) {
    return refuse(417, fmt::format("Expect is '{}', expected 100-continue", expect_));
  }
  expects_continue_ = true;
}

void RequestParser::refuse(int status, std::string detail) {
  if (!refusal_) refusal_ = RequestRefusal{status, std::move(detail)};
}

// Without room, a body whose end is known is dropped as it comes: clients send all of it before
// they read, and to end their connections, which they make anew at once, costs more than that.
// Returns whether that is so.
bool RequestParser::refuse_body(RequestRefusal refusal) {
  drops_body_ = refusal.status == 503 && has_length_ && !expects_continue_;
  refuse(refusal.status, std::move(refusal.detail));
  coded_body_.reset(ContentCoding::identity);
  body_ = {};
  share_.release();
  return drops_body_;
}

// Takes memory for the whole body with its first byte: who sends only a header takes none. A
// chunked one may become as large as the limit. All of it is reserved at once: what no byte has
// come for is address space only, while a string that grows holds its old and its new self. What
// has a content coding takes memory as it is decoded.
bool RequestParser::reserve_body(std::optional<std::uint64_t> content_length) {
  has_length_ = content_length.has_value();
  if (coded_body_.has_coding()) return true;
  const auto size = static_cast<std::size_t>(content_length.value_or(body_size_max()));
  if (share_.take(size)) {
    share_.make_room(body_, size);
    return true;
  }
  return refuse_body({503, std::string(kNoRoomForBody)});
}

// Returns false when the request is refused, and what is left of the body is not wanted.
bool RequestParser::take_body(std::string_view part) {
  if (drops_body_) return true;
  if (!coded_body_.has_coding()) {
    body_ += part;
    return true;
  }
  auto refusal = coded_body_.take(part, body_);
  return !refusal || refuse_body(*std::move(refusal));
}

bool RequestParser::end_body() {
  if (drops_body_) return true;
  if (coded_body_.has_coding()) {
    auto refusal = coded_body_.end(body_);
    return !refusal || refuse_body(*std::move(refusal));
  }
  // Of a chunked one less than it has, unless the budget has shrunk since its limit was set.
  return share_.take(body_.size()) || refuse_body({503, std::string(kNoRoomForBody)});
}

}  // namespace ml_inference
