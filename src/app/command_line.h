// SPDX-License-Identifier: MIT
// The program as its users type it.
#pragma once

#include "base/result.h"

#include <CLI/App.hpp>

#include <functional>
#include <string>

namespace ml_inference {

/// What a command does once its flags are read. An error becomes one line on stderr and exit status
/// 1.
using CommandAction = std::function<Result<void>()>;

/// Reads the command line and the environment, runs the command, and returns the exit status: 0, 1
/// (it could not be done), 2 (it was not understood) or 3 (a threshold of load is broken). Flags
/// without a command mean serve.
int run_command_line(int argc, char** argv);

// Each adds one command to `app` and, when it is the one that was typed, sets `action`. One file
// each.
void add_serve_command(CLI::App& app, CommandAction& action);
void add_train_command(CLI::App& app, CommandAction& action);
void add_predict_command(CLI::App& app, CommandAction& action);
void add_inspect_command(CLI::App& app, CommandAction& action);
void add_verify_command(CLI::App& app, CommandAction& action);
void add_convert_command(CLI::App& app, CommandAction& action);

/// exit_status  the action sets it to what the program is to end with when the action succeeds.
void add_load_command(CLI::App& app, CommandAction& action, int& exit_status);

}  // namespace ml_inference
