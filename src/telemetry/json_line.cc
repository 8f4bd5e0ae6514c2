// SPDX-License-Identifier: MIT
#include "telemetry/json_line.h"

#include "base/assert.h"
#include "base/json_text.h"
#include "base/number_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <iterator>
namespace ml_inference {
namespace {

constexpr std::array<std::string_view, 4> kLevelNames = {"DEBUG", "INFO", "WARNING", "ERROR"};

constexpr std::string_view kTruncatedTail = ",\"truncated\":true}\n";
constexpr std::size_t kLoggerSizeMax = 128;

// One byte of text is at most this much JSON: "\u0000".
constexpr std::size_t kEscapedSizeMax = 6;

// Quotes, colon and comma around a key, and the longest number.
constexpr std::size_t kFieldOverheadMax = 40;

// At most `size` bytes of `text`, not ending within a character.
std::string_view whole_characters(std::string_view text, std::size_t size) {
  if (size >= text.size()) return text;
  const auto continues = [text](std::size_t index) {
    return (static_cast<unsigned char>(text[index]) & 0xC0) == 0x80;
  };
  // A character has at most three such bytes; more of them are no UTF-8 and may be cut anywhere.
  std::size_t end = size;
  while (end > 0 && size - end < 3 && continues(end)) --end;
  return text.substr(0, continues(end) ? size : end);
}

// Has a high bit set if and only if a byte of the word needs escaping or is not ASCII: the usual
// tests for a byte below 0x20, a quote, a backslash, and one above 0x7F, on eight at a time.
std::uint64_t needs_escaping(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighBits = 0x80 * kOnes;
  const auto zero_bytes = [](std::uint64_t bytes) { return (bytes - kOnes) & ~bytes; };
  return (word | ((word - 0x20 * kOnes) & ~word) | zero_bytes(word ^ ('"' * kOnes)) |
          zero_bytes(word ^ ('\\' * kOnes))) &
         kHighBits;
}

// Copies `text` and tells whether it may stand in a JSON string as it is; if not, the copy is of no
// use. Words of constant size are single loads and stores; memcpy() of a short text is a call.
bool copy_if_plain(char* out, std::string_view text) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  std::uint64_t word = 0;
  if (text.size() < kWord) {
    std::memset(&word, ' ', kWord);
    for (std::size_t index = 0; index < text.size(); ++index) {
      reinterpret_cast<char*>(&word)[index] = out[index] = text[index];
    }
    return needs_escaping(word) == 0;
  }
  std::uint64_t found = 0;
  const auto copy_word = [&](std::size_t index) {
    std::memcpy(&word, text.data() + index, kWord);
    std::memcpy(out + index, &word, kWord);
    found |= needs_escaping(word);
  };
  for (std::size_t index = 0; index + kWord < text.size(); index += kWord) copy_word(index);
  copy_word(text.size() - kWord);  // the last one overlaps the one before
  return found == 0;
}

char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string_view log_level_name(LogLevel level) {
  return kLevelNames[static_cast<std::size_t>(level)];
}

std::optional<LogLevel> parse_log_level(std::string_view name) {
  const auto same = [](char a, char b) { return ascii_lower(a) == ascii_lower(b); };
  for (std::size_t level = 0; level < kLevelNames.size(); ++level) {
    if (std::ranges::equal(name, kLevelNames[level], same)) return static_cast<LogLevel>(level);
  }
  return std::nullopt;
}

JsonLine::JsonLine() { scratch_.reserve(kLogLineSizeMax); }

std::string_view JsonLine::format(Time time, LogLevel level, std::string_view logger,
                                  std::string_view message, std::span<const LogField> fields) {
  size_ = 0;
  truncated_ = false;
  put(R"({"timestamp":")");
  put_timestamp(time);
  put(R"(","level":")");
  put(log_level_name(level));
  put(R"(","logger":)");
  put_text(logger.substr(0, kLoggerSizeMax));
  put(R"(,"message":)");
  put_text(message);
  for (const LogField& field : fields) {
    if (truncated_) break;
    put_field(field);
  }
  put(truncated_ ? kTruncatedTail : std::string_view("}\n"));
  return {bytes_.data(), size_};
}

// What is left before the place that the longest end needs.
std::size_t JsonLine::room() const {
  constexpr std::size_t kEnd = kLogLineSizeMax - kTruncatedTail.size();
  return size_ < kEnd ? kEnd - size_ : 0;
}

// The caller has seen to it that there is room. Inlined: a string's append() for each of a line's
// thirty pieces took half of the time of the whole line.
inline void JsonLine::put(std::string_view bytes) {
  DCHECK(bytes.size() <= bytes_.size() - size_);
  std::memcpy(bytes_.data() + size_, bytes.data(), bytes.size());
  size_ += bytes.size();
}

void JsonLine::put_timestamp(Time time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  if (second != second_) {  // the calendar costs more than the rest of the line: once a second
    second_ = second;
    const auto day = std::chrono::floor<std::chrono::days>(second);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(second - day);
    second_text_.clear();
    fmt::format_to(std::back_inserter(second_text_), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.",
                   static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                   static_cast<unsigned>(date.day()), clock.hours().count(),
                   clock.minutes().count(), clock.seconds().count());
  }
  put(second_text_);
  auto rest = static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(time - second).count());
  std::array<char, 7> digits;
  digits[6] = 'Z';
  for (std::size_t index = 6; index-- > 0; rest /= 10) {
    digits[index] = static_cast<char>('0' + rest % 10);
  }
  put({digits.data(), digits.size()});
}

void JsonLine::put_field(const LogField& field) {
  if (field.key.size() * kEscapedSizeMax + kFieldOverheadMax > room()) {
    truncated_ = true;
    return;
  }
  put(",");
  put_text(field.key);
  put(":");
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    put_text(*text);
  } else if (const auto* integer = std::get_if<std::int64_t>(&field.value)) {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.begin(), digits.end(), *integer).ptr;
    put({digits.begin(), end});
  } else if (const auto* number = std::get_if<double>(&field.value)) {
    scratch_.clear();
    append_number(scratch_, *number);
    put(std::isfinite(*number) ? scratch_ : std::string_view("null"));
  } else {
    put(std::get<bool>(field.value) ? "true" : "false");
  }
}

void JsonLine::put_text(std::string_view text) {
  put("\"");
  if (text.size() < room() && copy_if_plain(bytes_.data() + size_, text)) {
    size_ += text.size();
  } else {
    put_escaped(text);
  }
  put("\"");
}

// Takes as much text as surely fits whatever its bytes, then again into the room that is left:
// usually the first round takes all.
void JsonLine::put_escaped(std::string_view text) {
  while (!text.empty() && !truncated_) {
    const std::size_t left = room();
    const std::string_view part =
        whole_characters(text, left > 0 ? (left - 1) / kEscapedSizeMax : 0);
    truncated_ = part.empty();
    scratch_.clear();
    append_json_string(scratch_, part);
    put(std::string_view(scratch_).substr(1, scratch_.size() - 2));  // without its quotes
    text.remove_prefix(part.size());
  }
}

}  // namespace ml_inference
