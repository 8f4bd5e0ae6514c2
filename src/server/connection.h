// SPDX-License-Identifier: MIT
// What every connection of an event loop has, whatever it speaks.
#pragma once

#include "server/server_state.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/intrusive/list_hook.hpp>

#include <chrono>
#include <string_view>

namespace ml_inference {

class EventLoop;

/// Whether a connection has a place, or came when all were taken: then probes and metrics are
/// answered and everything else gets 503, one request a connection.
enum class Admission { regular, overflow };

/// So long what a client still sends is read and dropped once it has its answer, so that its last
/// bytes do not turn into a reset that eats the answer.
inline constexpr std::chrono::milliseconds kLingerTimeout{1'000};

/// A connection that the loop knows of from its construction to its destruction.
/// Threads: the loop's.
class Connection : public boost::intrusive::list_base_hook<> {
 public:
  using Executor = boost::asio::io_context::executor_type;
  using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;
  using Clock = std::chrono::steady_clock;

  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Some times a second: ends what has lasted too long. The loop itself stood still for
  /// `standstill`, which is no fault of the peer's.
  virtual void tick(Clock::time_point now, Clock::duration standstill) = 0;

  /// The server drains, closes or cancels: ends waits that would last too long then.
  virtual void phase_changed() = 0;

  /// If this is an overflow connection that still waits for its request: ends it and returns true.
  virtual bool drop_if_waiting_overflow() = 0;

 protected:
  template <class T>
  using Awaitable = boost::asio::awaitable<T, Executor>;

  /// The caller has counted the socket in ServerState::connection_count.
  Connection(EventLoop& loop, Socket socket, Admission admission);
  ~Connection();  // nobody owns one by this class

  /// Sends what the socket takes at once, and returns the rest: nearly always nothing, since its
  /// buffer has room. The peer being gone is is_broken().
  [[nodiscard]] std::string_view write_now(std::string_view bytes);

  /// Whether write_now() found that the peer is gone.
  [[nodiscard]] bool is_broken() const { return is_broken_; }

  EventLoop& loop_;
  ServerState& state_;
  const Admission admission_;
  Socket socket_;

 private:
  bool is_broken_ = false;
};

}  // namespace ml_inference
