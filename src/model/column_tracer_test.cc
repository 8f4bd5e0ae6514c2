// SPDX-License-Identifier: MIT
#include "model/column_tracer.h"

#include "model/estimators/ensemble.h"
#include "model/estimators/first_outputs.h"
#include "model/estimators/forest_estimator.h"
#include "model/estimators/guarded.h"
#include "model/estimators/pipeline.h"
#include "model/graph/dataflow.h"
#include "model/graph/movement.h"
#include "model/graph/trees.h"
#include "model/testing/random_forest.h"
#include "model/transformers/column_affine.h"
#include "model/transformers/impute.h"
#include "model/transformers/rearrange.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <utility>

namespace ml_inference {
namespace {

constexpr InputRules kAnything{.accepts_missing = true, .accepts_infinite = true};

std::unique_ptr<Estimator> forest(std::size_t feature_count) {
  return std::make_unique<ForestEstimator>(
      testing::make_random_forest({.feature_count = feature_count, .output_count = 1}, 3), Link{},
      false);
}

template <class... Step>
std::unique_ptr<Estimator> behind(std::size_t feature_count, Step... step) {
  std::vector<std::unique_ptr<const Transformer>> steps;
  (steps.push_back(std::move(step)), ...);
  return std::make_unique<Pipeline>(std::move(steps), forest(feature_count), kAnything);
}

// Of each forest, where its columns come from when the estimator's are the features themselves.
std::vector<ColumnOrigins> origins_of(const Estimator& estimator) {
  ColumnOrigins origins;
  for (std::size_t feature = 0; feature < estimator.feature_count(); ++feature) {
    origins.emplace_back(feature);
  }
  std::vector<ColumnOrigins> seen;
  trace_forests(estimator, origins, [&](const Forest& of, const ColumnOrigins& columns) {
    EXPECT_EQ(of.feature_count(), columns.size());
    seen.push_back(columns);
  });
  return seen;
}

using Origins = std::vector<ColumnOrigins>;

TEST(ColumnTracer, AForestSeesTheFeatures) {
  EXPECT_EQ(origins_of(*forest(2)), (Origins{{0, 1}}));
  EXPECT_EQ(origins_of(FirstOutputs(forest(2), 1)), (Origins{{0, 1}}));
  EXPECT_EQ(origins_of(Guarded(forest(2), kAnything)), (Origins{{0, 1}}));
}

TEST(ColumnTracer, FollowsColumnsThatChangeTheirPlaces) {
  auto rearrange = std::make_unique<Rearrange>(
      3, kAnything,
      std::vector<Rearrange::Column>{{.from = 2, .is_recoded = true, .categories = {1, 2}},
                                     {.from = 0}});
  EXPECT_EQ(origins_of(*behind(2, std::move(rearrange))), (Origins{{2, 0}}));
}

TEST(ColumnTracer, FollowsColumnsThroughScalersAndImputers) {
  // The second column has no value to fill in and is dropped; the last one says where the first one
  // was missing.
  auto impute = std::make_unique<Impute>(
      Impute::Options{.values = {1, std::nan(""), 3}, .missing = std::nan(""), .indicators = {0}});
  auto scale = std::make_unique<ShiftAndDivide>(3, std::vector<double>{}, std::vector<double>{});
  EXPECT_EQ(origins_of(*behind(3, std::move(impute), std::move(scale))),
            (Origins{{0, 2, std::nullopt}}));
}

TEST(ColumnTracer, FollowsTheColumnsOfMembers) {
  std::vector<Member> members(2);
  members[0].estimator = forest(3);
  members[1].estimator = forest(2);
  members[1].columns = {2, 1};
  EXPECT_EQ(origins_of(Mean(3, 1, std::move(members))), (Origins{{0, 1, 2}, {2, 1}}));
}

// An estimator that says nothing of its columns.
class Silent final : public Estimator {
 public:
  [[nodiscard]] std::size_t feature_count() const override { return inner_->feature_count(); }
  [[nodiscard]] std::size_t answer_width() const override { return inner_->answer_width(); }
  [[nodiscard]] std::size_t steps_per_row() const override { return inner_->steps_per_row(); }
  void predict(MatrixView<const double> rows, std::span<double> out,
               Workspace& workspace) const override {
    inner_->predict(rows, out, workspace);
  }
  void for_each_forest(const std::function<void(const Forest&)>& visit) const override {
    inner_->for_each_forest(visit);
  }
  void run_forests_by(const ForestRunnerMaker& make) override { inner_->run_forests_by(make); }

 private:
  std::unique_ptr<Estimator> inner_ = forest(2);
};

TEST(ColumnTracer, KnowsNothingOfAnEstimatorThatSaysNothing) {
  EXPECT_EQ(origins_of(Silent()), (Origins{{std::nullopt, std::nullopt}}));
}

TEST(ColumnTracer, FollowsElementsThroughADataflow) {
  DataflowBuilder builder(3);
  const ValueSpec two{.type = ElementType::float64, .shape = {1, 2}};
  const auto add = [&](std::unique_ptr<Operation> operation, ValueId in, const ValueSpec& out) {
    return builder.add(std::move(operation), {in}, {out}).front();
  };
  const ValueId columns =
      add(std::make_unique<Columns>(ElementType::float64, 1, 2, std::vector<double>()),
          builder.row(), two);
  const ValueId moved =
      add(std::make_unique<Move>(std::vector<ElementSource>{{0, 1}, {0, 0}}), columns, two);
  const ValueId sums = add(std::make_unique<Trees>(testing::make_random_forest(
                               {.feature_count = 2, .output_count = 1}, 3)),
                           moved, {.type = ElementType::float64, .shape = {1, 1}});
  const auto dataflow = std::move(builder).build({.numbers = {{sums, 0}}, .classes = {}});
  EXPECT_EQ(origins_of(*dataflow), (Origins{{2, 1}}));
}

}  // namespace
}  // namespace ml_inference
