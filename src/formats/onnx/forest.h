// SPDX-License-Identifier: MIT
// The attributes of TreeEnsembleClassifier and TreeEnsembleRegressor -> a Forest.
#pragma once

#include "formats/onnx/graph.h"
#include "model/forest.h"

#include <cstddef>

namespace ml_inference {

/// Puts together the parallel arrays of the ensemble: nodes in any order with any numbers, weights
/// in any order. Trees come in the order of their first node in the file, leaves in that of their
/// first weight. A tree in which every child has a larger number than its parent keeps its order of
/// nodes.
///
/// memory_max  bytes that the leaf values may take.
/// Throws FormatError: data_loss or invalid_argument for arrays that contradict themselves,
/// unimplemented for what a Forest cannot say exactly, resource_exhausted beyond a limit.
/// Source: ONNX operators ai.onnx.ml 1 to 4, and onnxruntime 1.32 where they are silent.
[[nodiscard]] Forest read_onnx_forest(const OnnxGraph& graph, std::size_t memory_max);

}  // namespace ml_inference
