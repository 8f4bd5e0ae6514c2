// SPDX-License-Identifier: MIT
#include "telemetry/span_exporter.h"

#include "base/assert.h"
#include "telemetry/span_sender.h"

#include <signal.h>
#include <system_error>
#include <utility>

namespace ml_inference {
namespace {

// Signals belong to the threads that handle them.
std::thread start_without_signals(const std::shared_ptr<SpanSender>& sender) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread;
  try {
    thread = std::thread([sender] { sender->run(); });
  } catch (const std::system_error&) {
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace

SpanExporter::SpanExporter(SpanExporterOptions options, JsonLog& log)
    : sender_(std::make_shared<SpanSender>(std::move(options), log)),
      thread_(start_without_signals(sender_)) {
  const bool exporter_thread_started = thread_.joinable();
  ASSERT(exporter_thread_started);
}

SpanExporter::~SpanExporter() { stop(std::chrono::milliseconds(0)); }

bool SpanExporter::has_room(std::size_t span_count) { return sender_->has_room(span_count); }

void SpanExporter::add(Span span) { sender_->add(std::move(span)); }

void SpanExporter::stop(std::chrono::milliseconds limit) {
  if (!thread_.joinable()) return;
  if (sender_->stop(limit)) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

SpanCounts SpanExporter::counts() const { return sender_->counts(); }

}  // namespace ml_inference
