// SPDX-License-Identifier: MIT
// Bytes of a gRPC call -> its messages, without a stream: a flag, the length in four bytes, the
// message (grpc/doc/PROTOCOL-HTTP2.md), which gzip or deflate may have made smaller (zlib).
#pragma once

#include "server/body_budget.h"
#include "server/content_coding.h"
#include "server/grpc_wire.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ml_inference {

/// Why a message cannot be handed over, as HTTP and as gRPC say it.
struct GrpcRefusal {
  int status;
  GrpcStatus grpc_status;
  std::string detail;
};

/// Reads one message after the other.
/// Threads: belongs to one thread.
class GrpcMessageReader {
 public:
  static constexpr std::size_t kPrefixSize = 5;

  enum class Status {
    need_more,  ///< all bytes were taken, and more are needed to go on
    message,    ///< message() is whole
    refused,    ///< refusal() says why; nothing further can be read
  };

  struct Progress {
    std::size_t consumed;  ///< how many of the bytes given are used up; offer the rest again
    Status status;
  };

  /// size_max  of a message, as it is sent and as it is decoded: RESOURCE_EXHAUSTED beyond.
  /// budget    outlives the reader; messages of uncounted_size or less take nothing out of it.
  GrpcMessageReader(std::size_t size_max, BodyBudget& budget, std::size_t uncounted_size)
      : size_max_(size_max), share_(budget, uncounted_size) {}

  /// Ready for a new call, whose grpc-encoding names gzip or deflate, or nothing.
  void reset(bool is_encoded);

  /// Goes on. After Status::message, next() first.
  [[nodiscard]] Progress feed(std::string_view bytes);

  /// Gives back the message; keeps a little memory, and is ready for the next one.
  void next();

  /// Whether no byte of the next message is known.
  [[nodiscard]] bool is_between() const { return prefix_size_ == 0; }

  /// How many bytes of a message that has begun are still to come; 0 while that is unknown.
  [[nodiscard]] std::size_t missing_size() const {
    return prefix_size_ == kPrefixSize ? size_ - taken_size_ : 0;
  }

  /// Meaningful after Status::message, until next().
  [[nodiscard]] std::string_view message() const { return message_; }

  /// Meaningful after Status::refused.
  [[nodiscard]] const GrpcRefusal& refusal() const { return refusal_; }

 private:
  [[nodiscard]] bool begin_message();
  [[nodiscard]] bool take(std::string_view bytes);
  [[nodiscard]] bool end_message();
  [[nodiscard]] bool refuse_decoded(Inflater::Status status);
  [[nodiscard]] bool refuse(int status, GrpcStatus grpc_status, std::string detail);

  const std::size_t size_max_;
  BodyShare share_;
  bool is_encoded_ = false;
  std::optional<Inflater> inflater_;  // of a message that is compressed
  std::array<unsigned char, kPrefixSize> prefix_{};
  std::size_t prefix_size_ = 0;  // how much of it is known
  std::size_t size_ = 0;         // of the message, as it is sent
  std::size_t taken_size_ = 0;   // of that
  std::string message_;
  GrpcRefusal refusal_{};
};

}  // namespace ml_inference
