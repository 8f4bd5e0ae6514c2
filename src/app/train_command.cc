// SPDX-License-Identifier: MIT
// ml-inference train
#include "app/command_line.h"
#include "app/estimator_flags.h"
#include "app/flag_words.h"
#include "app/flags.h"
#include "app/output_file.h"
#include "app/report_page.h"
#include "app/scored_training.h"
#include "app/training_notes.h"
#include "base/printable_text.h"
#include "data/csv.h"
#include "training/train_model.h"
#include "training/training_set.h"

#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace ml_inference {
namespace {

constexpr std::uint64_t kRowCountMax = 1'000'000'000;

// The command's flags as they are typed.
struct TrainOptions {
  std::string data_path;
  std::string target;
  std::string output_path;
  std::string report_path;     // empty: no page
  std::size_t fold_count = 0;  // 0: no cross-validation
  std::string task = "auto";
  EstimatorFlags estimator;
};

std::optional<Task> task_of(const std::string& name) {
  if (name == "auto") return std::nullopt;
  return name == "classification" ? Task::classification : Task::regression;
}

// What a page wants a learning curve of, unless --cv says otherwise.
std::optional<std::size_t> fold_count(const TrainOptions& options, const CLI::App& command) {
  const bool is_said = command.get_option("--cv")->count() > 0;
  if (!is_said && !options.report_path.empty()) return std::nullopt;
  return options.fold_count;
}

ScoringOptions scoring_options(const TrainOptions& options, const EstimatorOptions& estimator,
                               const CLI::App& command) {
  ScoringOptions scoring{.fold_count = fold_count(options, command),
                         .has_curve = !options.report_path.empty()};
  std::visit(
      [&scoring](const auto& chosen) {
        scoring.seed = chosen.seed;
        scoring.thread_count = chosen.thread_count;
      },
      estimator);
  if (const auto* const boosting = std::get_if<BoostingOptions>(&estimator)) {
    scoring.step_count = boosting->max_iter;
    scoring.step_name = "rounds";
  } else {
    scoring.step_count = std::get<ForestOptions>(estimator).tree_count;
  }
  return scoring;
}

// Each flag as it was read.
std::vector<std::pair<std::string, std::string>> parameters_of(const CLI::App& command) {
  std::vector<std::pair<std::string, std::string>> parameters;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_name() == "--help") continue;
    parameters.emplace_back(option->get_name(), option->count() > 0 ? option->as<std::string>()
                                                                    : option->get_default_str());
  }
  return parameters;
}

// The files that a training names are three, or two: none of them is written over by another.
Result<void> check_paths(const TrainOptions& options) {
  std::error_code error;  // of a file that does not exist, and is no other
  const auto is_same = [&error](const std::string& one, const std::string& other) {
    return one == other || std::filesystem::equivalent(one, other, error);
  };
  for (const std::string& path : {options.output_path, options.report_path}) {
    if (path.empty() || !is_same(options.data_path, path)) continue;
    return fail(Code::invalid_argument,
                fmt::format("{}: {} holds the training data, expected another file",
                            path == options.output_path ? "--output" : "--report", path));
  }
  if (is_same(options.output_path, options.report_path)) {
    return fail(
        Code::invalid_argument,
        fmt::format("--report: {} is the model's file, expected another one", options.report_path));
  }
  RETURN_IF_ERROR(check_binary_output_file(options.output_path));
  return options.report_path.empty() ? Result<void>() : check_output_file(options.report_path);
}

std::unexpected<Error> fault_of_data(const TrainOptions& options, const Error& error) {
  return fail(error.code, options.data_path + ": " + with_flag_names(error.message));
}

// Where there is a place for words: not where a model or a page goes.
std::FILE* words_of(const TrainOptions& options) {
  const bool is_taken =
      is_standard_output(options.output_path) || is_standard_output(options.report_path);
  return is_taken ? stderr : stdout;
}

