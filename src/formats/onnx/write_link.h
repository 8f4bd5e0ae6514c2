// SPDX-License-Identifier: MIT
// model/link.h in operators of ONNX.
#pragma once

#include "formats/onnx/write_graph.h"
#include "model/link.h"

namespace ml_inference {

/// The outputs that the link makes of the sums, in the link's type: each step is rounded as
/// apply_link() rounds it. Exponentials are taken in float64, since onnxruntime's of float32 are
/// approximations.
[[nodiscard]] WrittenValue write_link(GraphWriter& graph, const Link& link,
                                      const WrittenValue& sums);

/// exp(value - m) / sum of these, where m is the row's largest value.
[[nodiscard]] WrittenValue write_softmax(GraphWriter& graph, const WrittenValue& value);

}  // namespace ml_inference
