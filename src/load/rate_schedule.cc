// SPDX-License-Identifier: MIT
#include "load/rate_schedule.h"

#include "load/clock.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace ml_inference {
namespace {

// A number, and what follows it.
std::optional<double> read_number(std::string_view text, std::string_view& rest) {
  double value = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
  rest = text.substr(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::optional<double> read_seconds(std::string_view text) {
  std::string_view unit;
  const std::optional<double> value = read_number(text, unit);
  if (!value) return std::nullopt;
  if (unit == "ms") return *value / 1000;
  if (unit == "s" || unit.empty()) return *value;
  if (unit == "m") return *value * 60;
  return std::nullopt;
}

Result<RateStep> parse_step(std::string_view text, double seconds) {
  std::string_view rest;
  const std::optional<double> rate = read_number(text, rest);
  if (!rate || *rate < 0 || *rate > RateSchedule::kRateMax ||
      !(rest.empty() || rest.starts_with(':'))) {
    return fail(Code::invalid_argument,
                fmt::format("rate '{}': expected requests a second from 0 to {:.0f}, as 500, or "
                            "with a time as 500:10s",
                            text, RateSchedule::kRateMax));
  }
  if (rest.empty()) return RateStep{.rate = *rate, .seconds = seconds};
  const std::optional<double> time = read_seconds(rest.substr(1));
  if (!time || *time <= 0 || *time > RateSchedule::kSecondsMax) {
    return fail(Code::invalid_argument,
                fmt::format("rate '{}': expected a time up to 1440m behind the colon, such as "
                            "500ms, 10s, 1m",
                            text));
  }
  return RateStep{.rate = *rate, .seconds = *time};
}

}  // namespace

RateSchedule::RateSchedule(const std::vector<RateStep>& steps) {
  double requests = 0;
  for (const RateStep& step : steps) {
    if (step.rate > 0) parts_.push_back({requests, seconds_, step.rate});
    requests += step.rate * step.seconds;
    seconds_ += step.seconds;
  }
  // Rounding must not make a request of its own: 0.1 a second for 30 s are 3 requests.
  request_count_ = static_cast<std::uint64_t>(std::ceil(requests - 1e-6));
  if (requests <= 1e-6) request_count_ = 0;
}

std::uint64_t RateSchedule::due_ns(std::uint64_t request) const {
  const auto number = static_cast<double>(request);
  // The last step that begins at or before it. Few steps: a search from behind is the shortest.
  const auto part = std::find_if(parts_.rbegin(), parts_.rend(), [number](const Part& candidate) {
    return candidate.first_request <= number + 1e-6;
  });
  const Part& found = part == parts_.rend() ? parts_.front() : *part;
  const double seconds = found.starts + (number - found.first_request) / found.rate;
  return nanoseconds(std::max(seconds, found.starts));
}

bool has_steps(std::string_view rate) { return rate.find(':') != std::string_view::npos; }

Result<std::vector<RateStep>> parse_rate(std::string_view text, double seconds) {
  std::vector<RateStep> steps;
  double total = 0;
  const bool has_times = has_steps(text);
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    ASSIGN_OR_RETURN(const RateStep step, parse_step(word, seconds));
    if (has_times != has_steps(word) || (!has_times && !steps.empty())) {
      return fail(Code::invalid_argument,
                  fmt::format("rate '{}': expected one rate, or a time with each step, as in "
                              "100:10s,200:10s",
                              text));
    }
    steps.push_back(step);
    total += step.seconds;
    begin = end + 1;
  }
  if (total > RateSchedule::kSecondsMax) {
    return fail(Code::invalid_argument,
                fmt::format("rate '{}': the steps take {:.0f} s together, expected at most {:.0f}",
                            text, total, RateSchedule::kSecondsMax));
  }
  return steps;
}

}  // namespace ml_inference
