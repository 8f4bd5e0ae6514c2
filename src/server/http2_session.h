// SPDX-License-Identifier: MIT
// One connection's HTTP/2, without its socket: bytes in, bytes out (RFC 9113, by nghttp2).
#pragma once

#include "server/connection.h"
#include "server/http2_call.h"

#include <boost/intrusive/list.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <nghttp2/nghttp2.h>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// Cuts a connection into streams, has each answered as a call, and frames the answers.
///
/// What a client may take, and why:
/// - 256 streams at a time: more than the workers and a loop have in hands, and what a client keeps
///   under way beyond would only wait here instead of there.
/// - 256 KiB of a stream that nobody has asked for: so long may a message be without a round trip.
///   A longer one gets a window of its size once its length is known and its memory is set aside,
///   so a stream is never slower than the network, and all bodies stay within BodyBudget.
/// - As many streams as BodyBudget has room for, 4 KiB each, where a connection has more than one:
///   beyond, REFUSED_STREAM, after which a client may try again.
/// - nghttp2's own bounds: acknowledgements and SETTINGS that wait, CONTINUATION frames, 1000
///   resets at once and 33 a second after that (CVE-2023-44487).
/// Threads: the loop's.
class Http2Session {
 public:
  using Clock = Http2Call::Clock;

  /// on_news  called when there is something to send without anything having been received.
  Http2Session(EventLoop& loop, Admission admission, std::function<void()> on_news);

  /// Not while running_count() > 0.
  ~Http2Session();
  Http2Session(const Http2Session&) = delete;
  Http2Session& operator=(const Http2Session&) = delete;

  /// Goes on with what came. Returns false when the peer breaks the protocol beyond repair, or
  /// floods the server: what produce() still gives says so by GOAWAY, and nothing more is received.
  [[nodiscard]] bool receive(std::string_view bytes);

  /// Whether the peer has shown that it speaks HTTP/2. False after receive() has failed: it speaks
  /// something else, and nothing should be produced.
  [[nodiscard]] bool has_preface() const { return preface_left_ == 0; }

  /// Appends what there is to send, frame by frame, until `out` has size_max bytes or there is
  /// nothing more. Returns whether it stopped at size_max.
  bool produce(std::string& out, std::size_t size_max);

  /// Ends what has lasted too long; see Connection::tick().
  void tick(Clock::time_point now, Clock::duration standstill);

  /// Asks the client to open no more streams here, in two steps, so that none is lost that is on
  /// its way (RFC 9113, section 6.8): a notice, and, when a ping has come back, the number of the
  /// last stream that is answered.
  void begin_leaving();

  /// The second step at once.
  void leave();

  /// Ends calls that would go on for long.
  void end_long_calls(std::string_view why);

  /// Ends all calls that are not answered.
  void cancel_calls();

  /// The peer is gone: nobody wants what is under way.
  void abandon();

  /// Whether leave() has been called, all calls are answered, and all is produced; or the peer
  /// left.
  [[nodiscard]] bool is_over() const;

  /// When the soonest of the deadlines passes that clients gave to what workers do; or max.
  [[nodiscard]] Clock::time_point work_deadline() const;

  [[nodiscard]] bool has_calls() const { return !calls_.empty(); }
  [[nodiscard]] std::size_t running_count() const;
  [[nodiscard]] std::size_t stream_count() const { return stream_count_; }  ///< so far

 private:
  friend struct Http2Callbacks;
  struct Deleter {
    void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
  };
  using Calls = boost::intrusive::list<Http2Call>;

  void say_why_deaf(int error);
  void begin_call(std::int32_t stream_id);
  void end_call(Http2Call& call);
  void recycle(Http2Call& call);
  void take_body(Http2Call& call, std::string_view bytes);
  void pump(Http2Call& call);
  void open_window(Http2Call& call);
  void submit_head(Http2Call& call);
  [[nodiscard]] ssize_t give_output(Http2Call& call, std::size_t size_max, std::uint32_t& flags);
  void submit_trailers(const Http2Call& call);
  [[nodiscard]] bool go_on();
  void news_of(Http2Call& call);
  void trim_spare();
  [[nodiscard]] Http2Call* call_of(std::int32_t stream_id) const;

  EventLoop& loop_;
  const Admission admission_;
  const std::function<void()> on_news_;
  std::unique_ptr<nghttp2_session, Deleter> session_;
  std::string* out_ = nullptr;  // while produce() runs
  std::size_t out_size_max_ = 0;
  std::size_t preface_left_;
  std::size_t stream_count_ = 0;
  bool is_broken_ = false;   // nghttp2 can say nothing more
  bool is_deaf_ = false;     // nghttp2 can take nothing more
  bool is_leaving_ = false;  // the notice is given
  bool has_left_ = false;
  bool has_waiting_ = false;  // calls may have messages that wait

  Calls calls_;    // owned
  Calls orphans_;  // likewise: their streams are gone, while workers still have them
  std::vector<std::unique_ptr<Http2Call>> spare_;
};

}  // namespace ml_inference
