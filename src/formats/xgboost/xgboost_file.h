// SPDX-License-Identifier: MIT
// What an XGBoost model file says, in XGBoost's own words and checked: nothing in here points out
// of its bounds, and every tree is a tree. How the numbers make an answer: docs/formats/xgboost.md.
#pragma once

#include "formats/asker.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace ml_inference {

/// How the file adds up: trees, trees with weights, or one linear function.
enum class XgboostBooster : std::uint8_t { gbtree, dart, gblinear };

/// One node. A leaf has left == -1. A node of the file that cannot be reached from node 0, such as
/// one that pruning left behind, is a leaf here, too.
struct XgboostNode {
  std::int32_t left = -1;
  /// The right child. Of a leaf in a tree with leaf vectors: which row of leaf_vectors it is.
  std::int32_t right = -1;
  std::int32_t split_index = 0;  ///< the feature that is tested, below num_feature
  float condition = 0;           ///< the threshold, or the leaf's value; any float
  bool default_left = false;     ///< where NaN goes
  bool is_categorical = false;   ///< tests membership of a category in category_set()

  [[nodiscard]] bool is_leaf() const { return left < 0; }
};

/// The categories of one categorical test: size of XgboostTree::categories from begin on.
struct XgboostCategorySet {
  std::int32_t node = 0;
  std::int32_t begin = 0;
  std::int32_t size = 0;
};

/// One tree. Node 0 is the root; every other node that can be reached has one parent, which may
/// have a larger number.
struct XgboostTree {
  std::vector<XgboostNode> nodes;
  std::vector<XgboostCategorySet> category_sets;  ///< ascending by node
  std::vector<std::int32_t> categories;           ///< each from 0 to 2^24 - 1
  std::size_t size_leaf_vector = 1;  ///< 1: a leaf's value is its condition; else the values a leaf
  std::vector<float> leaf_vectors;   ///< [rows, size_leaf_vector], empty when that is 1

  /// The categories that go right at this node; a test without any sends all to the left.
  [[nodiscard]] std::span<const std::int32_t> category_set(std::int32_t node) const;

  /// The size_leaf_vector values of this leaf of a tree with leaf vectors.
  [[nodiscard]] std::span<const float> leaf_vector(std::int32_t node) const;
};

/// What the codes 0, 1, 2 ... of one feature stand for: nothing that the file tells, texts in
/// UTF-8, or whole numbers. Files tell it since XGBoost 3.1.
using XgboostCategories =
    std::variant<std::monostate, std::vector<std::string>, std::vector<std::int64_t>>;

struct XgboostFile {
  std::array<std::int32_t, 3> version = {};  ///< of the library that wrote it: major, minor, patch

  std::string objective;  ///< "binary:logistic"
  /// Every parameter of the objective by its name, as text: "quantile_alpha" -> "[1E-1,5E-1]".
  std::map<std::string, std::string> objective_parameters;

  std::uint32_t num_feature = 0;
  std::uint32_t num_class = 0;   ///< 0 or 1 unless the objective is one of several classes
  std::uint32_t num_target = 1;  ///< numbers that are predicted at once

  /// One value, or output_count() of them (since 3.1). They are
  /// in the space of predictions: 0.5 is a probability where the objective predicts one.
  std::vector<float> base_score;
  bool boosts_from_average = true;  ///< whether training had to estimate the base score

  std::vector<std::string> feature_names;     ///< num_feature of them, or empty
  std::vector<std::string> feature_types;     ///< "float", "int", "q", "i", "c"; likewise
  std::vector<XgboostCategories> categories;  ///< likewise

  XgboostBooster booster = XgboostBooster::gbtree;

  std::vector<XgboostTree> trees;       ///< gbtree, dart
  std::vector<std::int32_t> tree_info;  ///< for each tree the output it belongs to
  std::vector<float> weight_drop;       ///< dart: for each tree its factor
  std::vector<std::int32_t>
      iteration_indptr;                 ///< since 2.0: the first tree of each round, and the end
  std::uint32_t num_parallel_tree = 0;  ///< trees of a round for each output; 0: not said

  /// gblinear: [num_feature + 1, output_count()], the biases last; empty before the first round.
  std::vector<float> weights;

  /// What was set on the booster: early stopping leaves best_iteration, best_score.
  std::map<std::string, std::string> attributes;
  /// The attribute of this name, where it is a number.
  std::optional<std::uint32_t> best_iteration;
  std::optional<std::uint32_t> best_ntree_limit;  ///< likewise; 1.4 to 1.7: trees of an output

  Asker asker = Asker::booster;  ///< answer_as_wrapper()
  /// The wrapper's `missing`: a value that is this number is missing, and NaN is, too.
  std::optional<float> missing;

  /// How many margins a row gets.
  [[nodiscard]] std::size_t output_count() const;

  /// Whether the file was written by this version or a later one.
  [[nodiscard]] bool is_since(std::int32_t major, std::int32_t minor, std::int32_t patch) const;
};

}  // namespace ml_inference
