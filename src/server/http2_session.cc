// SPDX-License-Identifier: MIT
#include "server/http2_session.h"

#include "base/assert.h"
#include "base/byte_units.h"
#include "server/coded_answer.h"
#include "server/content_coding.h"
#include "server/event_loop.h"
#include "server/response_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <utility>

namespace ml_inference {
namespace {

constexpr std::size_t kPrefaceSize = NGHTTP2_CLIENT_MAGIC_LEN;

constexpr std::uint32_t kStreamCountMax = 256;
constexpr std::int32_t kStreamWindowSize = 256 * kKibibyte;
// Of all streams together. What comes is taken out of it at once, so it never keeps one waiting.
constexpr std::int32_t kConnectionWindowSize = 16 * kMebibyte;

// What a call takes beside its bodies, nghttp2's part included.
constexpr std::size_t kStreamSize = 4 * kKibibyte;

// Calls whose memory is kept for the next ones while there are others.
constexpr std::size_t kSpareCountMax = 8;

// The ping whose answer tells that the client has seen that the server leaves.
constexpr std::array<std::uint8_t, 8> kLeavePing{'l', 'e', 'a', 'v', 'i', 'n', 'g', '.'};

std::string_view view(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

// The fields of one head. Names, and values that are literals, are not copied.
class Fields {
 public:
  enum class Kind {
    literal,   // lives for ever
    repeated,  // may come again: is worth a place in the table of compression
    unique,    // is not
  };

  void add(std::string_view name, std::string_view value, Kind kind) {
    ASSERT(count_ < fields_.size());
    unsigned flags = NGHTTP2_NV_FLAG_NO_COPY_NAME;
    if (kind == Kind::literal) flags |= NGHTTP2_NV_FLAG_NO_COPY_VALUE;
    if (kind == Kind::unique) flags |= NGHTTP2_NV_FLAG_NO_INDEX;
    // nghttp2 takes pointers to what it will not change.
    fields_[count_++] = {.name = bytes(name),
                         .value = bytes(value),
                         .namelen = name.size(),
                         .valuelen = value.size(),
                         .flags = static_cast<std::uint8_t>(flags)};
  }

  /// Keeps the digits.
  void add(std::string_view name, std::size_t number, Kind kind) {
    ASSERT(number_count_ < numbers_.size());
    numbers_[number_count_] = std::to_string(number);
    add(name, numbers_[number_count_++], kind);
  }

  [[nodiscard]] std::span<const nghttp2_nv> all() const { return {fields_.data(), count_}; }

 private:
  static std::uint8_t* bytes(std::string_view text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  }

  std::array<nghttp2_nv, 20> fields_;
  std::array<std::string, 4> numbers_;
  std::size_t count_ = 0;
  std::size_t number_count_ = 0;
};

using Kind = Fields::Kind;

void add_trailers(Fields& fields, const Http2Call& call) {
  fields.add("grpc-status", static_cast<std::size_t>(call.grpc_status()), Kind::repeated);
  if (!call.grpc_message().empty()) fields.add("grpc-message", call.grpc_message(), Kind::unique);
}

void add_grpc_head(Fields& fields, const Http2Call& call) {
  fields.add(":status", "200", Kind::literal);
  fields.add("content-type", "application/grpc", Kind::literal);
  if (!call.request_id().empty()) fields.add("x-request-id", call.request_id(), Kind::unique);
  if (call.refuses_encoding())
    fields.add("grpc-accept-encoding", "identity,deflate,gzip", Kind::literal);
}

void add_http_head(Fields& fields, const Http2Call& call, std::string_view date) {
  const HttpResponse& response = call.response();
  fields.add(":status", static_cast<std::size_t>(response.status), Kind::repeated);
  fields.add("date", date, Kind::repeated);
  if (response.status != 304) {  // of which these would tell nothing of the client's copy
    fields.add("content-type", response.content_type, Kind::literal);
    fields.add("content-length", call.content_size(), Kind::unique);
  }
  if (!response.content_encoding.empty()) {
    fields.add("content-encoding", response.content_encoding, Kind::literal);
  }
  if (may_be_coded(response.content_encoding, call.content_size())) {
    fields.add("vary", "accept-encoding", Kind::literal);
  }
  if (response.names_codings) fields.add("accept-encoding", kTakenCodings, Kind::literal);
  if (!call.request_id().empty()) fields.add("x-request-id", call.request_id(), Kind::unique);
  if (!response.allow.empty()) fields.add("allow", response.allow, Kind::literal);
  if (!response.authenticate.empty()) {
    fields.add("www-authenticate", response.authenticate, Kind::literal);
  }
  if (response.json_size > 0) {
    fields.add("inference-header-content-length", response.json_size, Kind::unique);
  }
  for (const HeaderField& field : response.fields) {
    fields.add(field.name, field.value, Kind::literal);
  }
  if (response.retry_later) {
    fields.add("retry-after", std::size_t{kRetryAfterSeconds}, Kind::repeated);
  }
}

// Of a call that can fail for lack of memory alone, which nobody survives, or because a stream is
// gone already, which is no fault.
void check(int result) { ASSERT(!nghttp2_is_fatal(result)); }

}  // namespace

// What nghttp2 calls. None of them fails: what is wrong with a request is answered.
struct Http2Callbacks {
  static Http2Session& session_of(void* user) { return *static_cast<Http2Session*>(user); }

