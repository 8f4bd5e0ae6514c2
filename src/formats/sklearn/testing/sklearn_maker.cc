// SPDX-License-Identifier: MIT
#include "formats/sklearn/testing/sklearn_maker.h"

#include "formats/format_error.h"
#include "formats/sklearn/reader.h"

namespace ml_inference::testing {
namespace {

template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace

NodeId SklearnMaker::tree(const std::vector<SklearnNode>& nodes,
                          const std::vector<double>& values) {
  std::string bytes;
  for (const SklearnNode& node : nodes) {
    put(bytes, node.left);
    put(bytes, node.right);
    put(bytes, node.feature);
    put(bytes, node.threshold);
    put(bytes, node.samples);
  }
  const auto count = static_cast<std::int64_t>(nodes.size());
  const auto width = static_cast<std::int64_t>(values.size() / nodes.size());
  return object("sklearn.tree._tree.Tree", {{"nodes", records({{"left_child", "i8"},
                                                               {"right_child", "i8"},
                                                               {"feature", "i8"},
                                                               {"threshold", "f8"},
                                                               {"n_node_samples", "i8"}},
                                                              count, bytes)},
                                            {"values", doubles({count, 1, width}, values)}});
}

NodeId SklearnMaker::stump() {
  return tree({{.left = 1, .right = 2, .feature = 0, .threshold = 0.5}, {}, {}},
              {0.5, 0.5, 1, 0, 0.25, 0.75});
}

NodeId SklearnMaker::tree_classifier() {
  return object("sklearn.tree._classes.DecisionTreeClassifier",
                {{"_sklearn_version", text("1.5.2")},
                 {"n_features_in_", integer(2)},
                 {"n_outputs_", integer(1)},
                 {"classes_", integers({3, 4})},
                 {"tree_", stump()}});
}

NodeId SklearnMaker::tree_regressor() {
  return object("sklearn.tree._classes.DecisionTreeRegressor", {{"_sklearn_version", text("1.5.2")},
                                                                {"n_features_in_", integer(2)},
                                                                {"n_outputs_", integer(1)},
                                                                {"tree_", tree({{}}, {7})}});
}

NodeId SklearnMaker::forest_classifier(const std::vector<NodeId>& trees) {
  return object("sklearn.ensemble._forest.RandomForestClassifier",
                {{"_sklearn_version", text("1.5.2")},
                 {"n_features_in_", integer(2)},
                 {"n_outputs_", integer(1)},
                 {"classes_", integers({3, 4})},
                 {"estimators_", list(trees)}});
}

NodeId SklearnMaker::hist_classifier(const std::vector<HistNode>& nodes) {
  std::string bytes;
  for (const HistNode& node : nodes) {
    put(bytes, node.value);
    put(bytes, node.feature);
    put(bytes, node.threshold);
    put(bytes, node.missing_go_to_left);
    put(bytes, node.left);
    put(bytes, node.right);
    put(bytes, node.is_leaf);
    put(bytes, node.is_categorical);
    put(bytes, node.set);
  }
  const NodeId predictor =
      object("sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
             {{"nodes", records({{"value", "f8"},
                                 {"feature_idx", "i8"},
                                 {"num_threshold", "f8"},
                                 {"missing_go_to_left", "u1"},
                                 {"left", "i8"},
                                 {"right", "i8"},
                                 {"is_leaf", "u1"},
                                 {"is_categorical", "u1"},
                                 {"bitset_idx", "i8"}},
                                static_cast<std::int64_t>(nodes.size()), bytes)},
              {"raw_left_cat_bitsets", array("u4", {1, 8}, std::string(32, '\1'))}});
  return object(
      "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingClassifier",
      {{"_sklearn_version", text("1.5.2")},
       {"n_features_in_", integer(2)},
       {"n_trees_per_iteration_", integer(1)},
       {"classes_", integers({3, 4})},
       {"_baseline_prediction", doubles({1, 1}, {0.25})},
       {"_bin_mapper", object("sklearn.ensemble._hist_gradient_boosting.binning._BinMapper", {})},
       {"_predictors", list({list({predictor})})}});
}

NodeId SklearnMaker::pipeline(const std::vector<NodeId>& steps) {
  std::vector<NodeId> pairs;
  for (const NodeId step : steps) {
    const char name = static_cast<char>('a' + pairs.size());
    pairs.push_back(tuple({text(std::string(1, name)), step}));
  }
  return object("sklearn.pipeline.Pipeline",
                {{"_sklearn_version", text("1.5.2")}, {"steps", list(pairs)}});
}

NodeId SklearnMaker::standard_scaler(std::size_t width) {
  const auto size = static_cast<std::int64_t>(width);
  return object("sklearn.preprocessing._data.StandardScaler",
                {{"n_features_in_", integer(size)},
                 {"mean_", doubles({size}, std::vector<double>(width, 1.0))},
                 {"scale_", doubles({size}, std::vector<double>(width, 2.0))}});
}

std::string SklearnMaker::refusal(NodeId root) {
  const PyDocument made = document(root);
  try {
    static_cast<void>(read_sklearn(made));
    return "read";
  } catch (const FormatError& refused) {
    return refused.error.message;
  }
}

}  // namespace ml_inference::testing
