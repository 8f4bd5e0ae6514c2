// SPDX-License-Identifier: MIT
// TensorFlow Serving's Predict by gRPC.
//
// The signature is the function of scikit-learn that is asked for, as in REST: serving_default is
// `predict`. Answers are typed values, as the original's are.
// Source: TensorFlow Serving 2.16, apis/predict.proto, prediction_service.proto.
#pragma once

#include "api/prediction.h"

namespace ml_inference {

class TensorflowDialect final : public PredictionDialect {
 public:
  [[nodiscard]] bool takes(std::string_view content_type) const override;
  [[nodiscard]] std::string_view taken_types() const override { return "application/grpc"; }
  [[nodiscard]] Result<void> name_model(std::string_view body, RouteMatch& match) const override;
  [[nodiscard]] std::size_t memory_size_max(const Question& question) const override;
  [[nodiscard]] std::size_t cell_size_min() const override { return 1; }  // a byte of DT_UINT8
  [[nodiscard]] Location rows_location() const override { return {"inputs"}; }
  [[nodiscard]] Result<void> read(const Question& question, PredictMemory& memory) const override;
  void write(const Question& question, const PredictMemory& memory, std::span<const double> answers,
             HttpResponse& response) const override;
  void write_faults(const FaultList& faults, HttpResponse& response) const override;
};

}  // namespace ml_inference
