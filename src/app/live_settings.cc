// SPDX-License-Identifier: MIT
#include "app/live_settings.h"

#include "base/printable_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

namespace ml_inference {
namespace {

constexpr std::string_view kBlank = " \t\r";

// Bytes of a value that a message shows.
constexpr std::size_t kShownSizeMax = 60;

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) + 1 - begin);
}

std::string shown(std::string_view text) { return printable_text(text.substr(0, kShownSizeMax)); }

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

struct Key {
  std::string_view name;
  std::string_view expected;
  bool (*read)(std::string_view value, LiveSettings& settings);  // false: it makes no sense
};

constexpr std::array kKeys{
    Key{"log-level", "debug, info, warning or error",
        [](std::string_view value, LiveSettings& settings) {
          const auto level = parse_log_level(value);
          if (level) settings.log_level = *level;
          return level.has_value();
        }},
    Key{"log-sample", "a whole number from 1 to 4294967295",
        [](std::string_view value, LiveSettings& settings) {
          return !value.starts_with('0') && read_number(value, settings.log_sample);
        }},
    Key{"trace-sample", "a number from 0 to 1",
        [](std::string_view value, LiveSettings& settings) {
          double share = 0;
          if (!read_number(value, share) || !(share >= 0 && share <= 1)) return false;
          settings.trace_sample = share;
          return true;
        }},
};

std::string key_names() {
  std::string names;
  for (const Key& key : kKeys) names.append(names.empty() ? "" : ", ").append(key.name);
  return names;
}

// Which keys have been read, by their number in kKeys.
using KeysRead = std::array<bool, kKeys.size()>;

// Of a line without a key that is known nothing is shown: when the wrong file is mounted, it may be
// a token.
Result<void> read_line(std::string_view line, LiveSettings& settings, KeysRead& read) {
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) {
    return fail(Code::invalid_argument,
                fmt::format("is no 'key = value', expected one of the keys {}", key_names()));
  }
  const std::string_view name = trimmed(line.substr(0, equals));
  const std::string_view value = trimmed(line.substr(equals + 1));
  const auto key = std::ranges::find(kKeys, name, &Key::name);
  if (key == kKeys.end()) {
    return fail(Code::invalid_argument,
                fmt::format("the key is unknown, expected one of {}", key_names()));
  }
  if (std::exchange(read[static_cast<std::size_t>(key - kKeys.begin())], true)) {
    return fail(Code::invalid_argument, fmt::format("'{}' stands here twice", name));
  }
  if (key->read(value, settings)) return {};
  return fail(Code::invalid_argument,
              fmt::format("{} is '{}', expected {}", name, shown(value), key->expected));
}

}  // namespace

Result<LiveSettings> parse_live_settings(std::string_view text, const LiveSettings& defaults) {
  LiveSettings settings = defaults;
  KeysRead read{};
  for (std::size_t line_number = 1; !text.empty(); ++line_number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.starts_with('#')) continue;
    if (Result<void> done = read_line(line, settings, read); !done) {
      done.error().message.insert(0, fmt::format("line {}: ", line_number));
      return std::unexpected(std::move(done).error());
    }
  }
  return settings;
}

}  // namespace ml_inference
