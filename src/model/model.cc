// SPDX-License-Identifier: MIT
#include "model/model.h"

#include <fmt/format.h>

#include <utility>

namespace ml_inference {

Model::Model(Schema schema, Forest forest, Provenance provenance)
    : schema_(std::move(schema)), forest_(std::move(forest)), provenance_(std::move(provenance)) {}

Model Model::with_sha256(std::string sha256) && {
  provenance_.sha256 = std::move(sha256);
  return std::move(*this);
}

Result<Model> make_model(Schema schema, Forest forest, Provenance provenance) {
  RETURN_IF_ERROR(check_schema(schema));
  if (forest.feature_count() != schema.feature_count()) {
    return fail(Code::invalid_argument,
                fmt::format("the forest takes {} features, the schema names {}",
                            forest.feature_count(), schema.feature_count()));
  }
  if (forest.output_count() != schema.output_count()) {
    return fail(Code::invalid_argument,
                fmt::format("the forest gives {} outputs, the schema expects {}",
                            forest.output_count(), schema.output_count()));
  }
  return Model(std::move(schema), std::move(forest), std::move(provenance));
}

}  // namespace ml_inference
