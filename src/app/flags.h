// SPDX-License-Identifier: MIT
// Flags that are environment variables as well, on CLI11.
//
// "--drain-delay 2s" and ML_INFERENCE_DRAIN_DELAY=2s say the same; the flag wins. A value that
// makes no sense, from either, ends the program with one line on stderr.
#pragma once

#include <CLI/App.hpp>
#include <CLI/Validators.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// The environment variable of a flag: "--drain-delay" -> "ML_INFERENCE_DRAIN_DELAY".
[[nodiscard]] std::string environment_name(std::string_view flag);

/// "250ms", "5s", "1m", "500us", or a plain number of seconds.
/// Errors: throws CLI::ValidationError, as CLI11 wants it, also for what is no whole number of the
/// unit returned: a time that was rounded would be another than the one that was asked for.
[[nodiscard]] std::chrono::milliseconds parse_duration(const std::string& text);
[[nodiscard]] std::chrono::microseconds parse_fine_duration(const std::string& text);

/// As they read it: "5s", "250ms", "1500us".
[[nodiscard]] std::string duration_text(std::chrono::milliseconds duration);
[[nodiscard]] std::string duration_text(std::chrono::microseconds duration);

/// Checks that a text is a decimal number in [min, max], in digits alone: CLI11 would read "-1" as
/// the largest of all, and "010" as 8.
[[nodiscard]] CLI::Validator whole_number(std::uint64_t min, std::uint64_t max);

/// Checks that a text is a number in [min, max].
[[nodiscard]] CLI::Validator real_number(double min, double max);

/// Checks that a text is an IPv4 or IPv6 address in numbers: names are not looked up.
[[nodiscard]] CLI::Validator numeric_address();

/// Adds flags to one command. The target variables' values are the defaults that --help shows; they
/// outlive the parse.
class Flags {
 public:
  explicit Flags(CLI::App& command) : command_(command) {}

  CLI::Option* text(const std::string& flag, std::string& target, const std::string& help);

  /// A file's name, which may not be empty where it is given: an empty one comes from a script or
  /// a template whose own variable is not set, and would be taken for "none".
  CLI::Option* file(const std::string& flag, std::string& target, const std::string& help);

  CLI::Option* duration(const std::string& flag, std::chrono::milliseconds& target,
                        const std::string& help);
  CLI::Option* fine_duration(const std::string& flag, std::chrono::microseconds& target,
                             const std::string& help);
  CLI::Option* choice(const std::string& flag, std::string& target,
                      const std::vector<std::string>& choices, const std::string& help);

  /// A port, 0 for any free one, or "off" for none.
  CLI::Option* port_or_off(const std::string& flag, std::optional<std::uint16_t>& target,
                           const std::string& help);

  /// Said or not; its variable says yes or no.
  CLI::Option* toggle(const std::string& flag, bool& target, const std::string& help);

  /// A whole number in [min, max].
  template <std::unsigned_integral T>
  CLI::Option* count(const std::string& flag, T& target, std::uint64_t min, std::uint64_t max,
                     const std::string& help) {
    return finish(command_.add_option(flag, target, help)->check(whole_number(min, max)), flag);
  }

  /// A number in [min, max].
  CLI::Option* number(const std::string& flag, double& target, double min, double max,
                      const std::string& help);

 private:
  CLI::Option* finish(CLI::Option* option, const std::string& flag);

  CLI::App& command_;
};

/// Refuses an environment variable that is set to nothing, which CLI11 takes for not set, unless
/// the flag is given: to be called when all is parsed, for each option of Flags::file().
/// Errors: throws CLI::ValidationError.
void refuse_empty_variable(const CLI::Option& option);

/// Environment variables that begin with ML_INFERENCE_ and belong to no flag of this program: one
/// sentence each, for a warning. Those that Kubernetes sets for a Service named ml-inference
/// (ML_INFERENCE_SERVICE_HOST ...) are not mentioned.
/// known  every flag of every command, as "--name".
[[nodiscard]] std::vector<std::string> unknown_environment(const std::vector<std::string>& known);

/// Whether the value of ML_INFERENCE_PORT is the link that Kubernetes sets for a Service of our
/// name ("tcp://10.96.0.7:80"). Then the variable is removed, or no pod beside the Service could
/// start.
bool drop_service_link();

}  // namespace ml_inference
