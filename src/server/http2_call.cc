// SPDX-License-Identifier: MIT
#include "server/http2_call.h"

#include "base/assert.h"
#include "server/coded_answer.h"
#include "server/event_loop.h"
#include "server/timeout_field.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ml_inference {
namespace {

// No further message of a stream is handled while so much of the answers before it is not fetched.
constexpr std::size_t kUnfetchedSizeMax = BodyBudget::kUncountedSize;

// A connection has many calls, so less of each is left uncounted than of HTTP/1.1's requests: about
// as much as the call takes beside its bodies.
constexpr std::size_t kUncountedSize = kKibibyte;

constexpr std::string_view kShuttingDown = "the server is shutting down";

// A gRPC message's flag, which says that it is not compressed, and its length.
std::array<char, GrpcMessageReader::kPrefixSize> message_prefix(std::size_t size) {
  return {0, static_cast<char>(size >> 24), static_cast<char>(size >> 16),
          static_cast<char>(size >> 8), static_cast<char>(size)};
}

// A refusal's status for those who know the server, not only what stands in between.
GrpcStatus grpc_status_of_refusal(int status) {
  return status == 429 ? GrpcStatus::resource_exhausted : grpc_status_of_http(status);
}

}  // namespace

Http2Call::Http2Call(EventLoop& loop, std::function<void(Http2Call&)> on_news)
    : loop_(loop),
      state_(loop.state()),
      on_news_(std::move(on_news)),
      reader_(state_.options.body_size_max, state_.body_budget, kUncountedSize),
      body_share_(state_.body_budget, kUncountedSize),
      coded_body_(state_.options.body_size_max, body_share_),
      task_(loop),
      output_share_(state_.body_budget, kUncountedSize) {
  reset();
}

Http2Call::~Http2Call() = default;

void Http2Call::begin(std::int32_t stream_id) {
  stream_id_ = stream_id;
  enter(Stage::header);
}

void Http2Call::reset() {
  ASSERT(!is_running());
  framing = {};
  client_deadline_.reset();
  exchange_ = Exchange::whole;
  is_grpc_ = is_closed_ = is_given_up_ = client_has_ended_ = has_message_ = looks_again_ = false;
  is_cut_off_ = refuses_encoding_ = has_head_ = has_ended_ = false;
  pending_begin_ = used_size_ = content_size_ = 0;
  header_.clear();
  for (std::string* text : {&pending_, &request_id_sent_, &watched_, &grpc_message_}) {
    text->clear();
    if (text->capacity() > kKeptBodySize) text->shrink_to_fit();
  }
  reader_.reset(false);
  coded_body_.reset(ContentCoding::identity);
  body_share_.end(body_);
  response_.clear();
  forget_output();
  grpc_status_ = GrpcStatus::ok;
  start_ = {};
}

void Http2Call::take_field(std::string_view name, std::string_view value) {
  header_.take(name, value, state_.options.header_size_max);
}

void Http2Call::end_header(Admission admission) {
  if (has_ended_) return;
  is_grpc_ = ml_inference::is_grpc(header_.content_type);
  enter(Stage::body);
  if (refuse_header(admission)) return;
  if (!is_grpc_) return take_plain_timeout();
  if (refuse_grpc_header()) return;
  exchange_ = loop_.handler().exchange(header_.target);
  if (exchange_ == Exchange::messages) enter(Stage::between);
}

