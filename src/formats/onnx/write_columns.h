// SPDX-License-Identifier: MIT
// The columns that the tests of a forest look at, where ONNX's tests have no word for what a test
// of ours does to a value first.
#pragma once

#include "formats/onnx/write_graph.h"
#include "model/forest.h"

#include <cstddef>
#include <vector>

namespace ml_inference {

/// The features, and behind them copies of some: for tests to which zero is missing with NaN in its
/// place; for tests of categories with the code that a value stands for, and where it stands for
/// none a number that is no code.
class TestColumns {
 public:
  /// rows  [N, feature_count], rounded to the forest's feature_type.
  TestColumns(GraphWriter& graph, const Forest& forest, const WrittenValue& rows);

  [[nodiscard]] const WrittenValue& value() const { return value_; }

  /// The column that a test looks at.
  [[nodiscard]] std::size_t place_of(const ForestNode& test) const;

 private:
  WrittenValue value_;
  std::vector<std::size_t> zero_places_;  // by feature, where there is a copy
  std::vector<std::size_t> code_places_;
};

}  // namespace ml_inference
