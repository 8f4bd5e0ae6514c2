// SPDX-License-Identifier: MIT
// Bytes of a connection -> one answer, without a socket. Boost.Beast's parser does the grammar
// (RFC 9112), limits are added here.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace ml_inference {

/// Reads one answer after the other: with a Content-Length, in chunks, or to the connection's end.
/// Threads: belongs to one thread.
class AnswerReader {
 public:
  /// An answer may be so large, and no larger: a prediction is some 150 bytes a row.
  static constexpr std::size_t kHeaderSizeMax = std::size_t{64} << 10;
  static constexpr std::size_t kBodySizeMax = std::size_t{64} << 20;

  /// Interim answers before one: a server sends one or two.
  static constexpr int kInterimMax = 16;

  enum class Status {
    need_more,
    done,
    not_http,
    too_long,
  };

  struct Progress {
    std::size_t consumed;  ///< how many of the bytes given are used up
    Status status;
  };

  /// keeps_body  whether body() is wanted.
  explicit AnswerReader(bool keeps_body);
  ~AnswerReader();
  AnswerReader(AnswerReader&&) noexcept;
  AnswerReader& operator=(AnswerReader&&) noexcept;

  /// Goes on with `bytes`, which begin behind the last call's. Takes them all unless the answer
  /// ends. Interim answers (1xx) are skipped; more than kInterimMax are too_long. After anything
  /// but need_more, reset().
  [[nodiscard]] Progress feed(std::string_view bytes);

  /// The connection has ended: done, when that is the answer's end too.
  [[nodiscard]] Status end();

  /// Forgets the answer and is ready for the next one.
  void reset();

  /// Whether a byte of the answer has come.
  [[nodiscard]] bool has_begun() const { return has_begun_; }

  // Of a whole answer.
  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] bool keep_alive() const;
  [[nodiscard]] std::string_view body() const { return body_; }

 private:
  class Beast;

  Status put_to_the_end(std::string_view& bytes);

  std::unique_ptr<Beast> beast_;
  bool keeps_body_;
  bool has_begun_ = false;
  int status_ = 0;
  int interims_ = 0;
  std::string pending_;  // the beginning of a line or of a chunk's header that is not whole yet
  std::string body_;
};

}  // namespace ml_inference
