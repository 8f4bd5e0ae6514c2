// SPDX-License-Identifier: MIT
// The reference's API: the JSON of /predict and of /models/{model}/predict (predict_json.h).
#pragma once

#include "api/prediction.h"

namespace ml_inference {

class OwnDialect final : public PredictionDialect {
 public:
  [[nodiscard]] bool takes(std::string_view content_type) const override;
  [[nodiscard]] std::string_view taken_types() const override { return "application/json"; }
  [[nodiscard]] std::size_t memory_size_max(const Question& question) const override;
  [[nodiscard]] std::size_t cell_size_min() const override;
  [[nodiscard]] Location rows_location() const override { return {"body", "features"}; }
  [[nodiscard]] Result<void> read(const Question& question, PredictMemory& memory) const override;
  void write(const Question& question, const PredictMemory& memory, std::span<const double> answers,
             HttpResponse& response) const override;
  void write_faults(const FaultList& faults, HttpResponse& response) const override;
};

}  // namespace ml_inference
