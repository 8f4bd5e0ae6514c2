// SPDX-License-Identifier: MIT
// One log line as bytes: the format, without the threads.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace ml_inference {

enum class LogLevel { debug, info, warning, error };

/// "DEBUG", "INFO", "WARNING", "ERROR".
[[nodiscard]] std::string_view log_level_name(LogLevel level);

/// The level of that name in upper or lower case, for a flag.
[[nodiscard]] std::optional<LogLevel> parse_log_level(std::string_view name);

/// A key and its value; the text belongs to the caller. Integers other than signed ones of up to 64
/// bits need a cast at the call, so that none changes its value unseen.
struct LogField {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, double, bool> value;
};

/// A line of this size, its newline included, is the longest: log collectors split longer ones
/// (container runtimes at 16 KiB), and half of a JSON object is no use to them.
inline constexpr std::size_t kLogLineSizeMax = 8192;

/// Formats lines into room of its own: one object serves one line after the other.
///
/// Keys in this order: timestamp (ISO 8601 UTC, microseconds, "Z"), level, logger, message, then
/// the fields as given. Doubles in their shortest form that reads back the same, null when not
/// finite. Bytes that are not UTF-8 become U+FFFD, one for one. When the line would be too long,
/// the text that is too long is cut between characters, the fields after it are left out, and
/// `"truncated":true` ends the object.
/// Threads: belongs to one thread.
class JsonLine {
 public:
  using Time = std::chrono::system_clock::time_point;

  JsonLine();

  /// The line with its newline, valid until the next call. Allocates nothing. Years 1970 to 9999.
  /// logger  a name from the code; what is beyond 128 bytes is left out.
  [[nodiscard]] std::string_view format(Time time, LogLevel level, std::string_view logger,
                                        std::string_view message, std::span<const LogField> fields);

 private:
  [[nodiscard]] std::size_t room() const;
  void put(std::string_view bytes);
  void put_timestamp(Time time);
  void put_field(const LogField& field);
  void put_text(std::string_view text);
  void put_escaped(std::string_view text);

  std::chrono::sys_seconds second_{std::chrono::seconds(-1)};  // that second_text_ shows
  std::string second_text_;                                    // "2026-01-31T12:00:00."
  std::string scratch_;  // what others append to strings, on its way to bytes_
  bool truncated_ = false;
  std::size_t size_ = 0;
  std::array<char, kLogLineSizeMax> bytes_;  // the first size_ are the line
};

}  // namespace ml_inference
