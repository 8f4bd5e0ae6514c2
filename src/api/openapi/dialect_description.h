// SPDX-License-Identifier: MIT
// What each dialect tells the OpenAPI document of itself.
#pragma once

#include "api/openapi/described_model.h"
#include "api/openapi/json_schema.h"
#include "api/routes.h"

#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// The messages of one operation, beside what any operation has.
struct OperationMessages {
  JsonObject request = {};  ///< the body by media type; empty: it has none
  bool needs_request = true;
  JsonObject answer = {};          ///< of status 200, by media type
  JsonObject others = {};          ///< further answers of its own, by status: contents
  std::vector<int> refusals = {};  ///< further statuses, with an error in the dialect's form
  JsonArray parameters = {};       ///< beside those of the path
  std::string description = {};    ///< what the schemas cannot say
};

/// Threads: immutable.
class DialectDescription {
 public:
  virtual ~DialectDescription() = default;

  /// What its operations are grouped under, and what there is to say of them.
  [[nodiscard]] virtual std::string_view tag() const = 0;
  [[nodiscard]] virtual std::string_view description() const = 0;

  /// What the names of its shared schemas and responses begin with: "oip."
  [[nodiscard]] virtual std::string_view prefix() const = 0;

  /// The body of an error, by media type.
  [[nodiscard]] virtual JsonObject error_content(int status) const = 0;

  /// The schemas that do not depend on any model, by name.
  [[nodiscard]] virtual JsonObject schemas() const = 0;

  /// Those of a model.
  [[nodiscard]] virtual JsonObject model_schemas(const DescribedModel& model) const = 0;

  /// What an operation that predicts takes and gives. The model can do what the route is for, see
  /// answers().
  [[nodiscard]] virtual OperationMessages prediction(const RouteEntry& route,
                                                     const DescribedModel& model) const = 0;

  /// Whether the model can do what the route is for.
  [[nodiscard]] virtual bool answers(const RouteEntry& route, const DescribedModel& model) const {
    static_cast<void>(route);
    static_cast<void>(model);
    return true;
  }

  /// What any other operation takes and gives.
  [[nodiscard]] virtual OperationMessages information(const RouteEntry& route,
                                                      std::string_view method) const = 0;
};

/// How a dialect of REST describes itself; lives for ever.
/// dialect  none of gRPC's (asserted).
[[nodiscard]] const DialectDescription& dialect_description(Dialect dialect);

}  // namespace ml_inference
