// SPDX-License-Identifier: MIT
// What the outputs of an ONNX graph are: labels, probabilities, scores, numbers.
#pragma once

#include "formats/onnx/scope.h"
#include "model/schema.h"

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace ml_inference {

/// An output of the graph by name.
using OnnxOutput = std::pair<std::string, ValueId>;

struct OnnxAnswers {
  std::vector<Target> targets;
  DataflowAnswer answer;
};

/// An output of int64, bool or string holds the labels; numbers beside it are probabilities where
/// there is one for each class, else scores. Without labels a ZipMap is a classification, anything
/// else a regression of as many targets as there are numbers.
/// is_ours  whether our own writer named the outputs: then numbers are scores where the output says
///          so, and probabilities or predictions elsewhere.
/// Throws FormatError: unimplemented for outputs that are something else.
[[nodiscard]] OnnxAnswers read_onnx_answers(OnnxScope& scope, std::span<const OnnxOutput> outputs,
                                            bool is_ours);

}  // namespace ml_inference