  static int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    const bool is_request =
        frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST;
    if (is_request) session_of(user).begin_call(frame->hd.stream_id);
    return 0;
  }

  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                       std::uint8_t, void* user) {
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    if (Http2Call* const call = session_of(user).call_of(frame->hd.stream_id)) {
      call->take_field(view(name, name_size), view(value, value_size));
    }
    return 0;
  }

  static int on_frame_recv(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Http2Session& self = session_of(user);
    const nghttp2_frame_hd& head = frame->hd;
    if (head.type == NGHTTP2_PING && (head.flags & NGHTTP2_FLAG_ACK) != 0 &&
        std::memcmp(frame->ping.opaque_data, kLeavePing.data(), kLeavePing.size()) == 0) {
      self.leave();
    }
    if (head.type != NGHTTP2_HEADERS && head.type != NGHTTP2_DATA) return 0;
    Http2Call* const call = self.call_of(head.stream_id);
    if (call == nullptr) return 0;
    if (head.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
      call->end_header(self.admission_);
    }
    if ((head.flags & NGHTTP2_FLAG_END_STREAM) != 0) call->end_body();
    self.pump(*call);
    return 0;
  }

  static int on_data_chunk(nghttp2_session*, std::uint8_t, std::int32_t stream_id,
                           const std::uint8_t* bytes, std::size_t size, void* user) {
    Http2Session& self = session_of(user);
    check(nghttp2_session_consume_connection(self.session_.get(), size));
    if (Http2Call* const call = self.call_of(stream_id)) self.take_body(*call, view(bytes, size));
    return 0;
  }

  static int on_stream_close(nghttp2_session*, std::int32_t stream_id, std::uint32_t, void* user) {
    Http2Session& self = session_of(user);
    if (Http2Call* const call = self.call_of(stream_id)) self.end_call(*call);
    return 0;
  }

