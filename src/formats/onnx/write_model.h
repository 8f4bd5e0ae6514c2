// SPDX-License-Identifier: MIT
// Any model as a graph of operators, and what every file of ours says about itself.
#pragma once

#include "formats/onnx/onnx.pb.h"
#include "model/model.h"

#include <cstdint>

namespace ml_inference {

/// Versions of what a file is written in.
struct OnnxVersions {
  std::int64_t file = 0;       ///< ModelProto.ir_version
  std::int64_t operators = 0;  ///< ai.onnx
  std::int64_t ml = 0;         ///< ai.onnx.ml
};

/// The versions, who wrote it, and the schema as metadata.
/// Throws FormatError, unimplemented, for more categories than are read again.
void write_header(onnx::ModelProto& file, const OnnxVersions& versions, const Schema& schema);

/// The model as operators of ai.onnx 18 and ai.onnx.ml 5, with a row as one input `features`, or as
/// an input a feature where some have categories.
/// Throws FormatError, unimplemented, for what cannot be said, naming it.
[[nodiscard]] onnx::ModelProto write_model_graph(const Model& model);

}  // namespace ml_inference
