// SPDX-License-Identifier: MIT
// KServe v1, TensorFlow Serving and Vertex AI, described.
#pragma once

#include "api/openapi/dialect_description.h"

namespace ml_inference {

class V1Description final : public DialectDescription {
 public:
  [[nodiscard]] std::string_view tag() const override;
  [[nodiscard]] std::string_view description() const override;
  [[nodiscard]] std::string_view prefix() const override;
  [[nodiscard]] JsonObject error_content(int status) const override;
  [[nodiscard]] JsonObject schemas() const override;
  [[nodiscard]] JsonObject model_schemas(const DescribedModel& model) const override;
  [[nodiscard]] OperationMessages prediction(const RouteEntry& route,
                                             const DescribedModel& model) const override;
  [[nodiscard]] bool answers(const RouteEntry& route, const DescribedModel& model) const override;
  [[nodiscard]] OperationMessages information(const RouteEntry& route,
                                              std::string_view method) const override;
};

}  // namespace ml_inference