  static int on_frame_send(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    const bool has_body = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (!has_body || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
    Http2Session& self = session_of(user);
    Http2Call* const call = self.call_of(frame->hd.stream_id);
    if (call == nullptr || call->client_has_ended()) return 0;
    call->drop_rest();
    self.pump(*call);
    return 0;
  }

  static ssize_t read_output(nghttp2_session*, std::int32_t stream_id, std::uint8_t*,
                             std::size_t size_max, std::uint32_t* flags, nghttp2_data_source*,
                             void* user) {
    Http2Session& self = session_of(user);
    Http2Call* const call = self.call_of(stream_id);
    if (call == nullptr) return NGHTTP2_ERR_DEFERRED;  // nobody asks for a stream that is gone
    return self.give_output(*call, size_max, *flags);
  }

  static int send_data(nghttp2_session*, nghttp2_frame* frame, const std::uint8_t* head,
                       std::size_t size, nghttp2_data_source*, void* user) {
    constexpr std::size_t kHeadSize = 9;  // RFC 9113, section 4.1
    Http2Session& self = session_of(user);
    if (self.out_->size() >= self.out_size_max_) return NGHTTP2_ERR_WOULDBLOCK;
    Http2Call* const call = self.call_of(frame->hd.stream_id);
    if (call == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    self.out_->append(view(head, kHeadSize));
    call->fetch_output(*self.out_, size);
    return 0;
  }

  // The same for all sessions, for as long as the program runs.
  static const nghttp2_session_callbacks* all() {
    static nghttp2_session_callbacks* const callbacks = [] {
      nghttp2_session_callbacks* made = nullptr;
      check(nghttp2_session_callbacks_new(&made));
      nghttp2_session_callbacks_set_on_begin_headers_callback(made, on_begin_headers);
      nghttp2_session_callbacks_set_on_header_callback(made, on_header);
      nghttp2_session_callbacks_set_on_frame_recv_callback(made, on_frame_recv);
      nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, on_data_chunk);
      nghttp2_session_callbacks_set_on_stream_close_callback(made, on_stream_close);
      nghttp2_session_callbacks_set_on_frame_send_callback(made, on_frame_send);
      nghttp2_session_callbacks_set_send_data_callback(made, send_data);
      return made;
    }();
    return callbacks;
  }

  static const nghttp2_option* options() {
    static nghttp2_option* const options = [] {
      nghttp2_option* made = nullptr;
      check(nghttp2_option_new(&made));
      nghttp2_option_set_no_auto_window_update(made, 1);
      nghttp2_option_set_no_closed_streams(made, 1);
      return made;
    }();
    return options;
  }
};

Http2Session::Http2Session(EventLoop& loop, Admission admission, std::function<void()> on_news)
    : loop_(loop),
      admission_(admission),
      on_news_(std::move(on_news)),
      preface_left_(kPrefaceSize) {
  nghttp2_session* made = nullptr;
  check(nghttp2_session_server_new2(&made, Http2Callbacks::all(), this, Http2Callbacks::options()));
  session_.reset(made);
  const std::array<nghttp2_settings_entry, 4> settings{{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kStreamCountMax},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindowSize},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, loop_.state().options.header_size_max},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  }};
  check(nghttp2_submit_settings(made, NGHTTP2_FLAG_NONE, settings.data(), settings.size()));
  check(nghttp2_session_set_local_window_size(made, NGHTTP2_FLAG_NONE, 0, kConnectionWindowSize));
}

Http2Session::~Http2Session() {
  session_.reset();  // tells of no stream any more
  for (Calls* const calls : {&calls_, &orphans_}) {
    calls->clear_and_dispose([this](Http2Call* call) {
      if (call->framing.is_counted) loop_.state().body_budget.give_back(kStreamSize);
      delete call;
    });
  }
}

bool Http2Session::receive(std::string_view bytes) {
  if (is_deaf_) return false;
  const std::size_t preface_size = std::min(preface_left_, bytes.size());
  const ssize_t taken = nghttp2_session_mem_recv(
      session_.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  if (taken == NGHTTP2_ERR_BAD_CLIENT_MAGIC) {
    is_broken_ = true;
    return false;
  }
  preface_left_ -= preface_size;
  if (taken < 0) say_why_deaf(static_cast<int>(taken));
  return !is_deaf_;
}

void Http2Session::say_why_deaf(int error) {
  is_deaf_ = true;
  const bool is_flood = error == NGHTTP2_ERR_FLOODED;
  check(nghttp2_session_terminate_session(
      session_.get(), is_flood ? NGHTTP2_ENHANCE_YOUR_CALM : NGHTTP2_INTERNAL_ERROR));
}

bool Http2Session::produce(std::string& out, std::size_t size_max) {
  out_ = &out;
  out_size_max_ = size_max;
  while (out.size() < size_max && !is_broken_) {
    const std::uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_.get(), &bytes);
    if (size < 0) {
      is_broken_ = true;
    } else if (size > 0) {
      out.append(view(bytes, static_cast<std::size_t>(size)));
    } else if (out.size() < size_max && !go_on()) {
      break;
    }
  }
  out_ = nullptr;
  return out.size() >= size_max;
}

