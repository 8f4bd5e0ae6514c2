// SPDX-License-Identifier: MIT
#include "telemetry/span_sender.h"

#include "base/number_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace ml_inference {
namespace {

constexpr std::string_view kLogger = "main";

// Bytes of a receiver's own words that a log line has.
constexpr std::size_t kToldMessageSizeMax = 200;

std::size_t span_count_of(const std::vector<Span>& batch) {
  return std::accumulate(
      batch.begin(), batch.end(), std::size_t{0},
      [](std::size_t count, const Span& span) { return count + span.span_count(); });
}

}  // namespace

SpanSender::SpanSender(SpanExporterOptions options, JsonLog& log)
    : options_(std::move(options)),
      queue_(options_.queue_size, options_.batch_size),
      log_(&log),
      random_(std::random_device()()),
      pause_(options_.pause_min) {}

bool SpanSender::has_room(std::size_t span_count) {
  if (queue_.size() < options_.queue_size) return true;
  queue_full_.fetch_add(span_count, std::memory_order_relaxed);
  return false;
}

void SpanSender::add(Span span) {
  const std::size_t span_count = span.span_count();
  unsettled_.fetch_add(span_count, std::memory_order_relaxed);  // run() may be quick
  if (queue_.try_push(std::move(span))) return;
  unsettled_.fetch_sub(span_count, std::memory_order_relaxed);
  queue_full_.fetch_add(span_count, std::memory_order_relaxed);
}

void SpanSender::run() {
  while (true) {
    const bool last = is_stopping();  // asked first: what is taken afterwards is all there is
    const std::vector<Span> batch = queue_.pop_batch(options_.batch_delay);
    if (!batch.empty()) send(batch);
    if (batch.empty() && last) break;
  }
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  finished_.notify_all();
}

// Until the batch is taken, refused for good, or too old. While stopping, each has one chance.
void SpanSender::send(const std::vector<Span>& batch) {
  const std::size_t span_count = span_count_of(batch);
  const std::string body = otlp_request_body(options_.resource, options_.version, batch, random_);
  const Clock::time_point too_old = Clock::now() + options_.retry_limit;
  while (true) {
    const std::chrono::milliseconds timeout = patience();
    if (timeout.count() <= 0) return lose(span_count);
    const OtlpOutcome outcome = post_spans(options_.endpoint, body, timeout);
    if (outcome.taken || !outcome.may_retry) return settle(span_count, outcome);
    const std::chrono::milliseconds pause = next_pause(outcome);
    if (Clock::now() + pause > too_old) return settle(span_count, outcome);
    if (!failing_) {
      failing_ = true;
      tell(LogLevel::warning, "Trace export fails, trying again: " + outcome.reason);
    }
    if (!rest(pause)) return lose(span_count);
  }
}

// Spread by a half, so that the pods of a deployment do not come back all at once.
std::chrono::milliseconds SpanSender::next_pause(const OtlpOutcome& outcome) {
  if (outcome.retry_after) {
    return std::min<std::chrono::milliseconds>(*outcome.retry_after, options_.pause_max);
  }
  const std::chrono::milliseconds pause = pause_;
  pause_ = std::min(2 * pause_, options_.pause_max);
  std::uniform_int_distribution<std::int64_t> spread(pause.count() / 2, pause.count());
  return std::chrono::milliseconds(spread(random_));
}

// How long an export may take now.
std::chrono::milliseconds SpanSender::patience() {
  const std::lock_guard lock(mutex_);
  if (!stopping_) return options_.timeout;
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(stop_deadline_ - Clock::now());
  return std::min(left, options_.timeout);
}

// Returns false when there is no more time: stop() was called.
bool SpanSender::rest(std::chrono::milliseconds pause) {
  std::unique_lock lock(mutex_);
  return !stop_asked_.wait_for(lock, pause, [this] { return stopping_; });
}

bool SpanSender::is_stopping() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

// The log is told first: whoever sees a count may look there for its reason.
void SpanSender::settle(std::size_t span_count, const OtlpOutcome& outcome) {
  if (!outcome.taken) {
    if (!std::exchange(failing_, true)) {
      tell(LogLevel::warning, "Trace export fails, spans are lost: " + outcome.reason);
    }
    count(export_failed_, span_count);
    return;
  }
  pause_ = options_.pause_min;
  const std::size_t rejected = std::min<std::uint64_t>(outcome.answer.rejected_count, span_count);
  const bool was_failing = std::exchange(failing_, rejected > 0);
  if (rejected > 0 && !was_failing) {
    tell(LogLevel::warning,
         fmt::format("Trace export: the receiver rejected {}: {}", count_text(rejected, "span"),
                     outcome.answer.message.substr(0, kToldMessageSizeMax)));
  } else if (rejected == 0 && was_failing) {
    tell(LogLevel::info, "Trace export works again");
  }
  count(rejected_, rejected);
  count(exported_, span_count - rejected);
}

void SpanSender::lose(std::size_t span_count) { count(shutdown_, span_count); }

// Nothing is counted twice: what a thread that is left behind has in its hands, stop() has counted.
void SpanSender::count(std::atomic<std::uint64_t>& counter, std::size_t span_count) {
  const std::lock_guard lock(mutex_);
  if (log_ == nullptr) return;
  counter.fetch_add(span_count, std::memory_order_relaxed);
  unsettled_.fetch_sub(span_count, std::memory_order_relaxed);
}

void SpanSender::tell(LogLevel level, std::string_view message) {
  const std::lock_guard lock(mutex_);
  if (log_ != nullptr) log_->write(level, kLogger, message);
}

bool SpanSender::stop(std::chrono::milliseconds limit) {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    stop_deadline_ = Clock::now() + limit;
  }
  stop_asked_.notify_all();
  queue_.close();
  std::unique_lock lock(mutex_);
  // The little more is for an export that ends by its own deadline.
  const bool done =
      finished_.wait_for(lock, limit + std::chrono::milliseconds(100), [this] { return stopped_; });
  if (!done) {
    log_ = nullptr;
    shutdown_.fetch_add(unsettled_.exchange(0), std::memory_order_relaxed);
  }
  return done;
}

SpanCounts SpanSender::counts() const {
  return {.exported = exported_.load(std::memory_order_relaxed),
          .queue_full = queue_full_.load(std::memory_order_relaxed),
          .export_failed = export_failed_.load(std::memory_order_relaxed),
          .rejected = rejected_.load(std::memory_order_relaxed),
          .shutdown = shutdown_.load(std::memory_order_relaxed)};
}

}  // namespace ml_inference
