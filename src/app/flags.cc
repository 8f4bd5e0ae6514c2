// SPDX-License-Identifier: MIT
#include "app/flags.h"

#include <CLI/Config.hpp>
#include <CLI/Error.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <netinet/in.h>

extern "C" char** environ;  // environ(7): no header declares it

namespace ml_inference {
namespace {

constexpr std::string_view kPrefix = "ML_INFERENCE_";
constexpr char kPortVariable[] = "ML_INFERENCE_PORT";

// What Kubernetes and Docker links add for a Service of our name: ML_INFERENCE_SERVICE_HOST,
// ML_INFERENCE_SERVICE_PORT_HTTP, ML_INFERENCE_PORT_80_TCP_ADDR ...
bool is_service_link(std::string_view name) {
  return name.starts_with("ML_INFERENCE_SERVICE_") || name.starts_with("ML_INFERENCE_PORT_");
}

template <class Duration>
CLI::Option* add_duration(CLI::App& command, const std::string& flag, Duration& target,
                          Duration (*parse)(const std::string&), const std::string& help) {
  CLI::Option* const option = command.add_option_function<std::string>(
      flag,
      [flag, &target, parse](const std::string& text) {
        try {
          target = parse(text);
        } catch (const CLI::ValidationError& error) {
          throw CLI::ValidationError(flag, error.what());
        }
      },
      help);
  option->default_str(duration_text(target))->type_name("DURATION");
  option->envname(environment_name(flag));
  return option;
}

}  // namespace

std::string environment_name(std::string_view flag) {
  std::string name(kPrefix);
  for (const char c : flag.substr(flag.find_first_not_of('-'))) {
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

std::chrono::microseconds parse_fine_duration(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const double factor = unit == "us"                  ? 1
                        : unit == "ms"                ? 1'000
                        : unit == "s" || unit.empty() ? 1'000'000
                        : unit == "m"                 ? 60'000'000
                                                      : -1;
  constexpr double kDayUs = 86'400'000'000;
  const double duration_us = value * factor;
  const bool is_sound =
      error == std::errc() && factor > 0 && duration_us >= 0 && duration_us <= kDayUs;
  if (!is_sound) {
    throw CLI::ValidationError(
        fmt::format("'{}' is no duration from 0 to 1440m such as 250ms, 5s, 1m", text));
  }
  // 1.1 s are 1100000.0000000002 us: what a double cannot hold is no finer time.
  const double whole_us = std::round(duration_us);
  if (std::abs(duration_us - whole_us) > 1e-4) {
    throw CLI::ValidationError(fmt::format("'{}' is finer than 1us", text));
  }
  return std::chrono::microseconds(static_cast<std::int64_t>(whole_us));
}

std::chrono::milliseconds parse_duration(const std::string& text) {
  const std::chrono::microseconds fine = parse_fine_duration(text);
  const auto duration = std::chrono::duration_cast<std::chrono::milliseconds>(fine);
  if (duration != fine) throw CLI::ValidationError(fmt::format("'{}' is finer than 1ms", text));
  return duration;
}

std::string duration_text(std::chrono::microseconds duration) {
  if (duration.count() % 1000 != 0) return fmt::format("{}us", duration.count());
  return duration_text(std::chrono::duration_cast<std::chrono::milliseconds>(duration));
}

std::string duration_text(std::chrono::milliseconds duration) {
  if (duration.count() % 1000 != 0) return fmt::format("{}ms", duration.count());
  return fmt::format("{}s", duration.count() / 1000);
}

CLI::Validator whole_number(std::uint64_t min, std::uint64_t max) {
  const auto check = [min, max](const std::string& text) -> std::string {
    std::uint64_t value = 0;
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, value);
    const bool is_octal = text.size() > 1 && text.front() == '0';
    const bool is_sound = error == std::errc() && end == last && !is_octal;
    if (is_sound && value >= min && value <= max) return {};
    return fmt::format("'{}' is no whole number from {} to {}", text, min, max);
  };
  return CLI::Validator(check, fmt::format("UINT in [{} - {}]", min, max));
}

CLI::Validator real_number(double min, double max) {
  const auto check = [min, max](const std::string& text) -> std::string {
    double value = 0;
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, value);
    if (error == std::errc() && end == last && value >= min && value <= max) return {};
    return fmt::format("'{}' is no number from {} to {}", text, min, max);
  };
  return CLI::Validator(check, fmt::format("FLOAT in [{} - {}]", min, max));
}

CLI::Validator numeric_address() {
  const auto check = [](const std::string& text) -> std::string {
    in6_addr address;  // room for either
    const bool is_sound = ::inet_pton(AF_INET, text.c_str(), &address) == 1 ||
                          ::inet_pton(AF_INET6, text.c_str(), &address) == 1;
    if (is_sound) return {};
    return fmt::format("'{}' is no numeric address such as 0.0.0.0 or ::", text);
  };
  return CLI::Validator(check, "");
}

CLI::Option* Flags::text(const std::string& flag, std::string& target, const std::string& help) {
  return finish(command_.add_option(flag, target, help), flag);
}

CLI::Option* Flags::file(const std::string& flag, std::string& target, const std::string& help) {
  const auto check = [](const std::string& name) -> std::string {
    return name.empty() ? "is empty, expected a file's name" : "";
  };
  return text(flag, target, help)->check(CLI::Validator(check, ""));
}

void refuse_empty_variable(const CLI::Option& option) {
  if (option.count() > 0) return;
  const char* const value = std::getenv(option.get_envname().c_str());
  if (value == nullptr || *value != '\0') return;
  throw CLI::ValidationError(option.get_envname(),
                             "is empty, expected a file's name (or unset it)");
}

CLI::Option* Flags::duration(const std::string& flag, std::chrono::milliseconds& target,
                             const std::string& help) {
  return add_duration(command_, flag, target, parse_duration, help);
}

CLI::Option* Flags::fine_duration(const std::string& flag, std::chrono::microseconds& target,
                                  const std::string& help) {
  return add_duration(command_, flag, target, parse_fine_duration, help);
}

CLI::Option* Flags::port_or_off(const std::string& flag, std::optional<std::uint16_t>& target,
                                const std::string& help) {
  constexpr std::uint64_t kPortMax = std::numeric_limits<std::uint16_t>::max();
  constexpr std::string_view kOff = "off";
  const CLI::Validator is_port = whole_number(0, kPortMax);
  CLI::Option* const option = command_.add_option_function<std::string>(
      flag,
      [flag, &target, is_port](std::string text) {
        if (text == kOff) {
          target.reset();
        } else if (const std::string fault = is_port(text); fault.empty()) {
          target = static_cast<std::uint16_t>(std::stoul(text));
        } else {
          throw CLI::ValidationError(flag, fault + ", and not 'off'");
        }
      },
      help);
  option->default_str(target ? std::to_string(*target) : std::string(kOff))->type_name("PORT|off");
  return option->envname(environment_name(flag));
}

CLI::Option* Flags::choice(const std::string& flag, std::string& target,
                           const std::vector<std::string>& choices, const std::string& help) {
  return finish(command_.add_option(flag, target, help)->check(CLI::IsMember(choices)), flag);
}

CLI::Option* Flags::number(const std::string& flag, double& target, double min, double max,
                           const std::string& help) {
  return finish(command_.add_option(flag, target, help)->check(real_number(min, max)), flag);
}

CLI::Option* Flags::toggle(const std::string& flag, bool& target, const std::string& help) {
  return command_.add_flag(flag, target, help)->envname(environment_name(flag));
}

CLI::Option* Flags::finish(CLI::Option* option, const std::string& flag) {
  return option->envname(environment_name(flag))->capture_default_str();
}

std::vector<std::string> unknown_environment(const std::vector<std::string>& known) {
  std::vector<std::string> warnings;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable(*entry);
    const std::string_view name = variable.substr(0, variable.find('='));
    if (!name.starts_with(kPrefix) || is_service_link(name)) continue;
    const bool is_known = std::ranges::any_of(
        known, [name](const std::string& flag) { return environment_name(flag) == name; });
    if (!is_known) warnings.push_back(fmt::format("{} is set, and no flag has that name", name));
  }
  return warnings;
}

bool drop_service_link() {
  const char* const value = std::getenv(kPortVariable);
  if (value == nullptr || !std::string_view(value).starts_with("tcp://")) return false;
  ::unsetenv(kPortVariable);
  return true;
}

}  // namespace ml_inference
