// SPDX-License-Identifier: MIT
#include "model/model.h"

#include "model/estimators/forest_estimator.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ml_inference {
namespace {

ModelSize size_of(const Estimator& estimator) {
  ModelSize size;
  estimator.for_each_forest([&](const Forest& forest) {
    ++size.forest_count;
    size.tree_count += forest.tree_count();
    size.node_count += forest.nodes().size();
    size.leaf_count += forest.leaf_count();
    size.depth = std::max(size.depth, forest.depth());
  });
  size.steps_per_row = estimator.steps_per_row();
  return size;
}

}  // namespace

Model::Model(Schema schema, std::unique_ptr<Estimator> estimator, Provenance provenance)
    : schema_(std::move(schema)),
      estimator_(std::move(estimator)),
      provenance_(std::move(provenance)),
      size_(size_of(*estimator_)) {}

const Forest* Model::only_forest() const {
  const auto* estimator = dynamic_cast<const ForestEstimator*>(estimator_.get());
  return estimator == nullptr ? nullptr : estimator->forest();
}

const Link* Model::link() const {
  const auto* estimator = dynamic_cast<const ForestEstimator*>(estimator_.get());
  return estimator == nullptr ? nullptr : &estimator->link();
}

Model Model::with_sha256(std::string sha256) && {
  provenance_.sha256 = std::move(sha256);
  return std::move(*this);
}

Result<Model> make_model(Schema schema, std::unique_ptr<Estimator> estimator,
                         Provenance provenance) {
  RETURN_IF_ERROR(check_schema(schema));
  if (estimator->feature_count() != schema.feature_count()) {
    return fail(Code::invalid_argument,
                fmt::format("the forest takes {} features, the schema names {}",
                            estimator->feature_count(), schema.feature_count()));
  }
  if (estimator->answer_width() != schema.answer_width()) {
    return fail(Code::invalid_argument,
                fmt::format("the forest gives {} outputs, the schema expects {}",
                            estimator->answer_width(), schema.answer_width()));
  }
  return Model(std::move(schema), std::move(estimator), std::move(provenance));
}

Result<Model> make_model(Schema schema, Forest forest, Provenance provenance, Link link) {
  RETURN_IF_ERROR(check_link(link));
  const bool gives_scores = schema.score_count() > 0;
  return make_model(std::move(schema),
                    std::make_unique<ForestEstimator>(std::move(forest), link, gives_scores),
                    std::move(provenance));
}

}  // namespace ml_inference
