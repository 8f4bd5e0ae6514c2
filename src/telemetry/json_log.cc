// SPDX-License-Identifier: MIT
#include "telemetry/json_log.h"

#include "base/assert.h"
#include "telemetry/json_log_writer.h"

#include <signal.h>
#include <system_error>

namespace ml_inference {
namespace {

// A thread begins with the signal mask of the one that makes it. The log's thread blocks all
// signals: they belong to the threads that handle them, and a closed pipe is an error code here.
std::thread start_without_signals(const std::shared_ptr<JsonLogWriter>& writer) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread;
  try {
    thread = std::thread([writer] { writer->run(); });
  } catch (const std::system_error&) {
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace

JsonLog::JsonLog(int fd, JsonLogOptions options)
    : level_(options.level),
      exit_flush_limit_(options.exit_flush_limit),
      writer_(std::make_shared<JsonLogWriter>(fd, options.buffer_size_bytes,
                                              options.level <= LogLevel::warning)),
      thread_(start_without_signals(writer_)) {
  const bool log_thread_started = thread_.joinable();
  ASSERT(log_thread_started);
}

JsonLog::~JsonLog() {
  if (writer_->stop(exit_flush_limit_)) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

void JsonLog::set_level(LogLevel level) {
  level_.store(level, std::memory_order_relaxed);
  writer_->set_warns(level <= LogLevel::warning);
}

void JsonLog::write(LogLevel level, std::string_view logger, std::string_view message,
                    std::span<const LogField> fields) {
  if (!enabled(level)) return;
  thread_local JsonLine line;
  writer_->append(level,
                  line.format(std::chrono::system_clock::now(), level, logger, message, fields));
}

std::uint64_t JsonLog::dropped_count() const { return writer_->dropped_count(); }

std::uint64_t JsonLog::written_count() const { return writer_->written_count(); }

void JsonLog::flush(std::chrono::milliseconds limit) { writer_->flush(limit); }

}  // namespace ml_inference