// Has messages handled that waited for the answers before them. Returns whether there is news.
bool Http2Session::go_on() {
  if (!has_waiting_) return false;
  bool has_news = false;
  has_waiting_ = false;
  for (Http2Call& call : calls_) {
    if (call.go_on()) {
      has_news = true;
      pump(call);
    }
    has_waiting_ = has_waiting_ || call.is_waiting();
  }
  return has_news;
}

void Http2Session::tick(Clock::time_point now, Clock::duration standstill) {
  if (calls_.empty()) trim_spare();
  for (Http2Call& call : calls_) {
    call.tick(now, standstill);
    pump(call);
  }
}

void Http2Session::begin_leaving() {
  if (std::exchange(is_leaving_, true)) return;
  check(nghttp2_submit_shutdown_notice(session_.get()));
  check(nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_NONE, kLeavePing.data()));
}

void Http2Session::leave() {
  is_leaving_ = true;
  if (std::exchange(has_left_, true)) return;
  check(nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE,
                              nghttp2_session_get_last_proc_stream_id(session_.get()),
                              NGHTTP2_NO_ERROR, nullptr, 0));
}

void Http2Session::end_long_calls(std::string_view why) {
  for (Http2Call& call : calls_) {
    call.leave(why);
    pump(call);
  }
}

void Http2Session::cancel_calls() {
  for (Http2Call& call : calls_) {
    call.cancel();
    pump(call);
  }
}

void Http2Session::abandon() {
  for (Http2Call& call : calls_) call.close();
}

bool Http2Session::is_over() const {
  if (is_broken_) return true;
  return nghttp2_session_want_read(session_.get()) == 0 &&
         nghttp2_session_want_write(session_.get()) == 0;
}

Http2Session::Clock::time_point Http2Session::work_deadline() const {
  Clock::time_point soonest = Clock::time_point::max();
  for (const Http2Call& call : calls_) soonest = std::min(soonest, call.work_deadline());
  return soonest;
}

std::size_t Http2Session::running_count() const {
  const auto running = std::ranges::count_if(calls_, &Http2Call::is_running);
  return static_cast<std::size_t>(running) + orphans_.size();
}

void Http2Session::begin_call(std::int32_t stream_id) {
  BodyBudget& budget = loop_.state().body_budget;
  const bool is_counted = !calls_.empty();
  if (is_counted && !budget.try_take(kStreamSize)) {
    loop_.state().metrics.memory_answers.Increment();
    check(nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream_id,
                                    NGHTTP2_REFUSED_STREAM));
    return;
  }
  trim_spare();
  if (spare_.empty()) {
    spare_.push_back(
        std::make_unique<Http2Call>(loop_, [this](Http2Call& call) { news_of(call); }));
  }
  Http2Call& call = *spare_.back().release();
  spare_.pop_back();
  call.begin(stream_id);
  call.framing.is_counted = is_counted;
  calls_.push_back(call);
  ++stream_count_;
  check(nghttp2_session_set_stream_user_data(session_.get(), stream_id, &call));
}

// The stream is closed.
void Http2Session::end_call(Http2Call& call) {
  call.close();
  calls_.erase(calls_.iterator_to(call));
  if (call.is_running()) {
    call.framing.is_orphan = true;
    orphans_.push_back(call);
  } else {
    recycle(call);
  }
}

void Http2Session::recycle(Http2Call& call) {
  if (call.framing.is_counted) loop_.state().body_budget.give_back(kStreamSize);
  call.reset();
  spare_.emplace_back(&call);
}

