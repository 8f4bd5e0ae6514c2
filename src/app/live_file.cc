// SPDX-License-Identifier: MIT
#include "app/live_file.h"

#include <fmt/format.h>

#include <utility>

namespace ml_inference {
namespace {

constexpr std::string_view kLogger = "main";

Counter& reload_counter(Metrics& metrics, const std::string& label, const char* result) {
  return metrics.counter("settings_reloads_total",
                         "Changes of a settings file that were taken or refused.",
                         {{"file", label}, {"result", result}});
}

}  // namespace

LiveFile::LiveFile(std::string label, std::string path, std::size_t size_max, Apply apply,
                   JsonLog& log, Metrics& metrics)
    : label_(std::move(label)),
      file_(std::move(path), size_max),
      apply_(std::move(apply)),
      log_(log),
      successes_(reload_counter(metrics, label_, "success")),
      failures_(reload_counter(metrics, label_, "failure")) {}

Result<std::string> LiveFile::apply(const Result<std::string>& content) const {
  if (!content) return std::unexpected(content.error());
  Result<std::string> done = apply_(*content);
  if (!done) done.error().message.insert(0, file_.path() + ": ");
  return done;
}

Result<void> LiveFile::load() {
  const auto content = file_.look();  // the first look always tells
  if (!content) return {};
  ASSIGN_OR_RETURN(const std::string done, apply(*content));
  log_.write(LogLevel::info, kLogger, fmt::format("Read the {} file: {}", label_, done));
  return {};
}

void LiveFile::look() {
  const auto content = file_.look();
  if (!content) return;
  const Result<std::string> done = apply(*content);
  (done ? successes_ : failures_).Increment();
  if (done) {
    log_.write(LogLevel::info, kLogger, fmt::format("Read the {} file again: {}", label_, *done));
  } else {
    log_.write(LogLevel::warning, kLogger,
               fmt::format("The {} file has changed and is refused, what was in force stays: {}",
                           label_, done.error().message));
  }
}

}  // namespace ml_inference
