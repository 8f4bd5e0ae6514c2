// SPDX-License-Identifier: MIT
// TorchServe's /predictions: bare rows in, bare predictions out.
//
//   [5.1,3.5,1.4,0.2]                       -> "setosa"
//   [[5.1,3.5,1.4,0.2],[1,2,3,4]]           -> ["setosa","versicolor"]
//   {"data":...}, {"instances":...}         likewise
//
// Source: TorchServe 0.12, inference_api.md and base_handler.py.
#pragma once

#include "api/prediction.h"

namespace ml_inference {

class TorchServeDialect final : public PredictionDialect {
 public:
  [[nodiscard]] bool takes(std::string_view content_type) const override;
  [[nodiscard]] std::string_view taken_types() const override { return "any"; }
  [[nodiscard]] std::size_t memory_size_max(const Question& question) const override;
  [[nodiscard]] std::size_t cell_size_min() const override;
  [[nodiscard]] Location rows_location() const override { return {"data"}; }
  [[nodiscard]] Result<void> read(const Question& question, PredictMemory& memory) const override;
  void write(const Question& question, const PredictMemory& memory, std::span<const double> answers,
             HttpResponse& response) const override;
  void write_faults(const FaultList& faults, HttpResponse& response) const override;
};

}  // namespace ml_inference
