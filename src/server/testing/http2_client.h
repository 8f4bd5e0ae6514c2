// SPDX-License-Identifier: MIT
// A client of HTTP/2 and gRPC over one blocking socket, for tests (nghttp2's client side).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nghttp2/nghttp2.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ml_inference::testing {

/// Names and values, in order.
using FieldList = std::vector<std::pair<std::string, std::string>>;

/// What has come of one stream.
struct StreamAnswer {
  std::map<std::string, std::string> head;
  std::map<std::string, std::string> trailers;  ///< also those of an answer that has nothing else
  std::string body;
  bool is_closed = false;
  std::uint32_t error = 0;  ///< of a reset, RFC 9113's number

  /// "0" and so on; empty while it is not there.
  [[nodiscard]] std::string grpc_status() const;
  [[nodiscard]] std::string grpc_message() const;

  /// The messages without what frames them; what is not whole is left out.
  [[nodiscard]] std::vector<std::string> messages() const;
};

/// The five bytes, and the message.
[[nodiscard]] std::string framed(std::string_view message, bool is_compressed = false);

/// What a gRPC call sends.
[[nodiscard]] FieldList grpc_fields(std::string_view path, const FieldList& more = {});

/// Sends at once whatever it is told, and reads when it waits for something: for ten seconds at
/// most, then until() returns false.
/// Threads: belongs to one thread.
class Http2Client {
 public:
  struct Options {
    std::uint32_t window_size = 65'535;
    int receive_buffer_size = 0;  ///< 0: the system's
    bool acknowledges_pings = true;
  };

  explicit Http2Client(std::uint16_t port);
  Http2Client(std::uint16_t port, const Options& options);
  ~Http2Client();
  Http2Client(const Http2Client&) = delete;
  Http2Client& operator=(const Http2Client&) = delete;

  /// Begins a stream, and returns its number. With `is_end` it has no body.
  std::int32_t begin(const FieldList& fields, bool is_end = false);

  /// Sends more of the body; `is_end`: the last of it.
  void send(std::int32_t stream, std::string_view bytes, bool is_end = false);

  /// A call with one message.
  std::int32_t call(std::string_view path, std::string_view message, const FieldList& more = {});

  /// Ends a stream by a reset.
  void reset(std::int32_t stream, std::uint32_t error = NGHTTP2_CANCEL);

  /// Reads until the condition holds: true; or the connection ends, or time is over: false.
  [[nodiscard]] bool until(const std::function<bool()>& condition);

  /// Waits for the stream's end.
  const StreamAnswer& finish(std::int32_t stream);

  /// A call from its beginning to its end.
  StreamAnswer ask(std::string_view path, std::string_view message, const FieldList& more = {});

  /// What there is so far.
  [[nodiscard]] const StreamAnswer& answer(std::int32_t stream) { return answers_[stream]; }

  /// The last streams that GOAWAY frames have named, and whether the server has ended its side.
  [[nodiscard]] const std::vector<std::int32_t>& goaways() const { return goaways_; }
  [[nodiscard]] bool is_at_end() const { return is_at_end_; }

  /// Bytes as they are.
  void send_raw(std::string_view bytes);

  /// Sends nothing any more, and reads on.
  void end_side();

  /// Leaves without a word: the server gets a reset.
  void abort();

 private:
  struct Body {
    std::string bytes;
    std::size_t begin = 0;
    bool is_end = false;
    bool is_deferred = false;
  };
  friend struct Http2ClientCallbacks;

  std::int32_t submit(const FieldList& fields, bool is_end);
  void flush();
  bool read_some();

  int socket_ = -1;
  nghttp2_session* session_ = nullptr;
  bool is_at_end_ = false;
  std::map<std::int32_t, StreamAnswer> answers_;
  std::map<std::int32_t, Body> bodies_;
  std::vector<std::int32_t> goaways_;
};

}  // namespace ml_inference::testing
