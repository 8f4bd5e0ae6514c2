// SPDX-License-Identifier: MIT
// What a LightGBM text model says, in LightGBM's own words and checked: nothing in here points out
// of its bounds, and every tree is a tree. How it makes an answer: docs/formats/lightgbm.md.
#pragma once

#include "model/forest_shape.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ml_inference {

/// What counts as missing in a numerical test.
enum class LightgbmMissing : std::uint8_t {
  none,  ///< nothing: NaN is 0.0
  zero,  ///< |x| <= zero_magnitude(), and NaN
  nan,   ///< NaN
};

/// One test. A child from 0 on is a node of the tree, one below 0 is leaf ~child.
struct LightgbmNode {
  double threshold = 0;  ///< any number; of a categorical test, which of the tree's category sets
  std::int32_t split_feature = 0;  ///< from 0 to max_feature_idx
  std::int32_t left_child = 0;     ///< for x <= threshold, or for a category in the set
  std::int32_t right_child = 0;
  std::uint8_t decision_type = 0;  ///< bit 0 categorical, bit 1 default left, bits 2-3 missing type

  [[nodiscard]] bool is_categorical() const { return (decision_type & 1) != 0; }
  [[nodiscard]] bool is_default_left() const { return (decision_type & 2) != 0; }
  [[nodiscard]] LightgbmMissing missing_type() const {
    return static_cast<LightgbmMissing>(decision_type >> 2);
  }
};

/// Of a linear tree, what one leaf gives: leaf_const + leaf_coeff[0] * x[leaf_features[0]] + ...,
/// or its leaf_value when one of these features is NaN.
struct LightgbmLinearLeaf {
  double leaf_const = 0;  ///< any number, and NaN
  std::span<const std::uint32_t> leaf_features;
  std::span<const double> leaf_coeff;  ///< one a feature
};

/// One tree. Node 0 is the root; all other nodes and all leaves have one parent, whose number may
/// be larger than the node's. A tree of one leaf has no nodes.
struct LightgbmTree {
  std::vector<LightgbmNode> nodes;            ///< num_leaves - 1 of them
  std::vector<double> leaf_value;             ///< num_leaves of them, the shrinkage already in them
  std::vector<std::uint32_t> cat_boundaries;  ///< num_cat + 1 of them, ascending; or empty
  std::vector<std::uint32_t> cat_threshold;   ///< bits of all sets, 32 categories a word
  double shrinkage = 1;                       ///< of interest only
  bool is_linear = false;

  // Of a linear tree, else empty:
  std::vector<double> leaf_const;            ///< by leaf
  std::vector<std::uint32_t> leaf_ends;      ///< by leaf, where its terms end
  std::vector<std::uint32_t> leaf_features;  ///< of all terms
  std::vector<double> leaf_coeff;            ///< of all terms

  [[nodiscard]] std::size_t num_leaves() const { return leaf_value.size(); }
  [[nodiscard]] std::size_t num_cat() const {
    return cat_boundaries.empty() ? 0 : cat_boundaries.size() - 1;
  }

  /// The words of a categorical test's set: bit category % 32 of word category / 32.
  [[nodiscard]] std::span<const std::uint32_t> category_set(const LightgbmNode& node) const;

  [[nodiscard]] LightgbmLinearLeaf linear_leaf(std::size_t leaf) const;
};

/// What training has seen of a feature: feature_infos.
enum class LightgbmFeatureKind : std::uint8_t {
  unused,       ///< "none": nothing to learn from
  numerical,    ///< "[0:1.5]"
  categorical,  ///< "2:0:1"
};

struct LightgbmFeature {
  std::string name;
  LightgbmFeatureKind kind = LightgbmFeatureKind::unused;
  std::uint32_t category_begin = 0;  ///< of a categorical one, in LightgbmFile::categories
  std::uint32_t category_count = 0;
  /// Of a numerical one whose least and greatest value are whole numbers from 0 on, so that its
  /// values may be codes: one more than the greatest; else 0.
  std::uint32_t code_end = 0;
};

/// The objective line: "binary sigmoid:1".
struct LightgbmObjective {
  std::string name;  ///< empty where a function of the user's was the objective
  /// The words behind the name: {"sigmoid", "1"}, {"sqrt", ""}.
  std::vector<std::pair<std::string, std::string>> parameters;

  [[nodiscard]] bool has(std::string_view parameter) const;
  /// sigmoid:X, positive and finite; 1 where it is not said.
  double sigmoid = 1;
};

/// A category of a pandas column: null, a truth value, a whole number, a number or a text.
using LightgbmCategory = std::variant<std::monostate, bool, std::int64_t, double, std::string>;

struct LightgbmFile {
  std::string version;  ///< "v2" up to 2.2, "v3" up to 3.3, "v4"; empty up to 2.0.10
  std::uint32_t num_class = 1;
  std::uint32_t num_tree_per_iteration = 1;  ///< sums of a row: tree i adds to sum i % of them
  std::uint32_t max_feature_idx = 0;
  LightgbmObjective objective;
  bool average_output = false;    ///< a random forest: predictions are of the iterations' mean
  bool has_end_of_trees = false;  ///< the line: since 2.2

  std::vector<LightgbmFeature> features;  ///< max_feature_idx + 1 of them
  std::vector<std::int32_t> categories;   ///< codes of all categorical features
  std::vector<LightgbmTree> trees;        ///< a multiple of num_tree_per_iteration

  /// The parameter categorical_feature where it is numbers: features that were said to be
  /// categorical, also those that are unused.
  std::vector<std::uint32_t> categorical_feature;

  /// Whether there are parameters, and whether they know precise_float_parser, which LightGBM 3.3.0
  /// brought. The version above is coarser, and answers differ (docs/formats/lightgbm.md).
  bool has_parameters = false;
  bool has_precise_float_parser = false;

  /// Of a model of a pandas DataFrame: for each column of type `category`, in the order of columns,
  /// what the codes 0, 1, 2 ... stand for. The file does not say which columns these are.
  std::vector<std::vector<LightgbmCategory>> pandas_categorical;

  /// Numbers of a row up to this magnitude count as 0.0. Seen with 2.0.7 and 2.0.10, and with
  /// 2.0.12 to 4.7; kEpsilon and kZeroThreshold of include/LightGBM/meta.h.
  [[nodiscard]] double zero_magnitude() const {
    return version.empty() ? double{1e-15F} : kZeroMagnitudeMax;
  }

  [[nodiscard]] std::size_t iteration_count() const {
    return trees.size() / num_tree_per_iteration;
  }
  [[nodiscard]] std::span<const std::int32_t> categories_of(const LightgbmFeature& feature) const {
    return std::span(categories).subspan(feature.category_begin, feature.category_count);
  }
};

}  // namespace ml_inference
