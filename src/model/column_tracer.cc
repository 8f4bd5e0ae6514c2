// SPDX-License-Identifier: MIT
#include "model/column_tracer.h"

namespace ml_inference {

void trace_forests(const Estimator& estimator, const ColumnOrigins& origins,
                   const TracedForestVisit& visit) {
  if (const auto* tracer = dynamic_cast<const ColumnTracer*>(&estimator)) {
    return tracer->trace_forests(origins, visit);
  }
  estimator.for_each_forest(
      [&](const Forest& forest) { visit(forest, ColumnOrigins(forest.feature_count())); });
}

}  // namespace ml_inference
