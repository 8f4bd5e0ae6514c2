// SPDX-License-Identifier: MIT
#include "model/estimators/started_forest.h"

#include "base/assert.h"
#include "model/reference_predict.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace ml_inference {
namespace {

// The centre is the geometric mean; without one it is 1.
void write_logarithms(std::span<const double> shares, bool is_centred, std::span<double> sums) {
  double centre = 1;
  if (is_centred) {
    double sum = 0;
    for (const double share : shares) sum += std::log(share);
    centre = std::exp(sum / static_cast<double>(shares.size()));
  }
  for (std::size_t k = 0; k < sums.size(); ++k) sums[k] = std::log(shares[k] / centre);
}

}  // namespace

void write_start(StartRule rule, double least, std::span<const double> answer,
                 std::span<double> sums) {
  const auto kept = [least](double p) { return std::clamp(p, least, 1 - least); };
  switch (rule) {
    case StartRule::as_is: sums[0] = answer[0]; return;
    case StartRule::logit:
    case StartRule::half_logit: {
      const double p = kept(answer[1]);
      const double logit = std::log(p / (1 - p));
      sums[0] = rule == StartRule::logit ? logit : logit / 2;
      return;
    }
    case StartRule::log:
    case StartRule::centred_log:
      std::ranges::transform(answer, sums.begin(), kept);
      return write_logarithms(sums, rule == StartRule::centred_log, sums);
  }
}

StartedForest::StartedForest(std::unique_ptr<Estimator> first, StartRule rule, double least,
                             Forest forest, Link link, bool gives_scores)
    : first_(std::move(first)),
      rule_(rule),
      least_(least),
      forest_(std::move(forest)),
      link_(link),
      gives_scores_(gives_scores),
      output_count_(link_.output_count(forest_.output_count())) {
  ASSERT(first_->feature_count() == forest_.feature_count());
  const bool is_binary = rule_ == StartRule::logit || rule_ == StartRule::half_logit;
  ASSERT(first_->answer_width() >= (is_binary ? 2 : forest_.output_count()));
}

std::size_t StartedForest::answer_width() const {
  return output_count_ + (gives_scores_ ? forest_.output_count() : 0);
}

void StartedForest::predict(MatrixView<const double> rows, std::span<double> out,
                            Workspace& workspace) const {
  const std::size_t width = answer_width();
  const std::size_t sum_count = forest_.output_count();
  const std::size_t first_width = first_->answer_width();
  ASSERT(out.size() == rows.row_count() * width);
  const Workspace::Block sums(workspace, rows.row_count() * sum_count);
  const Workspace::Block starts(workspace, rows.row_count() * first_width);
  // The library rounds all rows first, for its forest.
  const Workspace::Block rounded(workspace, rows.values().size());
  std::ranges::transform(rows.values(), rounded.values().begin(), [](double value) {
    return static_cast<double>(static_cast<float>(value));
  });
  const std::span<const double> rounded_values = rounded.values();
  const MatrixView<const double> rounded_rows(rounded_values, rows.row_count(),
                                              rows.column_count());
  first_->predict(rounded_rows, starts.values(), workspace);
  for (std::size_t row = 0; row < rows.row_count(); ++row) {
    write_start(rule_, least_, starts.values().subspan(row * first_width, first_width),
                sums.values().subspan(row * sum_count, sum_count));
  }
  reference_add(forest_, rounded_rows, sums.values());
  for (std::size_t row = 0; row < rows.row_count(); ++row) {
    const std::span<const double> of_row = sums.values().subspan(row * sum_count, sum_count);
    const std::span<double> answer = out.subspan(row * width, width);
    apply_link(link_, {of_row, 1, sum_count}, answer.first(output_count_));
    if (gives_scores_) std::ranges::copy(of_row, answer.subspan(output_count_).begin());
  }
}

std::optional<std::string> StartedForest::refusal(std::span<const double> row,
                                                  Workspace& workspace) const {
  return first_->refusal(row, workspace);
}

void StartedForest::for_each_forest(const std::function<void(const Forest&)>& visit) const {
  first_->for_each_forest(visit);
  visit(forest_);
}

void StartedForest::trace_forests(const ColumnOrigins& origins,
                                  const TracedForestVisit& visit) const {
  ml_inference::trace_forests(*first_, origins, visit);
  visit(forest_, origins);
}

void StartedForest::run_forests_by(const ForestRunnerMaker& make) { first_->run_forests_by(make); }

}  // namespace ml_inference
