// SPDX-License-Identifier: MIT
// ml-inference predict
#include "app/command_line.h"
#include "app/flags.h"
#include "app/output_file.h"
#include "app/predict_rows.h"
#include "app/row_progress.h"
#include "base/number_text.h"
#include "base/printable_text.h"
#include "formats/load_model.h"
#include "host/cgroup.h"
#include "host/cpu.h"
#include "serving/served_model.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <unistd.h>

namespace ml_inference {
namespace {

struct PredictOptions {
  std::string model_path;
  std::string output_path;
  std::string format = "json";
  std::string on_error = "report";
  PredictRowsOptions rows = {.thread_count = 0};
};

ErrorPolicy policy_of(const std::string& name) {
  if (name == "stop") return ErrorPolicy::stop;
  if (name == "skip") return ErrorPolicy::skip;
  return name == "null" ? ErrorPolicy::null : ErrorPolicy::report;
}

// Renamed over the rows or the model when all is done, an output would be the last of them.
Result<void> check_output(const PredictOptions& options) {
  const std::string& rows = options.rows.rows_path;
  for (const std::string& path : {rows == "-" ? "/dev/stdin" : rows, options.model_path}) {
    std::error_code error;  // of a file that does not exist, and is no other
    if (!std::filesystem::equivalent(path, options.output_path, error)) continue;
    if (!std::filesystem::is_regular_file(path, error)) continue;
    return fail(Code::invalid_argument,
                fmt::format("--output: {} is read, expected another file", options.output_path));
  }
  return {};
}

void warn_of_refusals(const PredictTally& tally, ErrorPolicy policy) {
  if (tally.refused_count == 0 || policy == ErrorPolicy::report) return;
  fmt::print(stderr, "ml-inference: warning: {} of {} {}; the first: {}\n", tally.refused_count,
             count_text(tally.row_count, "row"),
             policy == ErrorPolicy::skip ? "left out" : "without an answer",
             printable_text(tally.first_refusal));
}

Result<void> predict(const PredictOptions& options) {
  const bool has_path = !options.output_path.empty();
  if (has_path && !is_standard_output(options.output_path)) RETURN_IF_ERROR(check_output(options));
  ASSIGN_OR_RETURN(Model model, load_model_file(options.model_path));
  ASSIGN_OR_RETURN(const auto served,
                   ServedModel::make(std::move(model), options.model_path, ModelUse::long_files));
  PredictRowsOptions rows = options.rows;
  rows.format = options.format == "csv" ? OutputFormat::csv : OutputFormat::json;
  rows.on_error = policy_of(options.on_error);
  if (rows.thread_count == 0) {
    rows.thread_count = granted_cpu_count(find_cgroup().value_or(Cgroup()));
  }
  std::unique_ptr<OutputFile> output = OutputFile::standard();
  if (has_path) {
    ASSIGN_OR_RETURN(output, OutputFile::create(options.output_path));
  }
  Result<PredictTally> tally = PredictTally{};
  {
    // Answers on the same terminal show how far it is.
    const bool is_shown = ::isatty(STDERR_FILENO) == 1 && !output->is_terminal();
    RowProgress progress(is_shown ? RowProgress::Shown::yes : RowProgress::Shown::no);
    tally = predict_rows(*served, rows, [&](std::string_view lines, const PredictTally& so_far) {
      progress.show(so_far.row_count);
      return output->write(lines);
    });
  }
  if (!tally) return std::unexpected(tally.error());
  RETURN_IF_ERROR(output->finish());
  warn_of_refusals(*tally, rows.on_error);
  return {};
}

void add_rows_arguments(CLI::App& command, PredictOptions& options) {
  command.add_option("MODEL", options.model_path, "model file")->required();
  command
      .add_option(
          "ROWS", options.rows.rows_path,
          "rows, - for standard input: CSV with the model's feature names in the first line, where "
          "an empty cell, nan, NA, N/A, NULL or None is a missing value; or JSON lines, a row an "
          "array or an object by "
          "name, where null is a missing value and \"NaN\", \"Infinity\" and \"-Infinity\" stand "
          "for what JSON lacks. true and false are 1 and 0 where the feature takes numbers. Read "
          "block by block: a file may be of any length")
      ->required();
}

}  // namespace

void add_predict_command(CLI::App& app, CommandAction& action) {
  const auto options = std::make_shared<PredictOptions>();
  CLI::App* const command = app.add_subcommand(
      "predict", "predict the rows of a CSV or JSON lines file, a line a row, in their order");
  add_rows_arguments(*command, *options);
  Flags flags(*command);
  flags.choice("--output-format", options->format, {"json", "csv"},
               "JSON lines, or CSV with a header: prediction, probabilities, scores");
  CLI::Option* const output = flags.file(
      "--output", options->output_path,
      "file to write, which takes its place when all is done; -, or without it: standard output");
  flags.choice("--on-error", options->on_error, {"report", "stop", "skip", "null"},
               "for a row that the model does not take: say why in its place ({\"error\":...}, or "
               "CSV's last column), stop there with status 1, leave it out, or print null");
  flags.count("--threads", options->rows.thread_count, 0, 1'024,
              "threads to predict on, 0 for one a granted CPU; never changes the answers");
  command->callback([options, output, &action] {
    refuse_empty_variable(*output);
    action = [options] { return predict(*options); };
  });
}

}  // namespace ml_inference
