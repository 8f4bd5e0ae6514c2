// SPDX-License-Identifier: MIT
// When each request of an open loop is due.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace ml_inference {

/// For how long, and how many requests a second; 0 is a pause.
struct RateStep {
  double rate = 0;
  double seconds = 0;

  bool operator==(const RateStep&) const = default;
};

/// Requests at even distances within each step. Nothing but arithmetic: request number n is due at
/// the same time whatever became of the others.
class RateSchedule {
 public:
  /// Fastest rate of a step and longest time of all steps together.
  static constexpr double kRateMax = 1e6;
  static constexpr double kSecondsMax = 86'400;

  /// Nothing is ever due.
  RateSchedule() = default;

  /// steps  sound: rates in [0, kRateMax], seconds above 0, kSecondsMax together.
  explicit RateSchedule(const std::vector<RateStep>& steps);

  [[nodiscard]] std::uint64_t request_count() const { return request_count_; }
  [[nodiscard]] double seconds() const { return seconds_; }

  /// Nanoseconds from the start to request number `request`, counted from 0, below
  /// request_count().
  [[nodiscard]] std::uint64_t due_ns(std::uint64_t request) const;

 private:
  struct Part {
    double first_request;  // how many are due before the step begins
    double starts;         // seconds
    double rate;           // above 0: pauses have no part
  };

  std::vector<Part> parts_;
  std::uint64_t request_count_ = 0;
  double seconds_ = 0;
};

/// "500" (for `seconds`), or steps with times of their own: "100:10s,200:1m,0:500ms".
/// Errors: invalid_argument.
[[nodiscard]] Result<std::vector<RateStep>> parse_rate(std::string_view text, double seconds);

/// Whether the text has steps, and so a duration of its own.
[[nodiscard]] bool has_steps(std::string_view rate);

}  // namespace ml_inference
