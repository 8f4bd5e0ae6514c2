// SPDX-License-Identifier: MIT
#include "formats/xgboost/keys.h"

#include <array>

namespace ml_inference {
namespace {

using Place = XgboostPlace;
using Kind = XgboostKind;

// In the order in which XGBoost writes the files: each place's keys stand together.
constexpr auto kKeys = [] {
  std::array keys{
      XgboostKey{Place::document, "learner", Place::learner, Kind::object, 0},
      XgboostKey{Place::document, "version", Place::version, Kind::list, 0},
      XgboostKey{Place::document, "Model", Place::document, Kind::object, 0},

      XgboostKey{Place::learner, "attributes", Place::attributes, Kind::object, 0},
      XgboostKey{Place::learner, "feature_names", Place::feature_names, Kind::list, 0},
      XgboostKey{Place::learner, "feature_types", Place::feature_types, Kind::list, 0},
      XgboostKey{Place::learner, "gradient_booster", Place::booster, Kind::object, 0},
      XgboostKey{Place::learner, "learner_model_param", Place::model_param, Kind::object, 0},
      XgboostKey{Place::learner, "objective", Place::objective, Kind::object, 0},

      XgboostKey{Place::model_param, "base_score", Place::base_score, Kind::text, 0},
      XgboostKey{Place::model_param, "boost_from_average", Place::boost_from_average, Kind::text,
                 0},
      XgboostKey{Place::model_param, "num_class", Place::num_class, Kind::text, 0},
      XgboostKey{Place::model_param, "num_feature", Place::num_feature, Kind::text, 0},
      XgboostKey{Place::model_param, "num_target", Place::num_target, Kind::text, 0},

      XgboostKey{Place::objective, "name", Place::objective_name, Kind::text, 0},

      XgboostKey{Place::booster, "name", Place::booster_name, Kind::text, 0},
      XgboostKey{Place::booster, "model", Place::model, Kind::object, 0},
      XgboostKey{Place::booster, "gbtree", Place::inner_booster, Kind::object, 0},
      XgboostKey{Place::booster, "weight_drop", Place::weight_drop, Kind::list, 0},

      XgboostKey{Place::inner_booster, "model", Place::model, Kind::object, 0},

      XgboostKey{Place::model, "gbtree_model_param", Place::model_counts, Kind::object, 0},
      XgboostKey{Place::model, "iteration_indptr", Place::iteration_indptr, Kind::list, 0},
      XgboostKey{Place::model, "tree_info", Place::tree_info, Kind::list, 0},
      XgboostKey{Place::model, "trees", Place::trees, Kind::list, 0},
      XgboostKey{Place::model, "weight_drop", Place::weight_drop, Kind::list, 0},
      XgboostKey{Place::model, "weights", Place::weights, Kind::list, 0},
      XgboostKey{Place::model, "cats", Place::cats, Kind::object, 0},

      XgboostKey{Place::model_counts, "num_trees", Place::num_trees, Kind::text, 0},
      XgboostKey{Place::model_counts, "num_parallel_tree", Place::num_parallel_tree, Kind::text, 0},

      XgboostKey{Place::cats, "enc", Place::cats_columns, Kind::list, 0},
      XgboostKey{Place::cats_column, "offsets", Place::cats_offsets, Kind::list, 0},
      XgboostKey{Place::cats_column, "values", Place::cats_values, Kind::list, 0},

      XgboostKey{Place::tree, "base_weights", Place::base_weights, Kind::list, 0},
      XgboostKey{Place::tree, "categories", Place::categories, Kind::list, 0},
      XgboostKey{Place::tree, "categories_nodes", Place::categories_nodes, Kind::list, 0},
      XgboostKey{Place::tree, "categories_segments", Place::categories_segments, Kind::list, 0},
      XgboostKey{Place::tree, "categories_sizes", Place::categories_sizes, Kind::list, 0},
      XgboostKey{Place::tree, "default_left", Place::default_left, Kind::list, 0},
      XgboostKey{Place::tree, "id", Place::tree_id, Kind::number, 0},
      XgboostKey{Place::tree, "leaf_weights", Place::leaf_weights, Kind::list, 0},
      XgboostKey{Place::tree, "left_children", Place::left_children, Kind::list, 0},
      XgboostKey{Place::tree, "right_children", Place::right_children, Kind::list, 0},
      XgboostKey{Place::tree, "split_conditions", Place::split_conditions, Kind::list, 0},
      XgboostKey{Place::tree, "split_indices", Place::split_indices, Kind::list, 0},
      XgboostKey{Place::tree, "split_type", Place::split_type, Kind::list, 0},
      XgboostKey{Place::tree, "tree_param", Place::tree_param, Kind::object, 0},

      XgboostKey{Place::tree_param, "num_nodes", Place::num_nodes, Kind::text, 0},
      XgboostKey{Place::tree_param, "size_leaf_vector", Place::size_leaf_vector, Kind::text, 0},
  };
  for (std::size_t index = 0; index < keys.size(); ++index) {
    keys[index].number = static_cast<std::uint8_t>(index);
  }
  return keys;
}();
static_assert(kKeys.size() <= 64, "an object notes the keys it has seen in 64 bits");

}  // namespace

std::string_view xgboost_kind_name(XgboostKind kind) {
  switch (kind) {
    case Kind::object: return "an object";
    case Kind::list: return "a list";
    case Kind::text: return "a text";
    case Kind::number: return "a number";
    case Kind::boolean: return "true or false";
    case Kind::null: break;
  }
  return "null";
}

const XgboostKey* xgboost_key(XgboostPlace inside, std::string_view name) {
  for (const XgboostKey& key : kKeys) {
    if (key.inside == inside && key.name == name) return &key;
  }
  return nullptr;
}

}  // namespace ml_inference
