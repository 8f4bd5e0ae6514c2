// SPDX-License-Identifier: MIT
// A Model -> an ONNX file that other programs run. The graphs: docs/formats/onnx.md.
//
// Trained models are one forest, of which nothing is lost; what is converted is any model, in
// operators. Why two: docs/decisions/0031-converted-models-are-graphs.md.
#pragma once

#include "base/result.h"
#include "model/model.h"

#include <string>

namespace ml_inference {

/// The model as an ONNX file, the same bytes for the same model. load_model() of them gives an
/// equal Forest and an equal Schema. onnxruntime gives the same labels, and probabilities or
/// predictions that differ from ours only by their rounding to float32. Errors: resource_exhausted
/// above kModelFileSizeMax, which load_model() would refuse; unimplemented for a classifier of one
/// class, of which onnxruntime answers a label that does not exist, for labels that are neither
/// whole numbers nor text, for what is not one forest, and for what this graph has no words for: a
/// link (but 1 - s and s of one float32 sum), a base, narrow leaves, float64 features, categorical
/// tests, zeros that are missing, linear leaves, leaves of any value. Forests in float32 are
/// written with float attributes and are float32 again when they are read.
[[nodiscard]] Result<std::string> write_onnx(const Model& model);

/// Any model that ONNX can express, as a graph of operators (docs/formats/onnx.md says which) with
/// answers in the type in which the model computes. load_model() of the bytes gives the same
/// answers, though not an equal Forest, and so does onnxruntime from 1.20 on: labels are equal,
/// float64 numbers within a relative 1e-12 and float32 ones within 1e-6 but for the order in which
/// onnxruntime's threads add. Rows that the model refuses are answered. A forest with too many
/// trees and outputs for that is written as write_onnx() writes it. Errors: unimplemented, naming
/// what ONNX has no words for; resource_exhausted above kModelFileSizeMax.
[[nodiscard]] Result<std::string> convert_to_onnx(const Model& model);

/// What `train` writes: as write_onnx() where that has words for the model, as for forests, and
/// otherwise, as for boosted trees, as convert_to_onnx(). Errors: as of the latter.
[[nodiscard]] Result<std::string> write_trained_onnx(const Model& model);

}  // namespace ml_inference
