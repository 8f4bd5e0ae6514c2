// SPDX-License-Identifier: MIT
// Where the columns come from that a forest inside a model sees: for people who look at its trees.
#pragma once

#include "model/estimator.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

namespace ml_inference {

/// By column of some rows: the feature of the schema whose value it holds, perhaps scaled, filled
/// in or recoded; nothing where it holds no feature's value, or where nobody knows.
using ColumnOrigins = std::vector<std::optional<std::size_t>>;

/// A forest, and the origins of the columns that it sees.
using TracedForestVisit = std::function<void(const Forest&, const ColumnOrigins&)>;

/// An estimator that can say what becomes of its columns.
class ColumnTracer {
 public:
  /// Calls `visit` with the forests of for_each_forest() in the same order.
  /// origins  of this estimator's columns.
  virtual void trace_forests(const ColumnOrigins& origins,
                             const TracedForestVisit& visit) const = 0;

 protected:
  ~ColumnTracer() = default;
};

/// The forests of any estimator; of one that is no ColumnTracer with unknown origins.
void trace_forests(const Estimator& estimator, const ColumnOrigins& origins,
                   const TracedForestVisit& visit);

}  // namespace ml_inference
