// SPDX-License-Identifier: MIT
#include "api/testing/stumps.h"

#include "model/forest_builder.h"

#include <utility>
#include <vector>

namespace ml_inference::testing {

Schema iris_schema() {
  Schema schema;
  schema.feature_names = {"sepal length", "sepal width", "petal length", "petal width"};
  schema.targets[0].class_labels = {"setosa", "versicolor", "virginica"};
  return schema;
}

std::shared_ptr<const ServedModel> make_stumps(const Schema& schema, std::size_t tree_count) {
  const std::size_t width = schema.output_count();
  std::vector<double> first(width, 0.0);
  first[0] = 1.0;
  std::vector<double> others(width, width > 1 ? 1.0 / static_cast<double>(width - 1) : 0.0);
  others[0] = 0.0;
  ForestBuilder builder({.feature_count = schema.feature_count(),
                         .output_count = width,
                         .aggregation = Aggregation::average});
  for (std::size_t tree = 0; tree < tree_count; ++tree) {
    builder.start_tree(3);
    builder.numerical_test(0, {.feature = 2, .threshold = 2.45, .left = 1, .right = 2});
    builder.leaf(1, first);
    builder.leaf(2, others);
  }
  // A mistake in a test's schema ends the test by value()'s exception.
  Model model = make_model(schema, std::move(builder).build().value(), {.format = "test"}).value();
  return ServedModel::make(std::move(model), "stumps").value();
}

}  // namespace ml_inference::testing
