// SPDX-License-Identifier: MIT
// TensorFlow Serving's Classify and Regress by gRPC: rows are tensorflow.Example, features by name.
// Source: TensorFlow Serving 2.16, apis/classification.proto, regression.proto, input.proto.
#pragma once

#include "api/prediction.h"

namespace ml_inference {

class ExampleDialect final : public PredictionDialect {
 public:
  /// classifies  whether classes are asked for, else numbers.
  explicit ExampleDialect(bool classifies) : classifies_(classifies) {}

  [[nodiscard]] bool takes(std::string_view content_type) const override;
  [[nodiscard]] std::string_view taken_types() const override { return "application/grpc"; }
  [[nodiscard]] Result<void> name_model(std::string_view body, RouteMatch& match) const override;
  [[nodiscard]] std::size_t memory_size_max(const Question& question) const override;
  [[nodiscard]] std::size_t cell_size_min() const override { return 1; }
  [[nodiscard]] Location rows_location() const override { return {"input"}; }
  [[nodiscard]] Result<void> read(const Question& question, PredictMemory& memory) const override;
  void write(const Question& question, const PredictMemory& memory, std::span<const double> answers,
             HttpResponse& response) const override;
  void write_faults(const FaultList& faults, HttpResponse& response) const override;

 private:
  bool classifies_;
};

}  // namespace ml_inference
