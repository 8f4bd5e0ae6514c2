// SPDX-License-Identifier: MIT
// Open Inference Protocol v2 by gRPC: ModelInfer, and Triton's ModelStreamInfer.
//
// Raw contents are answered by raw contents, typed ones by typed ones, as MLServer does: clients of
// Triton send raw ones only and read both.
// Source: Open Inference Protocol v2, inference_grpc.md; Triton, grpc_service.proto.
#pragma once

#include "api/prediction.h"

#include <string_view>

namespace ml_inference {

class OipGrpcDialect final : public PredictionDialect {
 public:
  /// in_stream  whether answers are those of ModelStreamInfer.
  explicit OipGrpcDialect(bool in_stream) : in_stream_(in_stream) {}

  [[nodiscard]] bool takes(std::string_view content_type) const override;
  [[nodiscard]] std::string_view taken_types() const override { return "application/grpc"; }
  [[nodiscard]] Result<void> name_model(std::string_view body, RouteMatch& match) const override;
  [[nodiscard]] Result<QuestionTerms> terms(const Question& question,
                                            PredictMemory& memory) const override;
  [[nodiscard]] std::size_t memory_size_max(const Question& question) const override;
  [[nodiscard]] std::size_t cell_size_min() const override { return 1; }  // a byte of UINT8
  [[nodiscard]] Location rows_location() const override { return {"inputs"}; }
  [[nodiscard]] Result<void> read(const Question& question, PredictMemory& memory) const override;
  void write(const Question& question, const PredictMemory& memory, std::span<const double> answers,
             HttpResponse& response) const override;
  void write_faults(const FaultList& faults, HttpResponse& response) const override;

 private:
  bool in_stream_;
};

/// Fills the response with an error of ModelStreamInfer, which the stream outlives.
void write_stream_error(std::string_view detail, HttpResponse& response);

/// Bytes that reading a message of so many bytes, predicting and writing take at most.
/// raw_size  how many of the message's bytes are RawElements, as far as that is known.
[[nodiscard]] std::size_t grpc_memory_size_max(const SpokenModel& model, std::size_t body_size,
                                               bool wants_classes, std::size_t raw_size = 0);

}  // namespace ml_inference
