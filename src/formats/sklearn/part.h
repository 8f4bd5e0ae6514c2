// SPDX-License-Identifier: MIT
// One estimator out of a file, ready to stand alone or inside another one.
#pragma once

#include "formats/python/access.h"
#include "formats/python/value.h"
#include "formats/sklearn/version.h"
#include "model/estimator.h"
#include "model/schema.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// What an estimator computes, and what its numbers mean.
struct SklearnPart {
  std::unique_ptr<Estimator> estimator;
  InputRules rules;  ///< what its library lets in
  std::vector<Target> targets;
  std::vector<Categories> categories;           ///< features whose values are text
  bool takes_any_width = false;                 ///< it looks at no feature
  std::vector<std::string> feature_names = {};  ///< where they do not stand in feature_names_in_
};

/// Where a reader stands in the file: the object, and what to call it in a message.
struct SklearnObject {
  PyValue value;
  std::string where;      ///< "sklearn: estimators_[3]"
  std::string_view name;  ///< the class without its module: "RandomForestClassifier"
  SklearnVersion version;

  [[nodiscard]] std::string path(std::string_view attribute) const {
    return where + "." + std::string(attribute);
  }
  [[nodiscard]] PyValue get(std::string_view attribute) const {
    return attribute_of(value, attribute, where);
  }
  /// Nothing also for None.
  [[nodiscard]] std::optional<PyValue> find(std::string_view attribute) const;
  /// The first of two names of one attribute, which was renamed.
  [[nodiscard]] PyValue get_renamed(std::string_view now, std::string_view before) const;
  [[nodiscard]] std::string text(std::string_view attribute, std::string_view otherwise) const;
  [[nodiscard]] bool flag(std::string_view attribute, bool otherwise) const;
};

/// The object with its class and its version. Refuses what is no object of scikit-learn, and no
/// wrapper of XGBoost's or LightGBM's.
/// version  of what it stands in, when it has none of its own (trees of old files).
[[nodiscard]] SklearnObject sklearn_object(const PyValue& value, std::string where,
                                           SklearnVersion version);

/// Reads any estimator that is known; refuses others by name, with the list of what is known.
[[nodiscard]] SklearnPart read_sklearn_part(const SklearnObject& object, PyVisit& visit);

/// Labels out of an array of classes: whole numbers, text, truth values, numbers.
[[nodiscard]] std::vector<Label> labels_of(const PyValue& value, std::string_view where);

/// The targets of a classifier, by classes_: one array, or a list of arrays.
[[nodiscard]] std::vector<Target> class_targets(const SklearnObject& object);

/// n_features_in_, or before 0.24 n_features_.
[[nodiscard]] std::size_t feature_count_of(const SklearnObject& object);

/// The sum of numbers as numpy's add.reduce adds them along memory.
/// Source: NumPy 2.3, numpy/_core/src/umath/loops_utils.h.src (pairwise_sum).
[[nodiscard]] double numpy_sum(std::span<const double> numbers);

// --- one file each ------------------------------------------------------------------------------

[[nodiscard]] SklearnPart read_tree_part(const SklearnObject& object);    // tree_part.cc
[[nodiscard]] SklearnPart read_forest_part(const SklearnObject& object);  // tree_part.cc
[[nodiscard]] SklearnPart read_gradient_boosting(const SklearnObject& object,
                                                 PyVisit& visit);  // boosting_part.cc
[[nodiscard]] SklearnPart read_hist_gradient_boosting(const SklearnObject& object);  // hist_part.cc
[[nodiscard]] SklearnPart read_ada_boost(const SklearnObject& object, PyVisit& visit);
[[nodiscard]] SklearnPart read_bagging(const SklearnObject& object, PyVisit& visit);
[[nodiscard]] SklearnPart read_isolation_forest(const SklearnObject& object);
[[nodiscard]] SklearnPart read_dummy(const SklearnObject& object);
[[nodiscard]] SklearnPart read_pipeline(const SklearnObject& object, PyVisit& visit);
[[nodiscard]] SklearnPart read_wrapped_part(const SklearnObject& object);  // wrapped_part.cc

}  // namespace ml_inference