// What neither kind of request may be like.
bool Http2Call::refuse_header(Admission admission) {
  const auto coding = find_content_coding(header_.content_encoding);
  const bool takes_coding = coding && (!is_grpc_ || *coding == ContentCoding::identity);
  if (header_.size > state_.options.header_size_max) {
    refuse(431, GrpcStatus::resource_exhausted,
           fmt::format("the header is over the limit of {} bytes", state_.options.header_size_max));
  } else if (header_.authorization_count >
             1) {  // who stands in between may have checked the other one
    refuse(400, GrpcStatus::internal,
           fmt::format("the request has {} Authorization fields, expected one",
                       header_.authorization_count));
  } else if (!takes_coding) {
    refuse(415, GrpcStatus::internal,
           fmt::format("Content-Encoding is '{}', expected {}", header_.content_encoding,
                       is_grpc_ ? "none" : kTakenCodings));
    response_.names_codings = !is_grpc_;
  } else if (admission == Admission::overflow) {
    make_request({});
    if (loop_.handler().is_vital(request_)) return false;
    state_.metrics.overflow_answers.Increment();
    refuse(503, GrpcStatus::unavailable, "the server has as many connections as it takes");
  } else if (!is_grpc_ &&
             header_.body_size() > body_share_.size_max(state_.options.body_size_max)) {
    refuse_large_body();
  }
  if (coding) coded_body_.reset(*coding);
  return has_ended_;
}

void Http2Call::refuse_large_body() {
  refuse(413, GrpcStatus::resource_exhausted,
         fmt::format("the body is over the limit of {} bytes",
                     body_share_.size_max(state_.options.body_size_max)));
}

void Http2Call::take_plain_timeout() {
  const std::string& text = header_.timeout.empty() ? header_.proxy_timeout : header_.timeout;
  if (text.empty()) return;
  if (const auto timeout = parse_timeout_field(text)) {
    client_deadline_ = Clock::now() + *timeout;
  } else {
    refuse(400, GrpcStatus::invalid_argument, timeout_field_fault(text));
  }
}

// What makes a request no gRPC call, though its content type says so.
bool Http2Call::refuse_grpc_header() {
  if (header_.method != "POST") {
    refuse(405, GrpcStatus::internal,
           fmt::format("the method is {}, expected POST", header_.method));
  } else if (!header_.has_te_trailers) {
    refuse(400, GrpcStatus::internal, "the field 'te: trailers' is missing: a proxy removed it");
  } else if (!header_.grpc_encoding.empty() && header_.grpc_encoding != "identity" &&
             header_.grpc_encoding != "gzip" && header_.grpc_encoding != "deflate") {
    refuses_encoding_ = true;
    refuse(415, GrpcStatus::unimplemented,
           fmt::format("grpc-encoding is '{}', expected identity, gzip or deflate",
                       header_.grpc_encoding));
  } else if (!header_.grpc_timeout.empty()) {
    const auto timeout = parse_grpc_timeout(header_.grpc_timeout);
    if (timeout) {
      client_deadline_ = Clock::now() + *timeout;
    } else {
      refuse(400, GrpcStatus::internal,
             fmt::format("grpc-timeout is '{}', expected up to eight digits and a unit",
                         header_.grpc_timeout));
    }
  }
  reader_.reset(header_.grpc_encoding == "gzip" || header_.grpc_encoding == "deflate");
  return has_ended_;
}

void Http2Call::take_body(std::string_view bytes) {
  if (has_ended_) {
    used_size_ += bytes.size();
  } else if (!is_grpc_) {
    take_plain_body(bytes);
  } else {
    if (pending_.empty()) bytes.remove_prefix(read_messages(bytes));
    if (bytes.empty()) return;
    pending_ += bytes;
    if (body_share_.take(pending_.size())) return;
    if (is_running()) {  // the response is the worker's
      is_given_up_ = true;
    } else {
      refuse_for_memory(kNoRoomForBody);
    }
  }
}

void Http2Call::take_plain_body(std::string_view bytes) {
  used_size_ += bytes.size();
  if (coded_body_.has_coding()) {
    if (const auto refusal = coded_body_.take(bytes, body_)) refuse_body(*refusal);
    return;
  }
  const std::size_t size_max = body_share_.size_max(state_.options.body_size_max);
  std::size_t size = body_.size() + bytes.size();
  if (body_.empty()) size = std::max(size, header_.body_size());  // one that grows is there twice
  if (size > size_max) {
    refuse_large_body();
  } else if (size > body_.capacity() &&
             !reserve_body(std::min(size_max, std::max(size, 2 * body_.size())))) {
    refuse_for_memory(kNoRoomForBody);
  } else {
    body_ += bytes;
  }
}

