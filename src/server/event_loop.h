// SPDX-License-Identifier: MIT
// One thread's share of the connections.
#pragma once

#include "api/http.h"
#include "server/connection.h"
#include "server/mailbox.h"
#include "server/server_state.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/intrusive/list.hpp>

#include <chrono>
#include <cstddef>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// What a connection speaks, by the port that it came to.
enum class Protocol { http1, http2 };

/// Runs connections, and ends those that are too slow.
/// Threads: post() from any thread; everything else on the thread that is in run(), or before it.
class EventLoop {
 public:
  using Clock = std::chrono::steady_clock;
  using Executor = boost::asio::io_context::executor_type;
  using Timer = boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, Executor>;

  /// state  outlives the loop. Throws std::system_error when the system gives no descriptors.
  EventLoop(ServerState& state, std::unique_ptr<HttpHandler> handler);
  ~EventLoop();

  /// Serves until stop().
  void run();

  /// Ends run(); connections still open are dropped when the loop is destroyed. On the loop's
  /// thread.
  void stop() { context_.stop(); }

  /// Has the loop make the call.
  void post(Mailbox::Call call) { mailbox_.post(std::move(call)); }

  /// Serves a connected, non-blocking socket, whose descriptor becomes the loop's. The caller has
  /// counted it in state().connection_count.
  void adopt(int descriptor, Admission admission, Protocol protocol);

  /// Drops the overflow connection that has waited longest for its request, if there is one.
  void drop_oldest_overflow();

  /// Tells all connections that the server's phase has changed.
  void phase_changed();

  [[nodiscard]] ServerState& state() { return state_; }
  [[nodiscard]] HttpHandler& handler() { return *handler_; }
  [[nodiscard]] boost::asio::io_context& context() { return context_; }

  /// The time of the last tick or answer: free, and right to within kTick unless the loop has stood
  /// still, which tick() makes up for.
  [[nodiscard]] Clock::time_point coarse_now() const { return coarse_now_; }
  void set_coarse_now(Clock::time_point now) { coarse_now_ = now; }

  /// The Date field's value for now.
  [[nodiscard]] std::string_view date();

  /// Memory for what is read and used up, or composed and sent, at once: of a call that gives the
  /// loop back to nobody in between.
  [[nodiscard]] std::vector<char>& input_scratch() { return input_scratch_; }
  [[nodiscard]] std::string& output_scratch() { return output_scratch_; }

 private:
  friend class Connection;

  /// How late a time-out may be noticed. Four wake-ups a second are nothing, even at 0.1 CPU.
  static constexpr std::chrono::milliseconds kTick{250};

  boost::asio::awaitable<void, Executor> tick();

  ServerState& state_;
  std::unique_ptr<HttpHandler> handler_;
  Clock::time_point coarse_now_ = Clock::now();
  std::time_t date_second_ = 0;
  char date_[32] = {};
  std::size_t date_size_ = 0;
  std::vector<char> input_scratch_;
  std::string output_scratch_;
  boost::intrusive::list<Connection> connections_;  // oldest first; outlives the context below

  boost::asio::io_context context_;
  Mailbox mailbox_;
};

}  // namespace ml_inference
