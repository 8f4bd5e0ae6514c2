// SPDX-License-Identifier: MIT
// A connection that speaks HTTP/2 from its first byte on (h2c with prior knowledge), as gRPC does.
#pragma once

#include "server/connection.h"
#include "server/event_loop.h"
#include "server/http2_session.h"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace ml_inference {

/// Moves bytes between a socket and a session: one read and one write for all that is there. Leaves
/// with GOAWAY when it is old, when it idles, and when the server drains.
/// Threads: the loop's.
class Http2Connection final : public Connection {
 public:
  /// Starts serving the socket; the connection owns itself and ends by itself.
  static void serve(EventLoop& loop, Socket socket, Admission admission);

  Http2Connection(EventLoop& loop, Socket socket, Admission admission);

  void tick(Clock::time_point now, Clock::duration standstill) override;
  void phase_changed() override;
  bool drop_if_waiting_overflow() override;

 private:
  static Awaitable<void> run(EventLoop& loop, Socket socket, Admission admission);
  Awaitable<void> serve_streams();
  Awaitable<void> linger();
  Awaitable<void> wait_for_the_rest();

  void receive();
  void input_ended();
  void refuse_other_protocol();
  void flush();
  void send();
  void wait_until_writable();
  void wait_for_work_deadline();
  void one_less_pending();
  void begin_leaving();
  void end_what_lasts(Clock::time_point now);
  void note_idleness();
  void end_waits();
  [[nodiscard]] bool is_ending() const;

  Http2Session session_;
  std::string unsent_;  // from unsent_begin_ on: what the socket has not taken yet
  std::size_t unsent_begin_ = 0;
  std::size_t stream_count_ = 0;   // when it was last looked at
  bool has_ended_ = false;         // the peer is gone, or has to go
  bool input_has_ended_ = false;   // the peer has ended its side, and may still read
  bool owes_farewell_ = false;     // the peer's last bytes should not turn into a reset
  std::size_t pending_count_ = 0;  // waits whose ends refer to this
  EventLoop::Timer work_timer_;
  EventLoop::Timer all_ended_;
  Clock::time_point work_deadline_ = Clock::time_point::max();

  // All of them max() while nothing is waited for.
  Clock::time_point start_deadline_;   // for the preface, and an overflow connection's request
  Clock::time_point idle_deadline_;    // without a call
  Clock::time_point age_deadline_;     // when to leave anyway
  Clock::time_point grace_deadline_;   // when streams that go on are ended
  Clock::time_point leave_deadline_;   // for the answer to the notice
  Clock::time_point write_deadline_;   // for unsent_
  Clock::time_point linger_deadline_;  // for the client to end its side
  Clock::time_point last_deadline_;    // for answers to a client that has ended its side
};

}  // namespace ml_inference
