// SPDX-License-Identifier: MIT
// A model: what computes its answers, and what they mean.
#pragma once

#include "base/result.h"
#include "model/estimator.h"
#include "model/forest.h"
#include "model/link.h"
#include "model/schema.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace ml_inference {

/// Where a model comes from, for people and metrics. It decides nothing.
struct Provenance {
  std::string format;          ///< "built-in", "onnx", "scikit-learn", "xgboost", "lightgbm"
  std::string producer;        ///< what wrote the file, as the file says; may be empty
  std::string estimator = {};  ///< what it is in its library's words: "RandomForestClassifier"
  std::string sha256 = {};     ///< of the file's bytes, in hexadecimal; empty without a file
};

/// How large a model is.
struct ModelSize {
  std::size_t forest_count = 0;
  std::size_t tree_count = 0;
  std::size_t node_count = 0;
  std::size_t leaf_count = 0;
  std::size_t depth = 0;          ///< of the deepest tree
  std::size_t steps_per_row = 0;  ///< Estimator::steps_per_row()
};

/// Schema and estimator that fit together. Made by make_model() only.
/// Threads: immutable once it is served; any number may read it.
class Model {
 public:
  [[nodiscard]] const Schema& schema() const { return schema_; }
  [[nodiscard]] const Estimator& estimator() const { return *estimator_; }
  [[nodiscard]] const Provenance& provenance() const { return provenance_; }

  /// Counted when the model was made: the forests may be gone.
  [[nodiscard]] const ModelSize& size() const { return size_; }

  /// The forest of a model that is one forest and a link, as ONNX files and trained models are;
  /// null for any other, and once the model is served.
  [[nodiscard]] const Forest* only_forest() const;

  /// The link behind that forest; null where there is no only forest.
  [[nodiscard]] const Link* link() const;

  /// What computes, for a model that becomes a part of another one.
  [[nodiscard]] std::unique_ptr<Estimator> take_estimator() && { return std::move(estimator_); }

  /// The same model, which now knows the bytes that stand for it.
  [[nodiscard]] Model with_sha256(std::string sha256) &&;

  /// Estimator::run_forests_by().
  void run_forests_by(const ForestRunnerMaker& make) { estimator_->run_forests_by(make); }

 private:
  friend Result<Model> make_model(Schema schema, std::unique_ptr<Estimator> estimator,
                                  Provenance provenance);
  Model(Schema schema, std::unique_ptr<Estimator> estimator, Provenance provenance);

  Schema schema_;
  std::unique_ptr<Estimator> estimator_;
  Provenance provenance_;
  ModelSize size_;
};

/// Checks the schema, and that the estimator takes its features and gives its answers.
/// Errors: invalid_argument.
[[nodiscard]] Result<Model> make_model(Schema schema, std::unique_ptr<Estimator> estimator,
                                       Provenance provenance);

/// A model that is one forest, whose sums go through the link.
[[nodiscard]] Result<Model> make_model(Schema schema, Forest forest, Provenance provenance,
                                       Link link = {});

}  // namespace ml_inference