bool Http2Call::reserve_body(std::size_t size) {
  if (!body_share_.take(size)) return false;
  body_share_.make_room(body_, size);
  return true;
}

// Whether the next message has to wait. Of what is no stream of messages there is none.
bool Http2Call::is_busy() const {
  return is_running() || output_size() > kUnfetchedSizeMax || stage_ == Stage::watch;
}

// Returns how many of the bytes are used up; fewer than all when the rest has to wait.
std::size_t Http2Call::read_messages(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size() && !has_ended_ && !is_busy()) {
    if (has_message_) {
      refuse(400, GrpcStatus::internal, "the call has more than one message, expected one");
      break;
    }
    if (stage_ == Stage::between) enter(Stage::body);
    const auto progress = reader_.feed(bytes.substr(used));
    used += progress.consumed;
    if (progress.status == GrpcMessageReader::Status::refused) {
      const GrpcRefusal& refusal = reader_.refusal();
      if (refusal.status == 503) state_.metrics.memory_answers.Increment();
      refuse(refusal.status, refusal.grpc_status, refusal.detail);
    } else if (progress.status == GrpcMessageReader::Status::message) {
      has_message_ = exchange_ != Exchange::messages;
      if (!has_message_) handle(reader_.message());
    }
  }
  if (has_ended_) used = bytes.size();
  used_size_ += used;
  return used;
}

bool Http2Call::go_on() {
  if (!is_waiting() || is_busy()) return false;
  pending_begin_ += read_messages(std::string_view(pending_).substr(pending_begin_));
  if (pending_begin_ < pending_.size()) return true;
  pending_begin_ = 0;
  pending_.clear();
  if (pending_.capacity() > kKeptBodySize) pending_.shrink_to_fit();
  body_share_.release();
  if (client_has_ended_ && !has_ended_ && !is_busy()) end_input();
  return true;
}

void Http2Call::end_body() {
  client_has_ended_ = true;
  if (has_ended_ || is_busy() || !pending_.empty()) return;
  end_input();
}

void Http2Call::end_input() {
  if (!is_grpc_) {
    const auto refusal = coded_body_.end(body_);
    return refusal ? refuse_body(*refusal) : handle(body_);
  }
  const bool is_within = !has_message_ && !reader_.is_between();
  if (is_within) {
    refuse(400, GrpcStatus::internal, "the call ends within a message");
  } else if (exchange_ == Exchange::messages) {
    end(GrpcStatus::ok, {});
  } else if (has_message_) {
    handle(reader_.message());
  } else {
    refuse(400, GrpcStatus::internal, "the call has no message, expected one");
  }
}

void Http2Call::make_request(std::string_view body) {
  request_ = {.method = header_.method,
              .target = header_.target,
              .accept = header_.accept,
              .content_type = header_.content_type,
              .request_id = header_.request_id,
              .authorization = header_.authorization,
              .traceparent = header_.traceparent,
              .tracestate = header_.tracestate,
              .body = body,
              .json_size = header_.json_size,
              .accept_encoding = header_.accept_encoding,
              .if_none_match = header_.if_none_match,
              .deadline = client_deadline_};
}

void Http2Call::handle(std::string_view message) {
  start_ = Clock::now();
  if (client_deadline_ && *client_deadline_ <= start_) {
    return refuse(504, GrpcStatus::deadline_exceeded,
                  "the client's deadline passed before the call was begun");
  }
  make_request(message);
  response_.clear();
  auto work = is_grpc_ ? loop_.handler().handle(request_, response_)
                       : handle_coded(loop_.handler(), request_, response_, state_.body_budget);
  if (work != nullptr) {
    work->wanted_until(client_deadline_);
    do_work(std::move(work));
  } else {
    answer();
  }
}

void Http2Call::do_work(std::unique_ptr<Work> work) {
  enter(Stage::work);
  const auto end = task_.start(std::move(work), response_, output_share_, [this] {
    finish_work();
    on_news_(*this);
  });
  if (end) refuse_work(*end);
}

void Http2Call::finish_work() {
  switch (task_.end()) {
    case WorkerTask::End::answered: return answer();
    case WorkerTask::End::stopped: return refuse_stopped();
    default: return refuse_work(task_.end());
  }
}

