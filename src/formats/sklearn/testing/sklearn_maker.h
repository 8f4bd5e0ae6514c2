// SPDX-License-Identifier: MIT
// Estimators of scikit-learn for tests, made by hand: each part of one may be wrong.
#pragma once

#include "formats/python/testing/py_maker.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference::testing {

/// A node as sklearn.tree._tree.Tree has it.
struct SklearnNode {
  std::int64_t left = -1;
  std::int64_t right = -1;
  std::int64_t feature = -2;
  double threshold = -2;
  std::int64_t samples = 10;
};

/// A node as HistGradientBoosting has it.
struct HistNode {
  double value = 0;
  std::int64_t feature = 0;
  double threshold = 0;
  bool missing_go_to_left = false;
  std::int64_t left = 0;
  std::int64_t right = 0;
  bool is_leaf = true;
  bool is_categorical = false;
  std::int64_t set = 0;
};

class SklearnMaker : public PyMaker {
 public:
  /// A Tree: values  [nodes, 1, values.size() / nodes].
  NodeId tree(const std::vector<SklearnNode>& nodes, const std::vector<double>& values);

  /// One test of feature 0 at 0.5, and two leaves of two classes.
  NodeId stump();

  /// Of two features and the classes 3 and 4, with that stump.
  NodeId tree_classifier();
  NodeId tree_regressor();
  NodeId forest_classifier(const std::vector<NodeId>& trees);

  /// Of two features and the classes 3 and 4, with one tree of these nodes.
  NodeId hist_classifier(const std::vector<HistNode>& nodes);

  /// Of steps that are called a, b, c ...
  NodeId pipeline(const std::vector<NodeId>& steps);
  NodeId standard_scaler(std::size_t width);

  /// What read_sklearn() refuses the root by, or "read".
  [[nodiscard]] std::string refusal(NodeId root);
};

}  // namespace ml_inference::testing
