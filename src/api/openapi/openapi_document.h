// SPDX-License-Identifier: MIT
// The API described for machines.
#pragma once

#include "api/routes.h"
#include "serving/model_catalog.h"
#include "serving/repository/model_control.h"

#include <string>
#include <vector>

namespace ml_inference {

/// What the document tells of.
struct DocumentFacts {
  const ModelCatalog* catalog = nullptr;  ///< null: there is none yet
  std::string version;                    ///< the program's
  bool guarded = false;                   ///< whether predictions need a bearer token
  std::vector<RouteAlias> aliases = {};   ///< paths of the operator's choice
  ControlRights rights = {};              ///< what requests may do to models
};

/// The OpenAPI 3.1 document of the REST side: every route of every dialect that is_offered(), with
/// rows and answers of each version of each model that answers. Of models that would make it larger
/// than kDescribedModelsSizeMax it tells the names alone, and that it does.
/// Cost: some milliseconds a model, more for wide ones.
/// Source: OpenAPI Specification 3.1.1; JSON Schema 2020-12.
[[nodiscard]] std::string openapi_document(const DocumentFacts& facts);

}  // namespace ml_inference
