// SPDX-License-Identifier: MIT
// A forest as TreeEnsemble of ai.onnx.ml 5, whose answers are float64 where its features are.
#pragma once

#include "formats/onnx/write_graph.h"
#include "model/forest.h"

#include <span>

namespace ml_inference {

/// The sums of the forest [N, output_count], in its sum_type; in the order of the trees, the base
/// where the forest has it.
/// rows  [N, feature_count], in any type: rounded to the forest's feature_type here.
/// Throws FormatError, unimplemented: linear leaves, categories above kOnnxCategoryMax, float32
/// sums behind float64 features, leaves of as many values as some of the outputs have, or wide
/// leaves in more trees than a row of the reader has room for.
[[nodiscard]] WrittenValue write_sums(GraphWriter& graph, const Forest& forest,
                                      const WrittenValue& rows);

/// The same numbers for every row, [N, count] in float64: as trees of one leaf each.
[[nodiscard]] WrittenValue write_same(GraphWriter& graph, std::span<const double> numbers,
                                      const WrittenValue& rows);

}  // namespace ml_inference
