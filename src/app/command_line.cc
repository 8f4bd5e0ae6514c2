// SPDX-License-Identifier: MIT
#include "app/command_line.h"

#include "app/flags.h"
#include "app/version.h"
#include "base/printable_text.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;

void print_problem(std::string_view problem) {
  fmt::print(stderr, "ml-inference: {}\n", printable_text(problem));
}

// CLI11's message, on one line.
std::string one_line(std::string text) {
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  while (text.ends_with(' ')) text.pop_back();
  return text;
}

void warn_of_environment(const CLI::App& app) {
  std::vector<std::string> known;
  for (const CLI::App* command : app.get_subcommands({})) {
    for (const CLI::Option* option : command->get_options()) known.push_back(option->get_name());
  }
  for (const std::string& warning : unknown_environment(known)) {
    print_problem("warning: " + warning);
  }
}

// "ml-inference --port 9000" is "ml-inference serve --port 9000", as is "ml-inference" alone.
std::vector<std::string> with_command(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  const bool is_flag = !arguments.empty() && arguments.front().starts_with('-');
  const bool is_about_program =
      is_flag && (arguments.front() == "--help" || arguments.front() == "-h" ||
                  arguments.front() == "--version");
  if (arguments.empty() || (is_flag && !is_about_program)) {
    arguments.insert(arguments.begin(), "serve");
  }
  return {arguments.rbegin(), arguments.rend()};  // CLI11 takes them last first
}

// What is wrong with the command, or nothing. CLI11 would only say that one is missing.
std::string command_problem(const CLI::App& app, const std::string& word) {
  std::string names;
  for (const CLI::App* command : app.get_subcommands({})) {
    if (command->get_name() == word) return {};
    names += (names.empty() ? "" : ", ") + command->get_name();
  }
  return fmt::format("'{}' is no command, expected one of {}", word, names);
}

int parse_and_run(CLI::App& app, const CommandAction& action, const int& exit_status,
                  std::vector<std::string> arguments) {
  const std::string& first = arguments.back();
  if (!first.starts_with('-')) {
    if (const std::string problem = command_problem(app, first); !problem.empty()) {
      print_problem(problem + " (see ml-inference --help)");
      return kExitUsage;
    }
  }
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::Success& request) {  // --help, --version
    return app.exit(request);
  } catch (const CLI::ExtrasError&) {
    print_problem(fmt::format("not expected: {} (see ml-inference --help)",
                              one_line(fmt::format("{}", fmt::join(app.remaining(true), " ")))));
    return kExitUsage;
  } catch (const CLI::ParseError& error) {
    print_problem(one_line(error.what()) + " (see ml-inference --help)");
    return kExitUsage;
  }
  warn_of_environment(app);
  if (const Result<void> done = action(); !done) {
    print_problem(done.error().message);
    return kExitFailed;
  }
  if (std::fflush(stdout) != 0) {
    print_problem("stdout takes no more");
    return kExitFailed;
  }
  return exit_status;
}

}  // namespace

int run_command_line(int argc, char** argv) {
  if (drop_service_link()) {
    print_problem(
        "warning: ML_INFERENCE_PORT is the link of a Kubernetes Service and is ignored; "
        "enableServiceLinks: false in the pod keeps it away");
  }
  CLI::App app(
      "Serves machine-learning models over HTTP and gRPC: small, fast, with the answers of the "
      "library that trained it.\nWithout a command it serves. Every flag of a command can "
      "be an environment variable too: --drain-delay is ML_INFERENCE_DRAIN_DELAY.",
      "ml-inference");
  app.set_version_flag("--version", std::string(kVersion));
  app.require_subcommand(1);
  CommandAction action;
  int exit_status = 0;
  add_serve_command(app, action);
  add_train_command(app, action);
  add_predict_command(app, action);
  add_inspect_command(app, action);
  add_verify_command(app, action);
  add_convert_command(app, action);
  add_load_command(app, action, exit_status);
  for (CLI::App* command : app.get_subcommands({})) {
    command->set_version_flag("--version", std::string(kVersion));
  }
  return parse_and_run(app, action, exit_status, with_command(argc, argv));
}

}  // namespace ml_inference
