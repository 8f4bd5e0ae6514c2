// SPDX-License-Identifier: MIT
#include "model/estimators/ensemble.h"

#include "base/assert.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace ml_inference {

Ensemble::Ensemble(std::size_t feature_count, std::vector<Member> members)
    : feature_count_(feature_count), members_(std::move(members)) {
  ASSERT(!members_.empty());
  for (const Member& member : members_) {
    const std::size_t width = member.columns.empty() ? feature_count_ : member.columns.size();
    ASSERT(member.estimator->feature_count() == width);
    for (const std::size_t column : member.columns) ASSERT(column < feature_count_);
  }
}

// A member's columns are copied, and its answer is added to the others.
std::size_t Ensemble::steps_per_row() const {
  std::size_t steps = 0;
  for (const Member& member : members_) {
    steps += member.estimator->steps_per_row() + member.columns.size() +
             member.estimator->answer_width();
  }
  return steps;
}

void Ensemble::for_each_forest(const std::function<void(const Forest&)>& visit) const {
  for (const Member& member : members_) member.estimator->for_each_forest(visit);
}

void Ensemble::trace_forests(const ColumnOrigins& origins, const TracedForestVisit& visit) const {
  for (const Member& member : members_) {
    if (member.columns.empty()) {
      ml_inference::trace_forests(*member.estimator, origins, visit);
      continue;
    }
    ColumnOrigins seen;
    for (const std::size_t column : member.columns) seen.push_back(origins[column]);
    ml_inference::trace_forests(*member.estimator, seen, visit);
  }
}

void Ensemble::run_forests_by(const ForestRunnerMaker& make) {
  for (Member& member : members_) member.estimator->run_forests_by(make);
}

bool Ensemble::may_refuse() const {
  return std::ranges::any_of(members_,
                             [](const Member& member) { return member.estimator->may_refuse(); });
}

namespace {

void take_columns(MatrixView<const double> rows, std::span<const std::size_t> columns,
                  std::span<double> out) {
  std::size_t next = 0;
  for (std::size_t row = 0; row < rows.row_count(); ++row) {
    const std::span<const double> from = rows.row(row);
    for (const std::size_t column : columns) out[next++] = from[column];
  }
}

}  // namespace

std::optional<std::string> Ensemble::refusal(std::span<const double> row,
                                             Workspace& workspace) const {
  for (const Member& member : members_) {
    if (!member.estimator->may_refuse()) continue;
    std::span<const double> seen = row;
    const Workspace::Block block(workspace, member.columns.size());
    if (!member.columns.empty()) {
      take_columns({row, 1, row.size()}, member.columns, block.values());
      seen = block.values();
    }
    if (auto reason = member.estimator->refusal(seen, workspace)) return reason;
  }
  return std::nullopt;
}

void Ensemble::predict_member(const Member& member, MatrixView<const double> rows,
                              Workspace& workspace,
                              const std::function<void(std::span<const double>)>& use) const {
  const std::size_t row_count = rows.row_count();
  const Workspace::Block seen(workspace, row_count * member.columns.size());
  if (!member.columns.empty()) {
    take_columns(rows, member.columns, seen.values());
    const std::span<const double> values = seen.values();
    rows = {values, row_count, member.columns.size()};
  }
  const Workspace::Block answers(workspace, row_count * member.estimator->answer_width());
  member.estimator->predict(rows, answers.values(), workspace);
  use(answers.values());
}

// --- Mean ----------------------------------------------------------------------------------------

Mean::Mean(std::size_t feature_count, std::size_t answer_width, std::vector<Member> member_list)
    : Ensemble(feature_count, std::move(member_list)), answer_width_(answer_width) {
  for (const Member& member : members()) {
    const std::size_t width = member.estimator->answer_width();
    ASSERT(member.outputs.empty() ? width == answer_width_ : width == member.outputs.size());
    for (const std::size_t output : member.outputs) ASSERT(output < answer_width_);
  }
}

void Mean::predict(MatrixView<const double> rows, std::span<double> out,
                   Workspace& workspace) const {
  ASSERT(out.size() == rows.row_count() * answer_width_);
  std::ranges::fill(out, 0.0);
  for (const Member& member : members()) {
    const std::size_t width = member.estimator->answer_width();
    predict_member(member, rows, workspace, [&](std::span<const double> answers) {
      for (std::size_t index = 0; index < answers.size(); ++index) {
        const std::size_t output =
            member.outputs.empty() ? index % width : member.outputs[index % width];
        out[index / width * answer_width_ + output] += answers[index];
      }
    });
  }
  for (double& value : out) value /= static_cast<double>(members().size());
}

// --- AdaBoostVote --------------------------------------------------------------------------------

