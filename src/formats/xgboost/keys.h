// SPDX-License-Identifier: MIT
// The keys of an XGBoost file that matter for predictions, and what has to stand behind each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ml_inference {

/// Where in the document a value stands.
enum class XgboostPlace : std::uint8_t {
  ignored,
  document,
  version,
  learner,
  attributes,
  attribute,
  feature_names,
  feature_name,
  feature_types,
  feature_type,
  model_param,
  base_score,
  boost_from_average,
  num_class,
  num_feature,
  num_target,
  objective,
  objective_name,
  objective_param,
  objective_value,
  booster,
  booster_name,
  inner_booster,
  model,
  model_counts,
  num_trees,
  num_parallel_tree,
  iteration_indptr,
  tree_info,
  weight_drop,
  weights,
  cats,
  cats_columns,
  cats_column,
  cats_offsets,
  cats_values,
  trees,
  tree,
  tree_id,
  tree_param,
  num_nodes,
  size_leaf_vector,
  left_children,
  right_children,
  split_indices,
  split_conditions,
  default_left,
  split_type,
  base_weights,
  leaf_weights,
  categories,
  categories_nodes,
  categories_segments,
  categories_sizes,
};

/// What a value is.
enum class XgboostKind : std::uint8_t { object, list, text, number, boolean, null };

/// "an object".
[[nodiscard]] std::string_view xgboost_kind_name(XgboostKind kind);

/// A key that matters.
struct XgboostKey {
  XgboostPlace inside;  ///< the object that it stands in
  std::string_view name;
  XgboostPlace place;   ///< of the value behind it
  XgboostKind kind;     ///< that the value has to be
  std::uint8_t number;  ///< its own among all keys, below 64
};

/// The key of this name in an object at this place; null when it does not matter. The keys of
/// attributes and objective_param, and those of objective but "name", are not fixed and not here.
[[nodiscard]] const XgboostKey* xgboost_key(XgboostPlace inside, std::string_view name);

}  // namespace ml_inference
