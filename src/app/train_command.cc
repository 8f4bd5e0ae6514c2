// SPDX-License-Identifier: MIT
// ml-inference train
#include "app/command_line.h"
#include "app/estimator_flags.h"
#include "app/flags.h"
#include "app/output_file.h"
#include "base/printable_text.h"
#include "data/csv.h"
#include "formats/onnx/writer.h"
#include "training/train_model.h"
#include "training/training_set.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace ml_inference {
namespace {

// The command's flags as they are typed.
struct TrainOptions {
  std::string data_path;
  std::string target;
  std::string output_path;
  std::string task = "auto";
  EstimatorFlags estimator;
};

std::optional<Task> task_of(const std::string& name) {
  if (name == "auto") return std::nullopt;
  return name == "classification" ? Task::classification : Task::regression;
}

void print_summary(const TrainedModel& trained, const std::string& path) {
  const Schema& schema = trained.model.schema();
  const Forest& forest = *trained.model.only_forest();
  fmt::print("task: {}\ntrees: {}\nnodes: {}\n", task_name(schema.task()), forest.tree_count(),
             forest.nodes().size());
  if (trained.out_of_bag_score) {
    fmt::print("out-of-bag {}: {:.4f}\n", schema.task() == Task::classification ? "accuracy" : "R2",
               *trained.out_of_bag_score);
  }
  if (!trained.validation_losses.empty()) {
    fmt::print("validation loss: {:.6g} after {} rounds\n", trained.validation_losses.back(),
               trained.validation_losses.size());
  }
  fmt::print("feature importances:\n");
  for (std::size_t feature = 0; feature < schema.feature_count(); ++feature) {
    fmt::print("  {:.4f} {}\n", trained.feature_importances[feature],
               printable_text(schema.feature_names[feature]));
  }
  fmt::print("written: {}\n", printable_text(path));
}

Result<TrainedModel> train_on(const Table& table, const TrainOptions& options,
                              const EstimatorOptions& estimator) {
  ASSIGN_OR_RETURN(const TrainingSet set,
                   read_training_set(table, options.target, task_of(options.task),
                                     options.estimator.categories()));
  return std::visit([&set](const auto& chosen) { return train_model(set, chosen); }, estimator);
}

Result<void> train(const TrainOptions& options) {
  ASSIGN_OR_RETURN(const EstimatorOptions estimator, options.estimator.options());
  std::error_code error;  // of a file that does not exist, and is no other
  if (std::filesystem::equivalent(options.data_path, options.output_path, error)) {
    return fail(Code::invalid_argument,
                fmt::format("--output: {} holds the training data, expected another file",
                            options.output_path));
  }
  ASSIGN_OR_RETURN(const Table table, read_csv_file(options.data_path));
  const auto trained = train_on(table, options, estimator);
  if (!trained) {
    return fail(trained.error().code, options.data_path + ": " + trained.error().message);
  }
  const Schema& schema = trained->model.schema();
  if (schema.task() == Task::classification && schema.class_labels().size() == 1) {
    return fail(
        Code::invalid_argument,
        fmt::format("{}: column '{}' holds the class '{}' alone, expected two or more",
                    options.data_path, options.target, label_text(schema.class_labels().front())));
  }
  ASSIGN_OR_RETURN(const std::string bytes, write_trained_onnx(trained->model));
  RETURN_IF_ERROR(write_output_file(options.output_path, bytes));
  print_summary(*trained, options.output_path);
  return {};
}

}  // namespace

void add_train_command(CLI::App& app, CommandAction& action) {
  const auto options = std::make_shared<TrainOptions>();
  CLI::App* const command = app.add_subcommand(
      "train", "train a random forest or boosted trees on a CSV file and write them as ONNX");
  Flags flags(*command);
  flags.text("--data", options->data_path, "CSV file with names in its first line")->required();
  flags.text("--target", options->target, "column to predict")->required();
  flags.text("--output", options->output_path, "model file to write")->required();
  flags.choice("--task", options->task, {"auto", "classification", "regression"},
               "auto looks at the target's values");
  options->estimator.add(flags);
  command->callback([options, &action] {
    options->estimator.check();
    action = [options] { return train(*options); };
  });
}

}  // namespace ml_inference
