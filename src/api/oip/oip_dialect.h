// SPDX-License-Identifier: MIT
// Open Inference Protocol v2 over HTTP, with Triton's extensions of it: binary tensors, raw
// requests, classification.
//
//   {"id":"7","inputs":[{"name":"input","shape":[1,4],"datatype":"FP32","data":[5.1,3.5,1.4,0.2]}]}
//
// Source: Open Inference Protocol v2, inference_rest.md; Triton, server/docs/protocol/
// extension_binary_data.md and extension_classification.md.
#pragma once

#include "api/prediction.h"

namespace ml_inference {

class OipDialect final : public PredictionDialect {
 public:
  [[nodiscard]] bool takes(std::string_view content_type) const override;
  [[nodiscard]] std::string_view taken_types() const override { return "any"; }
  [[nodiscard]] Result<QuestionTerms> terms(const Question& question,
                                            PredictMemory& memory) const override;
  [[nodiscard]] std::size_t memory_size_max(const Question& question) const override;
  [[nodiscard]] std::size_t cell_size_min() const override { return 1; }  // a byte of UINT8
  [[nodiscard]] Location rows_location() const override { return {"inputs"}; }
  [[nodiscard]] Result<void> read(const Question& question, PredictMemory& memory) const override;
  void write(const Question& question, const PredictMemory& memory, std::span<const double> answers,
             HttpResponse& response) const override;
  void write_faults(const FaultList& faults, HttpResponse& response) const override;
};

}  // namespace ml_inference
