// SPDX-License-Identifier: MIT
// The HTTP server: listens, shares connections among event loops, and leaves without losing a
// request.
#pragma once

#include "api/http.h"
#include "base/result.h"
#include "server/event_loop.h"
#include "server/server_options.h"
#include "server/server_state.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace ml_inference {

/// A listening socket for HTTP/1.1, and one for HTTP/2 if that is asked for; thread_count event
/// loops, each with its own handler. The first loop accepts and deals the connections out in turn:
/// with one accept queue there is one place to empty before the socket closes, and no connection
/// waits in the queue of a loop that is gone.
/// Threads: start(), wait() and the destructor are the owner's; the rest may be called from any
/// thread, set_body_budget() from one at a time.
class Server {
 public:
  using HandlerFactory = std::function<std::unique_ptr<HttpHandler>()>;

  /// How drain() begins.
  enum class DrainDelay {
    wait,  ///< goes on accepting for ServerOptions::drain_delay
    skip,
  };

  /// Binds and listens; nothing is accepted before start().
  ///
  /// make_handler   called once for each loop: here, or later on a loop's thread, one at a time.
  /// on_drain       called once, on a loop's thread, when draining begins: readiness turns.
  /// on_left        likewise, when wait() is about to return: for an owner who does not wait yet.
  /// Errors: invalid_argument (no numeric address), unavailable (the port is taken or not allowed),
  ///   resource_exhausted (fewer descriptors are granted than connection_count_max asks for).
  [[nodiscard]] static Result<std::unique_ptr<Server>> listen(const ServerOptions& options,
                                                              Metrics& metrics,
                                                              const HandlerFactory& make_handler,
                                                              std::function<void()> on_drain,
                                                              std::function<void()> on_left = {});

  /// Ends at once; wait() first for an orderly end.
  ~Server();

  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// The port that is listened on.
  [[nodiscard]] std::uint16_t port() const { return port_; }

  /// The one that speaks HTTP/2, if there is one.
  [[nodiscard]] std::optional<std::uint16_t> grpc_port() const { return grpc_port_; }

  /// Starts the event loops' threads and returns. From now on SIGTERM drains, SIGINT drains without
  /// the delay, and either of them, sent again, hurries.
  void start();

  /// Follows what the machine grants: has that many workers, and deals new connections to that many
  /// loops, at least one (asserted). Loops that are missing are started; one too many keeps the
  /// connections that it has, and costs four wake-ups a second. When the system gives no more
  /// threads or descriptors, thread_count() stays below; once the server drains, nothing changes.
  void set_thread_count(std::size_t thread_count);

  /// The loops that new connections are dealt to.
  [[nodiscard]] std::size_t thread_count() const { return dealt_loop_count_.load(); }

  /// All large bodies together may take so much from now on, and as much again the batches that are
  /// worked on.
  void set_body_budget(std::size_t size_bytes);

  /// Begins to leave, as docs/operations.md describes: the listener stays open for the delay,
  /// answers end their connections, then no new connections are taken, and what is under way
  /// finishes. Called again, it hurries: what is not finished is answered with 503.
  void drain(DrainDelay delay);

  /// Returns when the server has left: true. False when time is over and a worker still computes,
  /// which cannot be ended by anybody: the destructor would wait for it, and whoever cannot leaves
  /// by _exit(2).
  [[nodiscard]] bool wait();

 private:
  template <class T>
  using Awaitable = boost::asio::awaitable<T, EventLoop::Executor>;
  using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, EventLoop::Executor>;
  struct Listener {
    Acceptor acceptor;
    Protocol protocol;
  };
  using Signals = boost::asio::basic_signal_set<EventLoop::Executor>;

  Server(const ServerOptions& options, Metrics& metrics, const HandlerFactory& make_handler,
         std::function<void()> on_drain, std::function<void()> on_left);

  Result<void> open();
  Result<std::uint16_t> open(std::uint16_t port, Protocol protocol);
  EventLoop& first_loop() { return *first_loop_; }
  Awaitable<void> accept_connections(Listener& listener);
  bool accept_pending(Listener& listener);
  void admit(int descriptor, Protocol protocol);
  void resize(std::size_t thread_count);
  Awaitable<void> handle_signals();
  void begin_drain(DrainDelay delay);
  Awaitable<void> leave(DrainDelay delay);
  Awaitable<void> wait_for_connections(EventLoop::Clock::time_point deadline);
  void enter(ServerPhase phase);

  ServerState state_;
  const std::function<void()> on_drain_;
  const std::function<void()> on_left_;
  const HandlerFactory make_handler_;
  std::uint16_t port_ = 0;
  std::optional<std::uint16_t> grpc_port_;
  std::atomic<std::size_t> dealt_loop_count_;
  EventLoop* first_loop_ = nullptr;  // of loops_

  // Of the first loop's thread while there is one, else of the owner's.
  std::vector<std::unique_ptr<EventLoop>> loops_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::unique_ptr<Signals> signals_;
  std::unique_ptr<EventLoop::Timer> drain_timer_;
  std::size_t next_loop_ = 0;
  bool hurried_ = false;
  std::vector<std::jthread> threads_;  // of the other loops

  std::jthread first_thread_;
};

}  // namespace ml_inference
