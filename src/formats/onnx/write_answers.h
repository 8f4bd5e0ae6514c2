// SPDX-License-Identifier: MIT
// The outputs of a graph: label, probabilities, scores, prediction.
#pragma once

#include "formats/onnx/write_graph.h"
#include "model/schema.h"

namespace ml_inference {

/// Writes what the numbers of an answer mean as outputs: of a classification `label`, by the
/// library's rule, and `probabilities`; of a regression `prediction`; of either `scores` where the
/// library has them. Several targets stand side by side; where their classes differ there are
/// `label_0`, `label_1`, ... in place of `label`.
/// parts  Schema::answer_width() numbers.
/// Throws FormatError, unimplemented, for labels that no output can hold.
void write_answers(GraphWriter& graph, const Schema& schema, const WrittenParts& parts);

}  // namespace ml_inference