AdaBoostVote::AdaBoostVote(std::size_t feature_count, std::size_t class_count, BoostRule rule,
                           std::vector<Member> member_list, std::vector<double> weights,
                           double weight_sum)
    : Ensemble(feature_count, std::move(member_list)),
      class_count_(class_count),
      rule_(rule),
      weights_(std::move(weights)),
      weight_sum_(weight_sum) {
  ASSERT(class_count_ >= 2 && weights_.size() == members().size());
  for (const Member& member : members()) {
    ASSERT(member.estimator->answer_width() >= class_count_);
  }
}

void AdaBoostVote::add_votes(std::span<const double> probabilities, double weight,
                             std::span<double> votes) const {
  const auto others = static_cast<double>(class_count_ - 1);
  if (rule_ == BoostRule::log_probabilities) {
    double mean = 0;
    for (const double p : probabilities) {
      mean += std::log(std::max(p, std::numeric_limits<double>::epsilon()));
    }
    mean *= 1.0 / static_cast<double>(class_count_);
    for (std::size_t index = 0; index < class_count_; ++index) {
      const double p = std::max(probabilities[index], std::numeric_limits<double>::epsilon());
      votes[index] += others * (std::log(p) - mean);
    }
    return;
  }
  const auto best =
      static_cast<std::size_t>(std::ranges::max_element(probabilities) - probabilities.begin());
  const double otherwise = rule_ == BoostRule::weight_or_share ? -1.0 / others * weight : 0.0;
  for (std::size_t index = 0; index < class_count_; ++index) {
    votes[index] += index == best ? weight : otherwise;
  }
}

void AdaBoostVote::finish_row(std::span<double> votes, std::span<double> answer) const {
  for (double& vote : votes) vote /= weight_sum_;
  const std::span<double> probabilities = answer.first(class_count_);
  if (class_count_ == 2) {
    const double decision = -votes[0] + votes[1];
    probabilities[0] = -decision / 2;
    probabilities[1] = decision / 2;
    answer[2] = decision;
  } else {
    for (std::size_t index = 0; index < class_count_; ++index) {
      probabilities[index] = votes[index] / static_cast<double>(class_count_ - 1);
      answer[class_count_ + index] = votes[index];
    }
  }
  const double largest = std::ranges::max(probabilities);
  double sum = 0;
  for (double& value : probabilities) sum += value = std::exp(value - largest);
  for (double& value : probabilities) value /= sum;
}

void AdaBoostVote::predict(MatrixView<const double> rows, std::span<double> out,
                           Workspace& workspace) const {
  const std::size_t width = answer_width();
  ASSERT(out.size() == rows.row_count() * width);
  const Workspace::Block votes(workspace, rows.row_count() * class_count_);
  std::ranges::fill(votes.values(), 0.0);
  const auto votes_of = [&](std::size_t row) {
    return votes.values().subspan(row * class_count_, class_count_);
  };
  for (std::size_t index = 0; index < members().size(); ++index) {
    const Member& member = members()[index];
    const std::size_t member_width = member.estimator->answer_width();
    predict_member(member, rows, workspace, [&](std::span<const double> answers) {
      for (std::size_t row = 0; row < rows.row_count(); ++row) {
        add_votes(answers.subspan(row * member_width, class_count_), weights_[index],
                  votes_of(row));
      }
    });
  }
  for (std::size_t row = 0; row < rows.row_count(); ++row) {
    finish_row(votes_of(row), out.subspan(row * width, width));
  }
}

// --- WeightedMedian ------------------------------------------------------------------------------

WeightedMedian::WeightedMedian(std::size_t feature_count, std::vector<Member> member_list,
                               std::vector<double> weights)
    : Ensemble(feature_count, std::move(member_list)), weights_(std::move(weights)) {
  ASSERT(weights_.size() == members().size());
  for (const Member& member : members()) ASSERT(member.estimator->answer_width() == 1);
}

void WeightedMedian::predict(MatrixView<const double> rows, std::span<double> out,
                             Workspace& workspace) const {
  const std::size_t row_count = rows.row_count();
  const std::size_t count = members().size();
  ASSERT(out.size() == row_count);
  const Workspace::Block block(workspace, row_count * count);  // [member, row]
  const std::span<double> answers = block.values();
  for (std::size_t index = 0; index < count; ++index) {
    predict_member(members()[index], rows, workspace, [&](std::span<const double> of_member) {
      std::ranges::copy(of_member, answers.subspan(index * row_count).begin());
    });
  }
  std::vector<std::size_t> order(count);
  for (std::size_t row = 0; row < row_count; ++row) {
    const auto answer = [&](std::size_t index) { return answers[index * row_count + row]; };
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
      return answer(a) != answer(b) ? answer(a) < answer(b) : a < b;
    });
    double total = 0;
    for (const std::size_t index : order) total += weights_[index];
    double reached = 0;
    std::size_t place = 0;
    while ((reached += weights_[order[place]]) < 0.5 * total && place + 1 < count) ++place;
    out[row] = answer(order[place]);
  }
}

}  // namespace ml_inference
