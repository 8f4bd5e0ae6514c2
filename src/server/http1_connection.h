// SPDX-License-Identifier: MIT
// A connection that speaks HTTP/1.1, from its first byte to its last.
#pragma once

#include "api/http.h"
#include "server/connection.h"
#include "server/request_parser.h"
#include "server/worker_task.h"

#include <boost/asio/buffer.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// Reads a request, has it answered, writes the response, and so on until either side has enough.
/// Requests that were sent ahead (pipelining) are answered in order.
/// Threads: the loop's, but for work that runs on a worker meanwhile.
class Http1Connection final : public Connection {
 public:
  /// Starts serving the socket; the connection owns itself and ends by itself.
  static void serve(EventLoop& loop, Socket socket, Admission admission);

  Http1Connection(EventLoop& loop, Socket socket, Admission admission);

  void tick(Clock::time_point now, Clock::duration standstill) override;
  void phase_changed() override;
  bool drop_if_waiting_overflow() override;

 private:
  /// What the connection is waiting for.
  enum class Stage { idle, header, body, work, write, linger };

  /// What the bytes so far amount to: a whole request, one that response_ refuses already, the
  /// beginning of one, or nothing that an answer is due to.
  enum class Received { request, refused, incomplete, nothing };

  static Awaitable<void> run(EventLoop& loop, Socket socket, Admission admission);
  Awaitable<void> serve_requests();
  Awaitable<void> do_work(std::unique_ptr<Work> work);
  Awaitable<bool> write(std::string_view bytes);
  Awaitable<void> write_rest();
  Awaitable<void> linger();

  void begin_request();
  [[nodiscard]] Received parse();
  [[nodiscard]] bool owes_continue();
  [[nodiscard]] boost::asio::mutable_buffer room_for_input();
  [[nodiscard]] Received take_input(const boost::system::error_code& error, std::size_t size);
  [[nodiscard]] bool read_now();
  [[nodiscard]] std::unique_ptr<Work> handle(HttpRequest& request, Clock::time_point start);
  void finish(const HttpRequest& request, Clock::time_point start);
  [[nodiscard]] bool send(std::string_view bytes);
  void look_at_peer();
  void expire();

  void compose(const HttpRequest& request);
  void forget_answer();
  void enter(Stage stage);
  [[nodiscard]] std::chrono::milliseconds patience(Stage stage) const;
  [[nodiscard]] bool may_keep_alive() const;
  [[nodiscard]] std::string_view stop_reason(bool has_begun) const;
  void refuse(int status, std::string_view detail);
  void refuse_for_memory(std::string_view detail);
  [[nodiscard]] Received refused(int status, std::string_view detail);

  Stage stage_ = Stage::idle;
  Clock::time_point deadline_;
  bool expired_ = false;  // the deadline passed, and ended the wait
  bool ended_ = false;    // the peer is gone, or the socket broken: nothing more to write or read
  bool keep_alive_ = true;
  bool continued_ = false;   // the client has been told to send the body
  bool peer_ended_ = false;  // the client ended its side while a worker computed
  bool is_cut_off_ = false;  // the client's deadline passed while a worker computed
  WorkerTask task_;

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
