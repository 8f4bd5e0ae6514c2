// SPDX-License-Identifier: MIT
#include "training/train_model.h"

#include "base/assert.h"
#include "data/iris.h"
#include "model/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace ml_inference {
namespace {

constexpr std::string_view kProducer = "ml-inference";

Result<TrainedModel> make_trained(Schema schema, TrainedForest trained) {
  ASSIGN_OR_RETURN(Model model,
                   make_model(std::move(schema), std::move(trained.forest),
                              {.format = "trained", .producer = std::string(kProducer)}));
  return TrainedModel{std::move(model), std::move(trained.feature_importances),
                      std::move(trained.out_of_bag)};
}

// The options with the features that have categories.
Result<BoostingOptions> with_categories(const TrainingSet& set, BoostingOptions options) {
  options.categorical_features.clear();
  for (const Categories& categories : set.schema.categories) {
    options.categorical_features.push_back(categories.feature);
    if (categories.labels.size() <= options.max_bins) continue;
    return fail(Code::invalid_argument,
                fmt::format("column '{}': expected at most {} categories (max_bins), got {}",
                            set.schema.feature_names[categories.feature], options.max_bins,
                            categories.labels.size()));
  }
  return options;
}

}  // namespace

Result<TrainedModel> train_model(const Table& table, const std::string& target_column,
                                 std::optional<Task> task, const ForestOptions& options) {
  ASSIGN_OR_RETURN(const TrainingSet set, read_training_set(table, target_column, task));
  return train_model(set, options);
}

Result<TrainedModel> train_model(const TrainingSet& set, const ForestOptions& options) {
  ASSERT(set.schema.input.type == NumberType::float32);
  std::vector<float> values(set.values.size());
  std::ranges::transform(set.values, values.begin(),
                         [](double value) { return static_cast<float>(value); });
  const MatrixView<const float> rows(values, set.row_count, set.schema.feature_count());
  if (set.schema.task() == Task::regression) {
    ASSIGN_OR_RETURN(TrainedForest trained, train_regressor(rows, set.targets, options));
    return make_trained(set.schema, std::move(trained));
  }
  ASSIGN_OR_RETURN(TrainedForest trained,
                   train_classifier(rows, set.classes, set.schema.class_labels().size(), options));
  return make_trained(set.schema, std::move(trained));
}

Result<TrainedModel> train_model(const TrainingSet& set, const BoostingOptions& options) {
  ASSERT(set.schema.input.type == NumberType::float64);
  ASSIGN_OR_RETURN(const BoostingOptions complete, with_categories(set, options));
  Result<TrainedBoosting> trained =
      set.schema.task() == Task::regression
          ? train_boosted_regressor(set.rows(), set.targets, complete)
          : train_boosted_classifier(set.rows(), set.classes, set.schema.class_labels().size(),
                                     complete);
  if (!trained) return std::unexpected(std::move(trained).error());
  Schema schema = set.schema;
  schema.input.accepts_missing = true;
  ASSIGN_OR_RETURN(
      Model model,
      make_model(std::move(schema), std::move(trained->forest),
                 {.format = "trained", .producer = std::string(kProducer)}, trained->link));
  return TrainedModel{std::move(model), std::move(trained->feature_importances), std::nullopt,
                      std::move(trained->validation_losses)};
}

Result<Model> train_builtin_model(std::size_t thread_count) {
  ASSIGN_OR_RETURN(TrainedForest trained,
                   train_classifier(iris_rows(), iris_classes(), kIrisClassNames.size(),
                                    {.thread_count = thread_count}));
  Schema schema{.feature_names = {kIrisFeatureNames.begin(), kIrisFeatureNames.end()},
                .targets = {{.task = Task::classification, .name = "species"}}};
  for (const std::string_view name : kIrisClassNames) {
    schema.targets[0].class_labels.emplace_back(std::string(name));
  }
  return make_model(std::move(schema), std::move(trained.forest),
                    {.format = "built-in", .producer = std::string(kProducer)});
}

}  // namespace ml_inference