void Http2Session::trim_spare() {
  const std::size_t kept = calls_.empty() ? 1 : kSpareCountMax;
  if (spare_.size() > kept) spare_.resize(kept);
}

// A worker has answered, or stopped.
void Http2Session::news_of(Http2Call& call) {
  if (call.is_closed()) {
    if (call.framing.is_orphan) {
      orphans_.erase(orphans_.iterator_to(call));
      recycle(call);
    }
  } else {
    call.go_on();
    pump(call);
  }
  on_news_();
}

void Http2Session::take_body(Http2Call& call, std::string_view bytes) {
  call.take_body(bytes);
  open_window(call);
  pump(call);
}

// Lets the client send on: as much as was used up, or all of a message that has begun.
void Http2Session::open_window(Http2Call& call) {
  if (call.missing_size() <= static_cast<std::size_t>(kStreamWindowSize)) return;
  const auto wanted = static_cast<std::int32_t>(call.missing_size());
  if (nghttp2_session_get_stream_effective_local_window_size(session_.get(), call.stream_id()) >=
      wanted) {
    return;
  }
  check(nghttp2_session_set_local_window_size(session_.get(), NGHTTP2_FLAG_NONE, call.stream_id(),
                                              wanted));
}

// Submits what the call has come to.
void Http2Session::pump(Http2Call& call) {
  has_waiting_ = has_waiting_ || call.is_waiting();
  if (call.is_closed() || call.framing.is_reset) return;
  if (const std::size_t used = call.take_used_size(); used > 0 && !call.client_has_ended()) {
    check(nghttp2_session_consume_stream(session_.get(), call.stream_id(), used));
  }
  if (call.is_given_up()) {
    call.framing.is_reset = true;
    // Answered before all of it came: the rest is not wanted (RFC 9113, section 8.1).
    const std::uint32_t code = call.is_dropping_rest() ? NGHTTP2_NO_ERROR : NGHTTP2_CANCEL;
    check(nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, call.stream_id(), code));
  } else if (call.has_head() && !call.framing.has_head) {
    submit_head(call);
  } else if (call.framing.is_deferred && (call.output_size() > 0 || call.has_ended())) {
    call.framing.is_deferred = false;
    check(nghttp2_session_resume_data(session_.get(), call.stream_id()));
  }
}

void Http2Session::submit_head(Http2Call& call) {
  call.framing.has_head = true;
  Fields fields;
  const bool has_output = call.output_size() > 0 || !call.has_ended();
  if (call.is_grpc()) {
    add_grpc_head(fields, call);
    if (!has_output) add_trailers(fields, call);
  } else {
    add_http_head(fields, call, loop_.date());
  }
  nghttp2_data_provider provider{};
  provider.read_callback = Http2Callbacks::read_output;
  check(nghttp2_submit_response(session_.get(), call.stream_id(), fields.all().data(),
                                fields.all().size(), has_output ? &provider : nullptr));
}

// What the next DATA frame holds.
ssize_t Http2Session::give_output(Http2Call& call, std::size_t size_max, std::uint32_t& flags) {
  const std::size_t left = call.output_size();
  if (left == 0 && !call.has_ended()) {
    call.framing.is_deferred = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  const std::size_t size = std::min(left, size_max);
  flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (size == left && call.has_ended()) {
    flags |= NGHTTP2_DATA_FLAG_EOF;
    if (call.is_grpc()) {
      flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      submit_trailers(call);
    }
  }
  return static_cast<ssize_t>(size);
}

void Http2Session::submit_trailers(const Http2Call& call) {
  Fields fields;
  add_trailers(fields, call);
  check(nghttp2_submit_trailer(session_.get(), call.stream_id(), fields.all().data(),
                               fields.all().size()));
}

Http2Call* Http2Session::call_of(std::int32_t stream_id) const {
  return static_cast<Http2Call*>(nghttp2_session_get_stream_user_data(session_.get(), stream_id));
}

}  // namespace ml_inference
