// SPDX-License-Identifier: MIT
// One stream of HTTP/2: a request or a gRPC call, and its answers, without frames.
#pragma once

#include "api/http.h"
#include "server/answer_bytes.h"
#include "server/body_budget.h"
#include "server/coded_body.h"
#include "server/connection.h"
#include "server/grpc_message_reader.h"
#include "server/grpc_wire.h"
#include "server/http2_header.h"
#include "server/worker_task.h"

#include <boost/intrusive/list_hook.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ml_inference {

/// Takes what comes on a stream, has it answered, and holds the answer until the session fetches
/// it. Requests that are no gRPC calls are answered as those of HTTP/1.1 are.
/// Used again for stream after stream: reset() keeps the memory.
/// Threads: the loop's, but for work that runs on a worker meanwhile.
class Http2Call : public boost::intrusive::list_base_hook<> {
 public:
  using Clock = std::chrono::steady_clock;

  /// on_news  called when a worker has answered.
  Http2Call(EventLoop& loop, std::function<void(Http2Call&)> on_news);
  ~Http2Call();
  Http2Call(const Http2Call&) = delete;
  Http2Call& operator=(const Http2Call&) = delete;

  /// Ready for another stream. Not while is_running().
  void reset();

  // What comes, in this order.
  void begin(std::int32_t stream_id);
  void take_field(std::string_view name, std::string_view value);
  void end_header(Admission admission);
  void take_body(std::string_view bytes);
  void end_body();

  /// The stream is gone: whatever is under way is not wanted any more.
  void close();

  /// All of the answer is sent: what the client still sends is dropped for a while.
  void drop_rest();
  [[nodiscard]] bool is_dropping_rest() const { return stage_ == Stage::rest; }

  /// Ends what has lasted too long, and answers a watch again.
  void tick(Clock::time_point now, Clock::duration standstill);

  /// Ends what would go on for long: watches, and streams of messages between two of them.
  void leave(std::string_view why);

  /// Ends all that is not answered yet: time is over.
  void cancel();

  /// Whether messages, or the end of their stream, wait for the answers before them.
  [[nodiscard]] bool is_waiting() const {
    return exchange_ == Exchange::messages && !has_ended_ &&
           (client_has_ended_ || !pending_.empty());
  }
  /// Goes on with those, if they need not wait any more. Returns whether it did.
  bool go_on();

  /// What the session has done about the stream.
  struct Framing {
    bool has_head = false;     ///< is submitted
    bool is_deferred = false;  ///< nghttp2 waits to be told of more output
    bool is_reset = false;
    bool is_counted = false;  ///< in the budget
    bool is_orphan = false;   ///< the stream is gone, while a worker still has the call
  };
  Framing framing;

  [[nodiscard]] std::int32_t stream_id() const { return stream_id_; }
  [[nodiscard]] bool is_grpc() const { return is_grpc_; }
  [[nodiscard]] bool is_closed() const { return is_closed_; }
  [[nodiscard]] bool is_running() const { return task_.is_running(); }
  [[nodiscard]] bool client_has_ended() const { return client_has_ended_; }
  /// Until when a worker's answer is wanted; max: as long as the server's own limit allows.
  [[nodiscard]] Clock::time_point work_deadline() const;
  /// Whether the stream should be reset: the client does not take the answer.
  [[nodiscard]] bool is_given_up() const { return is_given_up_; }

  // The answer: a head; bytes, more of which may come; the end.
  [[nodiscard]] bool has_head() const { return has_head_; }
  [[nodiscard]] bool has_ended() const { return has_ended_; }
  [[nodiscard]] std::size_t output_size() const { return output_.size(); }

  /// Meaningful once has_head(), for the head of what is no gRPC call.
  [[nodiscard]] const HttpResponse& response() const { return response_; }
  [[nodiscard]] std::size_t content_size() const { return content_size_; }  ///< sent or not
  [[nodiscard]] std::string_view request_id() const { return request_id_sent_; }

  // How a gRPC call ended; once has_ended().
  [[nodiscard]] GrpcStatus grpc_status() const { return grpc_status_; }
  [[nodiscard]] std::string_view grpc_message() const { return grpc_message_; }  ///< escaped
  [[nodiscard]] bool refuses_encoding() const { return refuses_encoding_; }

  /// Appends the next `size` bytes of the answer; there are as many.
  void fetch_output(std::string& out, std::size_t size);

  /// For flow control: bytes of the body that are used up since the last time.
  [[nodiscard]] std::size_t take_used_size() { return std::exchange(used_size_, 0); }
  /// How much of a message that has begun is still to come, if its memory is set aside.
  [[nodiscard]] std::size_t missing_size() const { return reader_.missing_size(); }

 private:
  using Exchange = HttpHandler::Exchange;

  /// What the call waits for.
  enum class Stage { header, body, work, fetch, rest, between, watch };

  [[nodiscard]] bool refuse_header(Admission admission);
  [[nodiscard]] bool refuse_grpc_header();
  void refuse_large_body();
  void take_plain_timeout();
  [[nodiscard]] bool reserve_body(std::size_t size);
  void take_plain_body(std::string_view bytes);
  [[nodiscard]] std::size_t read_messages(std::string_view bytes);
  [[nodiscard]] bool is_busy() const;
  void end_input();
  void handle(std::string_view message);
  void do_work(std::unique_ptr<Work> work);
  void refuse_work(WorkerTask::End end);
  void finish_work();
  void refuse_stopped();
  void answer();
  [[nodiscard]] GrpcStatus response_status() const;
  [[nodiscard]] bool compose();
  void add_output();
  void forget_output();
  void end(GrpcStatus status, std::string_view message);
  void record();
  void refuse(int status, GrpcStatus grpc_status, std::string_view detail);
  void refuse_for_memory(std::string_view detail);
  void refuse_body(const RequestRefusal& refusal);
  void make_request(std::string_view body);
  void enter(Stage stage);
  void time_is_up();
  void last_too_long();

  EventLoop& loop_;
  ServerState& state_;
  const std::function<void(Http2Call&)> on_news_;

  std::int32_t stream_id_ = 0;
  Stage stage_ = Stage::header;
  Clock::time_point stage_deadline_;
  Clock::time_point output_deadline_;  // until when all that there is should be fetched
  std::optional<Clock::time_point> client_deadline_;
  bool is_grpc_ = false;
  bool is_closed_ = false;
  bool is_given_up_ = false;
  bool client_has_ended_ = false;
  bool has_message_ = false;  // of a call that has one only
  bool looks_again_ = false;  // a watch, at what it has answered already
  bool is_cut_off_ = false;   // the client's deadline passed while a worker computed
  Exchange exchange_ = Exchange::whole;

  Http2Header header_;
  bool refuses_encoding_ = false;

  GrpcMessageReader reader_;
  std::string body_;     // of what is no gRPC call
  std::string pending_;  // came while an earlier message was worked on; from pending_begin_ on
  std::size_t pending_begin_ = 0;
  std::size_t used_size_ = 0;
  BodyShare body_share_;  // of body_ or pending_
  CodedBody coded_body_;  // of body_

  HttpRequest request_;  // while it is handled
  HttpResponse response_;
  Clock::time_point start_;  // zero: not known
  WorkerTask task_;

  bool has_head_ = false;
  bool has_ended_ = false;
  std::string request_id_sent_;
  AnswerBytes output_;
  std::size_t content_size_ = 0;
  BodyShare output_share_;
  std::string watched_;  // what a watch has answered last
  GrpcStatus grpc_status_ = GrpcStatus::ok;
  std::string grpc_message_;
};

}  // namespace ml_inference
