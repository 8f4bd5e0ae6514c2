// SPDX-License-Identifier: MIT
// MLflow's scoring server and SageMaker's containers, which share /ping and /invocations.
//
//   {"dataframe_split":{"columns":["a","b"],"data":[[1,2]]}}   -> {"predictions":["setosa"]}
//   {"dataframe_records":[{"a":1,"b":2}]}, {"instances":[[1,2]]}, {"inputs":{"a":[1],"b":[2]}}
//   text/csv, with a header or without; application/jsonlines, a row a line
//
// Source: MLflow 3.1, pyfunc/scoring_server; SageMaker developer guide, "Common data formats for
// inference" and "Custom inference code with hosting services".
#pragma once

#include "api/prediction.h"

namespace ml_inference {

class ScoringDialect final : public PredictionDialect {
 public:
  [[nodiscard]] bool takes(std::string_view content_type) const override;
  [[nodiscard]] std::string_view taken_types() const override {
    return "application/json, text/csv or application/jsonlines, in UTF-8";
  }
  [[nodiscard]] std::size_t memory_size_max(const Question& question) const override;
  [[nodiscard]] std::size_t cell_size_min() const override { return 1; }  // a comma: missing
  [[nodiscard]] Location rows_location() const override { return {"rows"}; }
  [[nodiscard]] Result<void> read(const Question& question, PredictMemory& memory) const override;
  void write(const Question& question, const PredictMemory& memory, std::span<const double> answers,
             HttpResponse& response) const override;
  void write_faults(const FaultList& faults, HttpResponse& response) const override;
};

}  // namespace ml_inference