void Http2Call::refuse_work(WorkerTask::End end) {
  const WorkerTask::Refusal refusal = task_.refusal(end);
  refuse(refusal.status, grpc_status_of_refusal(refusal.status), refusal.detail);
}

void Http2Call::refuse_stopped() {
  if (is_closed_) {
    refuse(503, GrpcStatus::cancelled, "the client ended the call before the answer was there");
  } else if (is_cut_off_) {
    refuse(504, GrpcStatus::deadline_exceeded,
           "the request's deadline passed before the answer was there");
  } else if (state_.current_phase() == ServerPhase::cancelling) {
    refuse(503, GrpcStatus::unavailable, kShuttingDown);
  } else {
    refuse(503, GrpcStatus::deadline_exceeded,
           task_.has_begun() ? "the prediction took too long, expected fewer rows"
                             : "the request waited too long for a worker");
  }
}

// The response is filled: makes it the answer, or a part of it.
void Http2Call::answer() {
  if (looks_again_ && response_status() == GrpcStatus::ok && response_.body == watched_) {
    return enter(Stage::watch);
  }
  if (!compose()) return;
  record();
  if (has_ended_) return;
  if (exchange_ == Exchange::watch) {
    looks_again_ = true;
    return enter(Stage::watch);
  }
  reader_.next();
  enter(Stage::between);
}

GrpcStatus Http2Call::response_status() const {
  if (!is_grpc_) return GrpcStatus::ok;
  return response_.grpc_status ? static_cast<GrpcStatus>(*response_.grpc_status)
                               : grpc_status_of_http(response_.status);
}

// Puts the response where it is fetched from, within the budget; those to probes and scrapes are
// always given. Returns false if it was refused instead.
bool Http2Call::compose() {
  content_size_ = response_.body.size();
  const std::size_t size = output_size() + content_size_ + GrpcMessageReader::kPrefixSize;
  if (!output_share_.take(size) && !loop_.handler().is_vital(request_)) {
    refuse_for_memory(kNoRoomForAnswer);
    return false;
  }
  if (!has_head_) request_id_sent_ = response_.request_id;
  has_head_ = true;
  if (exchange_ == Exchange::watch) watched_ = response_.body;
  const GrpcStatus status = response_status();
  if (status == GrpcStatus::ok) add_output();
  if (status != GrpcStatus::ok || exchange_ == Exchange::whole) {
    const std::string_view said = response_.grpc_message;
    end(status, said.empty() && status != GrpcStatus::ok ? response_.outcome : said);
  }
  return true;
}

void Http2Call::add_output() {
  if (output_size() == 0) {
    output_deadline_ = loop_.coarse_now() + state_.options.request_timeout;
  }
  if (is_grpc_) {
    const auto prefix = message_prefix(response_.body.size());
    output_.add({prefix.data(), prefix.size()});
  } else if (header_.method == "HEAD") {
    return;
  }
  output_.add_body(response_.body);
}

// The response goes on record.
void Http2Call::record() {
  const Clock::time_point now = Clock::now();
  loop_.set_coarse_now(now);
  loop_.handler().finished(request_, response_, now - start_);
  start_ = {};
  if (is_grpc_) response_.clear();
  if (!has_ended_) return;
  reader_.next();
  body_share_.end(body_);
}

void Http2Call::end(GrpcStatus status, std::string_view message) {
  has_head_ = true;
  has_ended_ = true;
  grpc_status_ = status;
  append_grpc_message(grpc_message_, message);
  enter(Stage::fetch);
}

// An answer that says why there is no other: the last.
void Http2Call::refuse(int status, GrpcStatus grpc_status, std::string_view detail) {
  const RequestTrace trace = response_.trace;
  response_.clear();
  response_.trace = trace;
  make_request(is_grpc_ ? reader_.message() : body_);
  if (start_ == Clock::time_point()) start_ = Clock::now();
  loop_.handler().refuse(request_, status, detail, response_);
  if (is_grpc_) {
    response_.grpc_status = static_cast<int>(grpc_status);
    response_.grpc_message = detail;
  }
  if (!has_head_) request_id_sent_ = response_.request_id;
  content_size_ = response_.body.size();
  if (!is_grpc_) add_output();
  end(grpc_status, detail);
  record();
}

