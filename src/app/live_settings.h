// SPDX-License-Identifier: MIT
// The settings that may change while the program serves, and the text that changes them.
#pragma once

#include "base/result.h"
#include "telemetry/json_line.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ml_inference {

/// Bytes of a settings file: some lines of some dozen bytes, and room for comments.
inline constexpr std::size_t kSettingsFileSizeMax = 64 * 1024;

/// What the flags of the same names say, until a file says otherwise.
struct LiveSettings {
  LogLevel log_level = LogLevel::info;
  std::uint32_t log_sample = 1;
  std::optional<double> trace_sample;  ///< absent: what the flag says

  bool operator==(const LiveSettings&) const = default;
};

/// Reads a file of lines "key = value":
///
///   # while we look for the slow ones
///   log-level = debug
///   log-sample = 10
///   trace-sample = 0.1
///
/// Spaces around key and value, empty lines, lines that begin with # and carriage returns before a
/// line's end are skipped. A key that does not stand in the file keeps the value of `defaults`.
/// Errors: invalid_argument, with the line's number, for a line without "=", a key that is unknown
/// or stands there twice, or a value that makes no sense. Only values of known keys are shown.
[[nodiscard]] Result<LiveSettings> parse_live_settings(std::string_view text,
                                                       const LiveSettings& defaults);

}  // namespace ml_inference
