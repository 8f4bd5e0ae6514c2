// SPDX-License-Identifier: MIT
#include "formats/onnx/write_estimator.h"

#include "formats/format_error.h"
#include "formats/onnx/write_link.h"
#include "formats/onnx/write_trees.h"
#include "model/estimators/constant.h"
#include "model/estimators/ensemble.h"
#include "model/estimators/first_outputs.h"
#include "model/estimators/forest_estimator.h"
#include "model/estimators/guarded.h"
#include "model/estimators/isolation.h"
#include "model/estimators/linear.h"
#include "model/estimators/missing_value.h"
#include "model/estimators/pipeline.h"
#include "model/estimators/started_forest.h"

#include <limits>

namespace ml_inference {
namespace {

WrittenParts write_forest(GraphWriter& graph, const ForestEstimator& estimator,
                          const WrittenValue& rows) {
  if (estimator.forest() == nullptr) {
    refuse(Code::unimplemented, "onnx: the model is served, and its forest is gone");
  }
  const WrittenValue sums = write_sums(graph, *estimator.forest(), rows);
  WrittenParts parts = {write_link(graph, estimator.link(), sums)};
  if (estimator.gives_scores()) parts.push_back(sums);
  return parts;
}

// XGBoost adds in float32, in an order that no product of matrices has: float64 is nearest to all.
WrittenParts write_linear(GraphWriter& graph, const Linear& linear, const WrittenValue& rows) {
  const WrittenValue seen = graph.cast(graph.cast(rows, NumberType::float32), NumberType::float64);
  const WrittenValue known =
      graph.select(graph.add("IsNaN", {seen.name}), graph.constant(seen.type, 0), seen);
  const std::vector<double> weights(linear.weights().begin(), linear.weights().end());
  const std::vector<double> starts(linear.starts().begin(), linear.starts().end());
  const std::string table = graph.table(NumberType::float64, weights, starts.size());
  const WrittenValue products{graph.add("MatMul", {known.name, table}), seen.type, starts.size()};
  const WrittenValue sums = graph.cast(
      graph.binary("Add", products, graph.constant(seen.type, starts)), NumberType::float32);
  WrittenParts parts;
  if (linear.link()) parts.push_back(write_link(graph, *linear.link(), sums));
  parts.push_back(sums);
  return parts;
}

WrittenParts write_missing_value(GraphWriter& graph, const MissingValue& estimator,
                                 const WrittenValue& rows) {
  const WrittenValue seen = graph.cast(rows, NumberType::float32);
  const std::string is_missing =
      graph.compare("Equal", seen, static_cast<double>(estimator.missing()));
  const WrittenValue missing = graph.constant(seen.type, std::numeric_limits<double>::quiet_NaN());
  return write_estimator(graph, estimator.estimator(), graph.select(is_missing, missing, seen));
}

WrittenParts write_pipeline(GraphWriter& graph, const Pipeline& pipeline,
                            const WrittenValue& rows) {
  WrittenValue columns = rows;
  for (const auto& step : pipeline.steps()) columns = write_transformer(graph, *step, columns);
  return write_estimator(graph, pipeline.estimator(), columns);
}

}  // namespace

// Rows that some of these refuse are answered by the graph: ONNX knows no refusal.
WrittenParts write_estimator(GraphWriter& graph, const Estimator& estimator,
                             const WrittenValue& rows) {
  const auto is = [&]<class T>(const T*& as) {
    as = dynamic_cast<const T*>(&estimator);
    return as != nullptr;
  };
  if (const ForestEstimator * as; is(as)) return write_forest(graph, *as, rows);
  if (const Linear * as; is(as)) return write_linear(graph, *as, rows);
  if (const MissingValue * as; is(as)) return write_missing_value(graph, *as, rows);
  if (const Pipeline * as; is(as)) return write_pipeline(graph, *as, rows);
  if (const Guarded * as; is(as)) return write_estimator(graph, as->estimator(), rows);
  if (const Constant * as; is(as)) return {write_same(graph, as->answer(), rows)};
  if (const Mean * as; is(as)) return write_mean(graph, *as, rows);
  if (const Isolation * as; is(as)) return write_isolation(graph, *as, rows);
  if (const AdaBoostVote * as; is(as)) return write_vote(graph, *as, rows);
  if (const WeightedMedian * as; is(as)) return write_median(graph, *as, rows);
  if (const StartedForest * as; is(as)) return write_started(graph, *as, rows);
  if (const FirstOutputs * as; is(as)) {
    return slice_of(graph, write_estimator(graph, as->estimator(), rows), 0, as->answer_width());
  }
  refuse(Code::unimplemented,
         "onnx: the model is a graph of operators, expected trees and what libraries put around "
         "them");
}

}  // namespace ml_inference
