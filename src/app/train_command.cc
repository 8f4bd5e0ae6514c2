// SPDX-License-Identifier: MIT
// ml-inference train
#include "app/command_line.h"
#include "app/flags.h"
#include "app/output_file.h"
#include "app/report_page.h"
#include "app/scored_training.h"
#include "base/printable_text.h"
#include "data/csv.h"
#include "host/cgroup.h"
#include "host/cpu.h"
#include "model/limits.h"
#include "training/train_model.h"

#include <CLI/Error.hpp>
#include <CLI/Validators.hpp>
#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

constexpr std::uint64_t kRowCountMax = 1'000'000'000;

// The command's flags as they are typed; forest_options() turns them into the trainer's.
struct TrainOptions {
  std::string data_path;
  std::string target;
  std::string output_path;
  std::string report_path;     // empty: no page
  std::size_t fold_count = 0;  // 0: no cross-validation
  std::string task = "auto";
  std::string criterion = "gini";
  std::string max_features = "auto";
  std::string max_samples = "all";
  std::string class_weight = "none";
  std::string bootstrap = "yes";
  std::size_t max_depth = 0;       // 0: no limit
  std::size_t max_leaf_nodes = 0;  // 0: no limit
  bool out_of_bag = false;
  ForestOptions forest;
};

template <class T>
std::optional<T> parse_whole(const std::string& text) {
  T value{};
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc() || end != last) return std::nullopt;
  return value;
}

// "10" is a count, "0.5" and "1.0" are fractions, as in scikit-learn.
Result<Share> parse_share(const std::string& text) {
  const auto count = parse_whole<std::size_t>(text);
  if (count && *count > 0) return *count;
  const auto fraction = parse_whole<double>(text);
  if (!count && fraction && *fraction > 0 && *fraction <= 1) return *fraction;
  return fail(Code::invalid_argument,
              fmt::format("'{}' is neither a count from 1 nor a fraction above 0 up to 1", text));
}

Result<void> set_max_features(const std::string& text, ForestOptions& forest) {
  if (text == "auto") return {};
  if (text == "sqrt" || text == "log2" || text == "all") {
    forest.max_features = text == "sqrt"   ? FeatureRule::square_root
                          : text == "log2" ? FeatureRule::logarithm
                                           : FeatureRule::all;
    return {};
  }
  ASSIGN_OR_RETURN(const Share share, parse_share(text));
  std::visit([&forest](auto value) { forest.max_features = value; }, share);
  return {};
}

Result<void> set_max_samples(const std::string& text, ForestOptions& forest) {
  if (text == "all") return {};
  ASSIGN_OR_RETURN(forest.max_samples, parse_share(text));
  return {};
}

Result<void> set_class_weights(const std::string& text, ForestOptions& forest) {
  if (text == "none") return {};
  if (text == "balanced") {
    forest.class_weights = ClassWeighting::balanced;
    return {};
  }
  std::vector<double> weights;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const auto weight = parse_whole<double>(text.substr(begin, end - begin));
    if (!weight) {
      return fail(Code::invalid_argument,
                  fmt::format("'{}' is neither none nor balanced nor numbers, one a class, with "
                              "commas between them",
                              text));
    }
    weights.push_back(*weight);
    begin = end + 1;
  }
  forest.class_weights = std::move(weights);
  return {};
}

Result<ForestOptions> forest_options(const TrainOptions& options) {
  ForestOptions forest = options.forest;
  if (forest.thread_count == 0) {
    forest.thread_count = granted_cpu_count(find_cgroup().value_or(Cgroup()));
  }
  forest.criterion = options.criterion == "gini" ? ClassCriterion::gini : ClassCriterion::entropy;
  forest.bootstrap = options.bootstrap == "yes";
  forest.out_of_bag_score = options.out_of_bag;
  if (options.max_depth > 0) forest.max_depth = options.max_depth;
  if (options.max_leaf_nodes > 0) forest.max_leaf_nodes = options.max_leaf_nodes;
  RETURN_IF_ERROR(set_max_features(options.max_features, forest));
  RETURN_IF_ERROR(set_class_weights(options.class_weight, forest));
  RETURN_IF_ERROR(set_max_samples(options.max_samples, forest));
  return forest;
}

// Has a flag's text refused where flags are read, by the function that will read it.
CLI::Validator read_by(Result<void> (*set)(const std::string&, ForestOptions&)) {
  const auto check = [set](const std::string& text) -> std::string {
    ForestOptions scratch;
    const Result<void> read = set(text, scratch);
    return read ? std::string() : read.error().message;
  };
  return CLI::Validator(check, "");
}

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
  if (!is_same(options.output_path, options.report_path)) return {};
  return fail(
      Code::invalid_argument,
      fmt::format("--report: {} is the model's file, expected another one", options.report_path));
}

