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
/// (it could not be done) or 2 (it was not understood). Flags without a command mean serve.
int run_command_line(int argc, char** argv);

// Each adds one command to `app` and, when it is the one that was typed, sets `action`. One file
// each.
void add_serve_command(CLI::App& app, CommandAction& action);
void add_train_command(CLI::App& app, CommandAction& action);
void add_predict_command(CLI::App& app, CommandAction& action);
void add_inspect_command(CLI::App& app, CommandAction& action);

}  // namespace ml_inference
