// SPDX-License-Identifier: MIT
// A question on its way from bytes to bytes, alone or together with others.
#pragma once

#include "api/http.h"
#include "api/prediction.h"
#include "serving/model_statistics.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>

namespace ml_inference {

/// One question, from bytes to bytes.
/// Threads: belongs to one at a time.
class QuestionRun {
 public:
  using Clock = std::chrono::steady_clock;

  /// Everything outlives it. memory: of this question alone.
  /// response  clear but for its route and trace.
  /// arrived   when it came, if it has waited.
  QuestionRun(const PredictionDialect& dialect, const Question& question, PredictMemory& memory,
              HttpResponse& response, std::optional<Clock::time_point> arrived = {});

  /// Reads the rows. False: it is answered, by a refusal.
  [[nodiscard]] bool read(const WorkPlace& place);

  /// What the model should predict, and memory for it; after read().
  [[nodiscard]] const PredictRequest& rows() const { return memory_.call.request; }
  [[nodiscard]] PredictScratch& scratch() { return memory_.scratch; }
  [[nodiscard]] const ServedModel& model() const { return *question_.model.model; }

  /// The model has been asked.
  void is_computed();

  /// The model has not answered: it was asked to stop.
  void give_up();

  /// Writes the model's answers, [row_count, answer_width].
  /// call_row_count  of the call of the model that answered this question too; 0: another counts
  ///                 it.
  void write(std::span<const double> answers, std::size_t call_row_count);

 private:
  void end(std::chrono::nanoseconds& phase);
  void refuse(const Result<void>& read);
  void find_refusals(const WorkPlace& place);

  const PredictionDialect& dialect_;
  const Question& question_;
  PredictMemory& memory_;
  HttpResponse& response_;
  Clock::time_point begin_ = Clock::now();
  Clock::time_point last_ = begin_;
  RequestTimes times_;
};

/// Answers the question: reads, asks the model, writes. arrived: as QuestionRun has it.
void answer_question(const PredictionDialect& dialect, const Question& question,
                     PredictMemory& memory, HttpResponse& response, const WorkPlace& place,
                     std::optional<QuestionRun::Clock::time_point> arrived = {});

/// Answers questions to one model by one call of it, with the same answers as alone.
/// runs  each has a memory of its own.
void answer_together(std::span<QuestionRun* const> runs);

}  // namespace ml_inference
