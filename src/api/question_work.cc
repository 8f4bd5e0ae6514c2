// SPDX-License-Identifier: MIT
#include "api/question_work.h"

#include "api/question_run.h"

#include <algorithm>
#include <deque>
#include <utility>
#include <vector>

namespace ml_inference {

QuestionWork::QuestionWork(std::shared_ptr<const SpokenModel> model,
                           const PredictionDialect& dialect, const Question& question,
                           HttpResponse& response, Clock::time_point now)
    : model_(std::move(model)),
      dialect_(dialect),
      question_(question),
      response_(response),
      arrived_(now) {
  terms.kind = model_->work;
  terms.step_count = step_count_max(dialect, question);
  terms.may_join = true;
  memory_size = dialect.memory_size_max(question);
}

void QuestionWork::run(const WorkPlace& place) {
  PredictMemory memory;
  answer_question(dialect_, question_, memory, response_, place, arrived_);
}

void QuestionWork::run_with(std::span<Work* const> others) {
  std::deque<PredictMemory> memories;
  std::deque<QuestionRun> runs;
  std::vector<QuestionRun*> all;
  const auto add = [&](QuestionWork& work) {
    runs.emplace_back(work.dialect_, work.question_, memories.emplace_back(), work.response_,
                      work.arrived_);
    all.push_back(&runs.back());
  };
  add(*this);
  for (Work* const other : others) add(*static_cast<QuestionWork*>(other));
  answer_together(all);
}

void set_terms(JobTerms& terms, const QuestionTerms& asked, const WorkLimits& limits,
               std::chrono::steady_clock::time_point now) {
  const std::uint32_t wanted = asked.priority.value_or(0);
  const bool has_say = wanted >= 1 && wanted <= limits.priority_max;
  terms.priority = has_say ? wanted : limits.priority;
  terms.deadline.reset();
  if (asked.timeout) terms.deadline = now + *asked.timeout;
  if (limits.timeout) {
    terms.deadline =
        std::min(terms.deadline.value_or(now + *limits.timeout), now + *limits.timeout);
  }
}

}  // namespace ml_inference
