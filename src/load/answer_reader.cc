// SPDX-License-Identifier: MIT
#include "load/answer_reader.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <cstdint>

namespace ml_inference {

namespace http = boost::beast::http;
using boost::beast::error_code;

// Hands Beast's events to a reader. Made anew for each answer: Beast's parsers cannot be used
// twice. The reader is passed with each call because it may move.
class AnswerReader::Beast final : public http::basic_parser<false> {
 public:
  Beast() {
    eager(true);
    header_limit(kHeaderSizeMax);
    body_limit(kBodySizeMax);
  }

  std::size_t put_for(AnswerReader& owner, std::string_view bytes, error_code& error) {
    owner_ = &owner;
    return put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
  }

 private:
  using View = boost::beast::string_view;

  void on_request_impl(http::verb, View, View, int, error_code&) override {}
  void on_response_impl(int code, View, int, error_code&) override { owner_->status_ = code; }
  void on_field_impl(http::field, View, View, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(View bytes, error_code&) override {
    if (owner_->keeps_body_) owner_->body_.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t, View, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View bytes, error_code& error) override {
    return on_body_impl(bytes, error);
  }
  void on_finish_impl(error_code&) override {}

  AnswerReader* owner_ = nullptr;
};

AnswerReader::AnswerReader(bool keeps_body)
    : beast_(std::make_unique<Beast>()), keeps_body_(keeps_body) {}
AnswerReader::~AnswerReader() = default;
AnswerReader::AnswerReader(AnswerReader&&) noexcept = default;
AnswerReader& AnswerReader::operator=(AnswerReader&&) noexcept = default;

AnswerReader::Status AnswerReader::put_to_the_end(std::string_view& bytes) {
  while (!bytes.empty()) {
    error_code error;
    bytes.remove_prefix(beast_->put_for(*this, bytes, error));
    if (error == http::error::need_more) return Status::need_more;
    if (error == http::error::header_limit || error == http::error::body_limit) {
      return Status::too_long;
    }
    if (error) return Status::not_http;
    if (!beast_->is_done()) continue;
    const bool is_interim = status_ >= 100 && status_ < 200 && status_ != 101;
    if (!is_interim) return Status::done;
    if (++interims_ > kInterimMax) return Status::too_long;
    beast_ = std::make_unique<Beast>();
  }
  return Status::need_more;
}

AnswerReader::Progress AnswerReader::feed(std::string_view bytes) {
  has_begun_ = has_begun_ || !bytes.empty();
  // Nearly always an answer comes in one piece; only what Beast leaves of another is kept.
  const bool is_joined = !pending_.empty();
  const std::size_t pending_size = pending_.size();
  if (is_joined) pending_ += bytes;
  std::string_view rest = is_joined ? std::string_view(pending_) : bytes;
  const std::size_t given = rest.size();
  const Status status = put_to_the_end(rest);
  if (status == Status::need_more) {
    std::string left(rest);
    pending_ = std::move(left);
    return {bytes.size(), pending_.size() > kHeaderSizeMax ? Status::too_long : status};
  }
  const std::size_t used = given - rest.size();
  pending_.clear();
  return {used > pending_size ? used - pending_size : 0, status};
}

AnswerReader::Status AnswerReader::end() {
  if (!beast_->is_header_done() || !beast_->need_eof() || !pending_.empty()) {
    return Status::need_more;
  }
  error_code error;
  beast_->put_eof(error);
  return error || !beast_->is_done() ? Status::need_more : Status::done;
}

void AnswerReader::reset() {
  if (has_begun_) beast_ = std::make_unique<Beast>();
  has_begun_ = false;
  status_ = 0;
  interims_ = 0;
  pending_.clear();
  body_.clear();
}

bool AnswerReader::keep_alive() const { return beast_->keep_alive(); }

}  // namespace ml_inference
