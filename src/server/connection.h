// SPDX-License-Identifier: MIT
// One client's connection, from its first byte to its last.
#pragma once

#include "api/http.h"
#include "server/request_parser.h"
#include "server/server_state.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/intrusive/list_hook.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

class EventLoop;

/// Whether a connection has a place, or came when all were taken: then probes and metrics are
/// answered and everything else gets 503, one request a connection.
enum class Admission { regular, overflow };

/// Reads a request, has it answered, writes the response, and so on until either side has enough.
/// Requests that were sent ahead (pipelining) are answered in order.
/// Threads: the loop's, but for work that runs on a worker meanwhile.
class Connection : public boost::intrusive::list_base_hook<> {
 public:
  using Executor = boost::asio::io_context::executor_type;
  using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;
  using Clock = std::chrono::steady_clock;

  /// Starts serving the socket; the connection owns itself and ends by itself.
  static void serve(EventLoop& loop, Socket socket, Admission admission);

  Connection(EventLoop& loop, Socket socket, Admission admission);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// When what the connection waits for should have happened.
  [[nodiscard]] Clock::time_point deadline() const { return deadline_; }

  /// The loop itself stood still for so long, which is no fault of the peer's.
  void postpone(Clock::duration standstill);

  /// While a worker computes: looks whether the client is still there, and brings the deadline
  /// nearer if it is not.
  void look_at_peer();

  /// The deadline has passed: ends the wait, and with it, unless a 408 is due, the connection. Has
  /// a worker stop.
  void expire();

  /// The server drains, closes or cancels: ends waits that would last too long then.
  void phase_changed();

  /// If this is an overflow connection that still waits for its request: ends it and returns true.
  bool drop_if_waiting_overflow();

 private:
  template <class T>
  using Awaitable = boost::asio::awaitable<T, Executor>;

  /// What the connection is waiting for.
  enum class Stage { idle, header, body, work, write, linger };

  /// What the bytes so far amount to: a whole request, one that response_ refuses already, the
  /// beginning of one, or nothing that an answer is due to.
  enum class Received { request, refused, incomplete, nothing };

  static Awaitable<void> run(EventLoop& loop, Socket socket, Admission admission);
  Awaitable<void> serve_requests();
  Awaitable<void> do_work(HttpHandler::Work work);
  Awaitable<bool> write(std::string_view bytes);
  Awaitable<void> write_rest();
  Awaitable<void> linger();

  void begin_request();
  [[nodiscard]] Received parse();
  [[nodiscard]] bool owes_continue();
  [[nodiscard]] boost::asio::mutable_buffer room_for_input();
  [[nodiscard]] Received take_input(const boost::system::error_code& error, std::size_t size);
  [[nodiscard]] bool read_now();
  [[nodiscard]] std::optional<HttpHandler::Work> handle(const HttpRequest& request);
  void finish(const HttpRequest& request, Clock::time_point start);
  [[nodiscard]] bool write_now(std::string_view bytes);

  void compose(const HttpRequest& request);
  void forget_answer();
  void enter(Stage stage);
  [[nodiscard]] std::chrono::milliseconds patience(Stage stage) const;
  [[nodiscard]] bool may_keep_alive() const;
  [[nodiscard]] std::string_view stop_reason(bool has_begun) const;
  void refuse(int status, std::string_view detail);
  void refuse_for_memory(std::string_view detail);
  [[nodiscard]] Received refused(int status, std::string_view detail);

  EventLoop& loop_;
  ServerState& state_;
  const Admission admission_;
  Socket socket_;
  Stage stage_ = Stage::idle;
  Clock::time_point deadline_;
  bool expired_ = false;  // the deadline passed, and ended the wait
  bool ended_ = false;    // the peer is gone, or the socket broken: nothing more to write or read
  bool keep_alive_ = true;
  bool continued_ = false;   // the client has been told to send the body
  bool peer_ended_ = false;  // the client ended its side while a worker computed
  std::stop_source work_stop_{std::nostopstate};  // of the work that a worker has

  std::vector<char> input_;  // bytes [input_begin_, input_end_) are read and not parsed
  std::size_t input_begin_ = 0;
  std::size_t input_end_ = 0;
  RequestParser parser_;
  HttpResponse response_;
  std::string output_;
  BodyShare output_share_;   // of output_, while it waits for its reader
  std::string_view unsent_;  // what the socket has not taken yet of what is being written
};

}  // namespace ml_inference
