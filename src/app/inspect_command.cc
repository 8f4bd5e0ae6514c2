// SPDX-License-Identifier: MIT
// ml-inference inspect
#include "app/command_line.h"
#include "base/json_text.h"
#include "engines/engine.h"
#include "formats/load_model.h"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <string_view>

namespace ml_inference {
namespace {

// Names are the file's: quoted, so that control characters cannot reach a terminal.
std::string json_quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

void print_schema(const Schema& schema) {
  fmt::print("task: {}\n", task_name(schema.task));
  if (!schema.target_name.empty()) fmt::print("target: {}\n", json_quoted(schema.target_name));
  fmt::print("accepts missing values: {}\n", schema.accepts_missing ? "yes" : "no");
  fmt::print("accepts infinities: {}\n", schema.accepts_infinite ? "yes" : "no");
  fmt::print("features: {}\n", schema.feature_count());
  for (const std::string& name : schema.feature_names) fmt::print("  - {}\n", json_quoted(name));
  if (schema.task == Task::regression) return;
  fmt::print("classes: {}\n", schema.class_labels.size());
  for (const ClassLabel& label : schema.class_labels) {
    const bool is_number = std::holds_alternative<std::int64_t>(label);
    fmt::print("  - {}\n",
               is_number ? class_label_text(label) : json_quoted(class_label_text(label)));
  }
}

void print_forest(const Forest& forest) {
  fmt::print("trees: {}\n", forest.tree_count());
  fmt::print("nodes: {}\n", forest.nodes().size());
  fmt::print("leaves: {}\n", forest.leaf_count());
  fmt::print("depth: {}\n", forest.depth());
  fmt::print("aggregation: {}\n", forest.aggregation() == Aggregation::average ? "average" : "sum");
  fmt::print("engine: {}\n", make_engine(forest)->name());
}

Result<void> inspect(const std::string& path) {
  ASSIGN_OR_RETURN(const Model model, load_model_file(path));
  fmt::print("format: {}\n", model.provenance().format);
  fmt::print("producer: {}\n", json_quoted(model.provenance().producer));
  fmt::print("sha256: {}\n", model.provenance().sha256);
  print_schema(model.schema());
  print_forest(model.forest());
  return {};
}

}  // namespace

void add_inspect_command(CLI::App& app, CommandAction& action) {
  const auto path = std::make_shared<std::string>();
  CLI::App* const command = app.add_subcommand("inspect", "say what a model file holds (YAML)");
  command->add_option("MODEL", *path, "model file")->required();
  command->callback([path, &action] { action = [path] { return inspect(*path); }; });
}

}  // namespace ml_inference
