// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace ml_inference {

/// What an operator's folder says of the tensors that clients send and get (config.pbtxt), where
/// the model file cannot: clients of Triton's FIL backend ask by these names.
/// Source: Triton FIL backend, docs/model_config.md; model_config.proto.
struct TensorNames {
  std::string input;   ///< of the only input; empty: ours
  std::string output;  ///< of the only output; empty: ours

  /// What the only output holds: true: a probability for each class; false: the class's index, or
  /// the number. None: ours.
  std::optional<bool> predict_probabilities;

  /// Class 1 of two is predicted where its probability is above; none: the library's rule.
  std::optional<double> threshold;

  /// Rows of one request, from 1 on; none: as many as the API takes of other models.
  std::optional<std::int64_t> row_count_max;

  bool operator==(const TensorNames&) const = default;
};

}  // namespace ml_inference
