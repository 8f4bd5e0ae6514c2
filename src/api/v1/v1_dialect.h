// SPDX-License-Identifier: MIT
// KServe's protocol v1, TensorFlow Serving's REST API and Vertex AI's, whose bodies are alike.
//
//   {"instances":[[5.1,3.5,1.4,0.2]]}                  -> {"predictions":["setosa"]}
//   {"inputs":{"a":[1,2],"b":[3,4]}}                   -> {"outputs":[0.5,0.25]}
//   {"examples":[{"a":1,"b":3}]}        (:classify)    -> {"results":[[["setosa",1.0],...]]}
//
// Source: KServe 0.15, data plane v1 and sklearnserver; TensorFlow Serving 2.18, api_rest.md;
// Vertex AI, custom container requirements.
#pragma once

#include "api/prediction.h"

namespace ml_inference {

class V1Dialect final : public PredictionDialect {
 public:
  [[nodiscard]] bool takes(std::string_view content_type) const override;
  [[nodiscard]] std::string_view taken_types() const override { return "application/json"; }
  [[nodiscard]] std::size_t memory_size_max(const Question& question) const override;
  [[nodiscard]] std::size_t cell_size_min() const override;
  [[nodiscard]] std::size_t row_size_min(const Question& question) const override;
  [[nodiscard]] Location rows_location() const override { return {"instances"}; }
  [[nodiscard]] Result<void> read(const Question& question, PredictMemory& memory) const override;
  void write(const Question& question, const PredictMemory& memory, std::span<const double> answers,
             HttpResponse& response) const override;
  void write_faults(const FaultList& faults, HttpResponse& response) const override;
};

}  // namespace ml_inference