Result<void> train(const TrainOptions& options, const CLI::App& command) {
  ASSIGN_OR_RETURN(const ForestOptions forest, forest_options(options));
  RETURN_IF_ERROR(check_paths(options));
  ASSIGN_OR_RETURN(const Table table, read_csv_file(options.data_path));
  const auto of_data = [&options](const Error& error) {
    return fail(error.code, options.data_path + ": " + error.message);
  };
  const auto set = read_training_set(table, options.target, task_of(options.task));
  if (!set) return of_data(set.error());
  const ReportingTrainer trainer = [&forest](const TrainingSet& part,
                                             const TrainingProgress& progress) {
    ForestOptions told = forest;
    told.progress = progress;
    return train_model(part, told);
  };
  auto scored = train_and_score(*set, trainer,
                                {.fold_count = fold_count(options, command),
                                 .has_curve = !options.report_path.empty(),
                                 .seed = forest.seed,
                                 .thread_count = forest.thread_count,
                                 .step_count = forest.tree_count},
                                stderr_terminal());
  if (!scored) return of_data(scored.error());
  RETURN_IF_ERROR(write_output_file(options.output_path, scored->onnx));
  TrainReport& report = scored->report;
  report.data_path = options.data_path;
  report.model_path = options.output_path;
  report.parameters = parameters_of(command);
  fmt::print("{}", report_text(report));
  if (!options.report_path.empty()) {
    RETURN_IF_ERROR(write_output_file(options.report_path, report_page(report)));
    fmt::print("report: {}\n", printable_text(options.report_path));
  }
  fmt::print("written: {}\n", printable_text(options.output_path));
  return {};
}

void add_forest_flags(Flags& flags, TrainOptions& options) {
  ForestOptions& forest = options.forest;
  flags.count("--trees", forest.tree_count, 1, kTreeCountMax, "trees of the forest");
  flags.count("--seed", forest.seed, 0, std::numeric_limits<std::uint64_t>::max(),
              "the same seed gives the same forest on every machine");
  flags.count("--threads", forest.thread_count, 0, 1'024,
              "threads to train on, 0 for one a granted CPU; never changes the forest");
  flags.choice("--criterion", options.criterion, {"gini", "entropy"},
               "what a classification's splits make smaller");
  flags
      .text("--max-features", options.max_features,
            "features a split looks at: auto, sqrt, log2, all, a count, or a fraction like 0.5")
      ->check(read_by(set_max_features));
  flags.count("--max-depth", options.max_depth, 0, kRowCountMax, "tests to a leaf; 0: no limit");
  flags.count("--min-samples-split", forest.min_samples_split, 2, kRowCountMax,
              "fewest rows of a node that is split");
  flags.count("--min-samples-leaf", forest.min_samples_leaf, 1, kRowCountMax,
              "fewest rows of a leaf");
  flags.count("--max-leaf-nodes", options.max_leaf_nodes, 0, kRowCountMax,
              "leaves of a tree; 0: no limit");
  flags.number("--min-impurity-decrease", forest.min_impurity_decrease, 0, 1e300,
               "what a split must gain");
  flags.choice("--bootstrap", options.bootstrap, {"yes", "no"},
               "whether each tree draws its rows with replacement");
  flags
      .text("--max-samples", options.max_samples,
            "rows drawn for a tree: all, a count, or a fraction")
      ->check(read_by(set_max_samples));
  flags
      .text("--class-weight", options.class_weight, "none, balanced, or a number a class: 1,2.5,1")
      ->check(read_by(set_class_weights));
}

}  // namespace

void add_train_command(CLI::App& app, CommandAction& action) {
  const auto options = std::make_shared<TrainOptions>();
  options->forest.thread_count = 0;
  CLI::App* const command =
      app.add_subcommand("train", "train a random forest on a CSV file and write it as ONNX");
  Flags flags(*command);
  flags.text("--data", options->data_path, "CSV file with names in its first line")->required();
  flags.text("--target", options->target, "column to predict")->required();
  flags.text("--output", options->output_path, "model file to write")->required();
  flags.choice("--task", options->task, {"auto", "classification", "regression"},
               "auto looks at the target's values");
  add_forest_flags(flags, *options);
  flags.toggle("--oob-score", options->out_of_bag,
               "score the forest on the rows that its trees did not see");
  flags.count("--cv", options->fold_count, 0, kRowCountMax,
              "folds of a cross-validation, which says how good such models are on rows that they "
              "have not seen; 0: none, but 5 for a report");
  const CLI::Option* const report = flags.file(
      "--report", options->report_path,
      "HTML page to write: scores, confusion matrix, learning curve, importances. The curve "
      "takes up to twice the time of its cross-validation");
  command->callback([options, command, report, &action] {
    refuse_empty_variable(*report);
    action = [options, command] { return train(*options, *command); };
  });
}

}  // namespace ml_inference
