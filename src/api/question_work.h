// SPDX-License-Identifier: MIT
// A question that is left to a worker.
#pragma once

#include "api/http.h"
#include "api/prediction.h"
#include "api/spoken_model.h"
#include "api/work.h"

#include <chrono>
#include <memory>
#include <span>

namespace ml_inference {

/// Answers a question; together with others to the same model, if they wait as well.
class QuestionWork final : public Work {
 public:
  using Clock = std::chrono::steady_clock;

  /// model     the question's, which stays as long as the work.
  /// response  outlives the work, as what the question views does.
  QuestionWork(std::shared_ptr<const SpokenModel> model, const PredictionDialect& dialect,
               const Question& question, HttpResponse& response, Clock::time_point now);

  void run(const WorkPlace& place) override;
  void run_with(std::span<Work* const> others) override;

 private:
  std::shared_ptr<const SpokenModel> model_;
  const PredictionDialect& dialect_;
  Question question_;
  HttpResponse& response_;
  Clock::time_point arrived_;
};

/// When the message and the model's operator want the answer, and before whose.
/// now  when it came.
void set_terms(JobTerms& terms, const QuestionTerms& asked, const WorkLimits& limits,
               std::chrono::steady_clock::time_point now);

}  // namespace ml_inference