void Http2Call::refuse_for_memory(std::string_view detail) {
  state_.metrics.memory_answers.Increment();
  refuse(503, GrpcStatus::unavailable, detail);
}

void Http2Call::refuse_body(const RequestRefusal& refusal) {
  coded_body_.reset(ContentCoding::identity);
  if (refusal.status == 503) return refuse_for_memory(refusal.detail);
  refuse(refusal.status, GrpcStatus::internal, refusal.detail);
}

void Http2Call::fetch_output(std::string& out, std::size_t size) {
  output_.fetch(out, size);
  if (output_size() == 0) forget_output();
}

void Http2Call::forget_output() {
  output_.clear();
  output_deadline_ = Clock::time_point::max();
  if (!is_running()) output_share_.release();
}

void Http2Call::close() {
  is_closed_ = true;
  task_.stop();
}

void Http2Call::enter(Stage stage) {
  stage_ = stage;
  const bool is_open_ended = stage == Stage::between || stage == Stage::watch;
  const auto limit = stage == Stage::header ? state_.options.header_timeout
                     : stage == Stage::rest ? kLingerTimeout
                                            : state_.options.request_timeout;
  stage_deadline_ = is_open_ended ? Clock::time_point::max() : loop_.coarse_now() + limit;
}

Http2Call::Clock::time_point Http2Call::work_deadline() const {
  if (!is_running() || task_.is_stopped()) return Clock::time_point::max();
  return task_.terms().deadline.value_or(Clock::time_point::max());
}

void Http2Call::tick(Clock::time_point now, Clock::duration standstill) {
  if (is_closed_) return;
  for (Clock::time_point* deadline : {&stage_deadline_, &output_deadline_}) {
    if (*deadline != Clock::time_point::max()) *deadline += standstill;
  }
  if (client_deadline_ && *client_deadline_ <= now) {
    time_is_up();
  } else if (work_deadline() <= now) {
    is_cut_off_ = true;
    task_.stop();
  } else if (output_deadline_ <= now) {
    is_given_up_ = true;
  } else if (stage_deadline_ <= now) {
    last_too_long();
  } else if (stage_ == Stage::watch && output_size() == 0) {
    handle(reader_.message());
  }
}

// The client's deadline has passed.
void Http2Call::time_is_up() {
  if (is_running()) {
    is_cut_off_ = true;
    task_.stop();
  } else if (has_ended_ || output_size() > 0) {
    is_given_up_ = true;
  } else if (stage_ == Stage::between || stage_ == Stage::watch) {
    end(GrpcStatus::deadline_exceeded, "the client's deadline has passed");
  } else {
    refuse(504, GrpcStatus::deadline_exceeded,
           "the client's deadline passed before the message was there");
  }
}

void Http2Call::last_too_long() {
  if (is_running()) {
    task_.stop();
  } else if (has_ended_) {
    is_given_up_ = true;
  } else {
    refuse(408, GrpcStatus::deadline_exceeded,
           stage_ == Stage::header ? "the request header came too slowly"
                                   : "the request body came too slowly");
  }
}

// A client that is told at once to stop sending may not read the answer before it does.
void Http2Call::drop_rest() {
  enter(Stage::rest);
  is_given_up_ = state_.current_phase() >= ServerPhase::closing;
}

void Http2Call::leave(std::string_view why) {
  if (is_dropping_rest()) is_given_up_ = true;
  if (is_running() || has_ended_) return;
  if (stage_ == Stage::between || stage_ == Stage::watch) end(GrpcStatus::unavailable, why);
}

void Http2Call::cancel() {
  leave(kShuttingDown);
  if (is_running()) {
    task_.stop();
  } else if (!has_ended_) {
    refuse(503, GrpcStatus::unavailable, kShuttingDown);
  }
}

}  // namespace ml_inference
