// SPDX-License-Identifier: MIT
// What a model is made of (model/estimators, model/transformers) in operators of ONNX.
#pragma once

#include "formats/onnx/write_graph.h"
#include "model/estimator.h"
#include "model/transformer.h"

namespace ml_inference {

/// The estimator's answer_width() numbers, side by side.
/// rows  [N, feature_count].
/// Throws FormatError, unimplemented, for what cannot be said, naming it.
[[nodiscard]] WrittenParts write_estimator(GraphWriter& graph, const Estimator& estimator,
                                           const WrittenValue& rows);

/// The transformer's columns, in float64.
/// Throws FormatError, unimplemented, for one that is not known here.
[[nodiscard]] WrittenValue write_transformer(GraphWriter& graph, const Transformer& transformer,
                                             const WrittenValue& rows);

/// The number that each number of a column stands for, NaN for any other: a LabelEncoder.
/// Of equal `keys` there are none; as many `values` as keys, in the column's type.
[[nodiscard]] WrittenValue write_codes(GraphWriter& graph, const WrittenValue& column,
                                       std::span<const double> keys,
                                       std::span<const double> values);

// --- of estimators that consist of several; each gives what write_estimator() gives

class AdaBoostVote;
class Isolation;
class Mean;
class WeightedMedian;
class StartedForest;

[[nodiscard]] WrittenParts write_mean(GraphWriter& graph, const Mean& mean,
                                      const WrittenValue& rows);
[[nodiscard]] WrittenParts write_isolation(GraphWriter& graph, const Isolation& isolation,
                                           const WrittenValue& rows);
[[nodiscard]] WrittenParts write_vote(GraphWriter& graph, const AdaBoostVote& vote,
                                      const WrittenValue& rows);
[[nodiscard]] WrittenParts write_median(GraphWriter& graph, const WeightedMedian& median,
                                        const WrittenValue& rows);
[[nodiscard]] WrittenParts write_started(GraphWriter& graph, const StartedForest& started,
                                         const WrittenValue& rows);

}  // namespace ml_inference
