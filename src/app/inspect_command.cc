// SPDX-License-Identifier: MIT
// ml-inference inspect
#include "app/command_line.h"
#include "app/flags.h"
#include "app/tree_text.h"
#include "base/json_text.h"
#include "formats/load_model.h"
#include "serving/served_model.h"

#include <fmt/format.h>

#include <limits>
#include <memory>
#include <optional>
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

std::string label_yaml(const Label& label) {
  return std::holds_alternative<std::string>(label) ? json_quoted(label_text(label))
                                                    : label_text(label);
}

// Counts are comments: a list under a key that has a value would be no YAML.
void print_labels(std::string_view indent, std::string_view what,
                  const std::vector<Label>& labels) {
  fmt::print("{}{}:  # {}\n", indent, what, labels.size());
  for (const Label& label : labels) fmt::print("{}  - {}\n", indent, label_yaml(label));
}

void print_features(const Schema& schema) {
  fmt::print("accepts missing values: {}\n", schema.input.accepts_missing ? "yes" : "no");
  fmt::print("accepts infinities: {}\n", schema.input.accepts_infinite ? "yes" : "no");
  fmt::print("features:  # {}\n", schema.feature_count());
  for (std::size_t feature = 0; feature < schema.feature_count(); ++feature) {
    const Categories* const categories = schema.categories_of(feature);
    fmt::print("  - name: {}\n", json_quoted(schema.feature_names[feature]));
    fmt::print("    type: {}\n",
               categories == nullptr ? number_type_name(schema.input.type) : "category");
    if (categories != nullptr) print_labels("    ", "categories", categories->labels);
  }
}

void print_answers(std::string_view indent, const Target& target) {
  if (target.task == Task::classification) print_labels(indent, "classes", target.class_labels);
  if (target.score_count > 0) fmt::print("{}scores: {}\n", indent, target.score_count);
}

void print_targets(const Schema& schema) {
  if (schema.targets.size() == 1) {
    const Target& target = schema.targets.front();
    if (!target.name.empty()) fmt::print("target: {}\n", json_quoted(target.name));
    return print_answers("", target);
  }
  fmt::print("targets:  # {}\n", schema.targets.size());
  for (const Target& target : schema.targets) {
    fmt::print("  - task: {}\n", task_name(target.task));
    if (!target.name.empty()) fmt::print("    name: {}\n", json_quoted(target.name));
    print_answers("    ", target);
  }
}

void print_schema(const Schema& schema) {
  fmt::print("task: {}\n", task_name(schema.task()));
  print_features(schema);
  print_targets(schema);
}

void print_size(const ModelSize& size) {
  if (size.forest_count > 1) fmt::print("forests: {}\n", size.forest_count);
  fmt::print("trees: {}\n", size.tree_count);
  fmt::print("nodes: {}\n", size.node_count);
  fmt::print("leaves: {}\n", size.leaf_count);
  fmt::print("depth: {}\n", size.depth);
}

// How answers are made of the rows' numbers.
void print_computation(const Forest& forest, const Link& link) {
  const ForestShape& shape = forest.shape();
  fmt::print("aggregation: {}\n", shape.aggregation == Aggregation::average ? "average" : "sum");
  fmt::print("feature type: {}\n", number_type_name(shape.feature_type));
  fmt::print("sum type: {}\n", number_type_name(shape.sum_type));
  fmt::print("link: {}\n", link_text(link));
}

struct InspectOptions {
  std::string model_path;
  std::optional<std::size_t> tree;
  std::string tree_format = "text";
};

Result<void> print_tree(const Model& model, const InspectOptions& options) {
  ASSIGN_OR_RETURN(const std::string text, options.tree_format == "dot"
                                               ? tree_as_dot(model, *options.tree)
                                               : tree_as_text(model, *options.tree));
  fmt::print("{}", text);
  return {};
}

Result<void> inspect(const InspectOptions& options) {
  ASSIGN_OR_RETURN(Model model, load_model_file(options.model_path));
  if (options.tree) return print_tree(model, options);
  const Provenance& provenance = model.provenance();
  fmt::print("format: {}\n", provenance.format);
  fmt::print("producer: {}\n", json_quoted(provenance.producer));
  if (!provenance.estimator.empty()) {
    fmt::print("estimator: {}\n", json_quoted(provenance.estimator));
  }
  fmt::print("sha256: {}\n", provenance.sha256);
  print_schema(model.schema());
  print_size(model.size());
  if (const Forest* forest = model.only_forest()) {
    print_computation(*forest, *model.link());
  }
  ASSIGN_OR_RETURN(const auto served, ServedModel::make(std::move(model), options.model_path));
  fmt::print("engine: {}\n", served->engine_name());
  fmt::print("engine_reason: {}\n", json_quoted(served->engine_reason()));
  fmt::print("memory: {} bytes\n", served->memory_size());
  return {};
}

}  // namespace

void add_inspect_command(CLI::App& app, CommandAction& action) {
  const auto options = std::make_shared<InspectOptions>();
  CLI::App* const command = app.add_subcommand("inspect", "say what a model file holds (YAML)");
  command->add_option("MODEL", options->model_path, "model file")->required();
  CLI::Option* const tree =
      command->add_option("--tree", options->tree, "print this tree, counted from 0, instead")
          ->check(whole_number(0, std::numeric_limits<std::size_t>::max()));
  command->add_option("--format", options->tree_format, "how the tree is printed")
      ->check(CLI::IsMember({"text", "dot"}))
      ->capture_default_str()
      ->needs(tree);
  command->callback([options, &action] { action = [options] { return inspect(*options); }; });
}

}  // namespace ml_inference