void warn(const std::string& path, const std::string& warning) {
  fmt::print(stderr, "ml-inference: warning: {}: {}\n", printable_text(path),
             printable_text(warning));
}

void warn_of_no_split(const TrainOptions& options, const ModelSize& size) {
  if (size.node_count > size.tree_count) return;
  warn(options.data_path,
       "no tree has a split, all rows get the same answer; a split needs a feature with two values "
       "and on either side of it as many rows as --min-samples-leaf says (of gradient-boosting 20 "
       "unless given)");
}

// Reads the rows and says how they were taken, while there is time to stop.
Result<TrainingSet> read_rows(const TrainOptions& options) {
  ASSIGN_OR_RETURN(const Table table, read_csv_file(options.data_path));
  const std::optional<Task> task = task_of(options.task);
  const CategoryColumns categories = options.estimator.categories();
  auto set =
      read_training_set(table, options.target, task, categories, options.estimator.feature_type());
  if (!set) return fault_of_data(options, set.error());
  fmt::print(words_of(options), "{}", training_set_text(*set));
  std::fflush(words_of(options));
  for (const std::string& warning : training_warnings(table, *set, task, categories)) {
    warn(options.data_path, warning);
  }
  return set;
}

Result<void> train(const TrainOptions& options, const CLI::App& command) {
  ASSIGN_OR_RETURN(const EstimatorOptions estimator, options.estimator.options());
  RETURN_IF_ERROR(check_paths(options));
  ASSIGN_OR_RETURN(const TrainingSet set, read_rows(options));
  const ReportingTrainer trainer = [&estimator](const TrainingSet& part,
                                                const TrainingProgress& progress) {
    return std::visit(
        [&part, &progress](auto chosen) {
          chosen.progress = progress;
          return train_model(part, chosen);
        },
        estimator);
  };
  auto scored = train_and_score(set, trainer, scoring_options(options, estimator, command),
                                stderr_terminal());
  if (!scored) return fault_of_data(options, scored.error());
  RETURN_IF_ERROR(write_output_file(options.output_path, scored->onnx));
  TrainReport& report = scored->report;
  report.data_path = options.data_path;
  report.model_path = options.output_path;
  report.parameters = parameters_of(command);
  fmt::print(words_of(options), "{}", report_text(report));
  warn_of_no_split(options, report.size);
  if (!options.report_path.empty()) {
    RETURN_IF_ERROR(write_output_file(options.report_path, report_page(report)));
    fmt::print(words_of(options), "report: {}\n", printable_text(options.report_path));
  }
  fmt::print(words_of(options), "written: {}\n", printable_text(options.output_path));
  return {};
}

}  // namespace

void add_train_command(CLI::App& app, CommandAction& action) {
  const auto options = std::make_shared<TrainOptions>();
  CLI::App* const command = app.add_subcommand(
      "train", "train a random forest or boosted trees on a CSV file and write them as ONNX");
  Flags flags(*command);
  flags
      .text("--data", options->data_path,
            "CSV file with names in its first line; an empty cell, nan, NA, N/A, NULL or None is a "
            "missing value")
      ->required();
  flags.text("--target", options->target, "column to predict")->required();
  flags.file("--output", options->output_path, "model file to write, - for standard output")
      ->required();
  flags.choice("--task", options->task, {"auto", "classification", "regression"},
               "auto looks at the target's values");
  options->estimator.add(flags);
  flags.count("--cv", options->fold_count, 0, kRowCountMax,
              "folds of a cross-validation, which says how good such models are on rows that they "
              "have not seen; 0: none, but 5 for a report");
  const CLI::Option* const report =
      flags.file("--report", options->report_path,
                 "HTML page to write, - for standard output: scores, confusion matrix, learning "
                 "curve, importances. The curve "
                 "takes up to twice the time of its cross-validation");
  command->callback([options, command, report, &action] {
    options->estimator.check();
    refuse_empty_variable(*report);
    action = [options, command] { return train(*options, *command); };
  });
}

}  // namespace ml_inference
