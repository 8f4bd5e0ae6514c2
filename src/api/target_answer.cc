// SPDX-License-Identifier: MIT
#include "api/target_answer.h"

#include "model/predicted_class.h"

namespace ml_inference {

std::span<const double> TargetAnswer::outputs(std::span<const double> answer) const {
  return answer.subspan(output_begin, target.output_count());
}

std::span<const double> TargetAnswer::scores(std::span<const double> answer) const {
  return answer.subspan(score_begin, target.score_count);
}

std::size_t TargetAnswer::best_class(std::span<const double> answer) const {
  const double stated = target.states_class() ? answer[stated_at] : 0;
  return predicted_class(target, outputs(answer), scores(answer), stated);
}

std::vector<TargetAnswer> target_answers(const Schema& schema) {
  std::vector<TargetAnswer> answers;
  std::size_t output_begin = 0;
  std::size_t score_begin = schema.output_count();
  std::size_t stated_at = schema.output_count() + schema.score_count();
  for (const Target& target : schema.targets) {
    answers.push_back({.target = target,
                       .output_begin = output_begin,
                       .score_begin = score_begin,
                       .stated_at = stated_at});
    output_begin += target.output_count();
    score_begin += target.score_count;
    if (target.states_class()) ++stated_at;
  }
  return answers;
}

}  // namespace ml_inference
