// SPDX-License-Identifier: MIT
#include "model/estimators/started_forest.h"

#include "base/assert.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace ml_inference {
StartedForest::StartedForest(std::unique_ptr<Estimator> first, StartRule rule, double least,
                             Forest forest, Link link, bool gives_scores)
    : first_(std::move(first)),
      rule_(rule),
      least_(least),
      forest_(std::move(forest), Link{}, false),
      link_(link),
      gives_scores_(gives_scores),
      output_count_(link_.output_count(forest_.answer_width())) {
  ASSERT(first_->feature_count() == forest_.feature_count());
  const bool is_binary = rule_ == StartRule::logit || rule_ == StartRule::half_logit;
  ASSERT(first_->answer_width() >= (is_binary ? 2 : forest_.answer_width()));
}

std::size_t StartedForest::answer_width() const {
  return output_count_ + (gives_scores_ ? forest_.answer_width() : 0);
}

void StartedForest::add_start(std::span<const double> answer, std::span<double> sums) const {
  const auto clipped = [this](double p) { return std::clamp(p, least_, 1 - least_); };
  switch (rule_) {
    case StartRule::as_is: sums[0] += answer[0]; return;
    case StartRule::logit:
    case StartRule::half_logit: {
      const double p = clipped(answer[1]);
      const double logit = std::log(p / (1 - p));
      sums[0] += rule_ == StartRule::logit ? logit : logit / 2;
      return;
    }
    case StartRule::log:
    case StartRule::centred_log: {
      double mean = 0;
      if (rule_ == StartRule::centred_log) {
        for (std::size_t k = 0; k < sums.size(); ++k) mean += std::log(clipped(answer[k]));
        mean /= static_cast<double>(sums.size());
      }
      for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += std::log(clipped(answer[k])) - mean;
      return;
    }
  }
}

void StartedForest::predict(MatrixView<const double> rows, std::span<double> out,
                            Workspace& workspace) const {
  const std::size_t width = answer_width();
  const std::size_t sum_count = forest_.answer_width();
  const std::size_t first_width = first_->answer_width();
  ASSERT(out.size() == rows.row_count() * width);
  const Workspace::Block sums(workspace, rows.row_count() * sum_count);
  const Workspace::Block starts(workspace, rows.row_count() * first_width);
  forest_.predict(rows, sums.values(), workspace);
  // The library rounds all rows first, for its forest.
  const Workspace::Block rounded(workspace, rows.values().size());
  std::ranges::transform(rows.values(), rounded.values().begin(), [](double value) {
    return static_cast<double>(static_cast<float>(value));
  });
  const std::span<const double> rounded_values = rounded.values();
  first_->predict({rounded_values, rows.row_count(), rows.column_count()}, starts.values(),
                  workspace);
  for (std::size_t row = 0; row < rows.row_count(); ++row) {
    const std::span<double> of_row = sums.values().subspan(row * sum_count, sum_count);
    const std::span<const double> started = of_row;
    add_start(starts.values().subspan(row * first_width, first_width), of_row);
    const std::span<double> answer = out.subspan(row * width, width);
    apply_link(link_, {started, 1, sum_count}, answer.first(output_count_));
    if (gives_scores_) std::ranges::copy(of_row, answer.subspan(output_count_).begin());
  }
}

std::optional<std::string> StartedForest::refusal(std::span<const double> row,
                                                  Workspace& workspace) const {
  return first_->refusal(row, workspace);
}

void StartedForest::for_each_forest(const std::function<void(const Forest&)>& visit) const {
  first_->for_each_forest(visit);
  forest_.for_each_forest(visit);
}

void StartedForest::trace_forests(const ColumnOrigins& origins,
                                  const TracedForestVisit& visit) const {
  ml_inference::trace_forests(*first_, origins, visit);
  forest_.trace_forests(origins, visit);
}

void StartedForest::run_forests_by(const ForestRunnerMaker& make) {
  first_->run_forests_by(make);
  forest_.run_forests_by(make);
}

}  // namespace ml_inference
