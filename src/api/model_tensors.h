// SPDX-License-Identifier: MIT
// A model as tensors: what it takes and what it gives, by name, type and shape.
// Source: Open Inference Protocol v2, inference_rest.md, "Tensor Data Types".
#pragma once

#include "api/target_answer.h"
#include "model/schema.h"
#include "serving/tensor_names.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// The protocol's types.
enum class TensorType {
  boolean,
  uint8,
  uint16,
  uint32,
  uint64,
  int8,
  int16,
  int32,
  int64,
  float16,
  float32,
  float64,
  bytes
};

/// "FP64", as the protocol names it.
[[nodiscard]] std::string_view tensor_type_name(TensorType type);

/// Nothing where no type has the name.
[[nodiscard]] std::optional<TensorType> parse_tensor_type(std::string_view name);

/// Bytes of one element; 0 for bytes, whose elements say their own.
[[nodiscard]] std::size_t tensor_type_size(TensorType type);

/// A tensor that the model takes: [rows, width].
struct InputTensor {
  std::string name;
  TensorType type = TensorType::float64;
  std::size_t width = 1;
};

/// What an output tells.
enum class OutputKind {
  prediction,     ///< the class or the number
  class_index,    ///< the number of the class, from 0
  probabilities,  ///< one a class
  scores,         ///< the decision function, or the raw margin
};

/// A tensor that the model gives: [rows], or [rows, width].
struct OutputTensor {
  std::string name;
  TensorType type = TensorType::float64;
  OutputKind kind = OutputKind::prediction;
  bool has_columns = false;  ///< [rows, width] rather than [rows]
  std::size_t width = 1;     ///< elements of a row
  std::size_t target = 0;    ///< whose probabilities or scores
};

/// The tensors of one model.
///
/// Inputs: one, `input`, of all features where all of them take numbers; else one for each feature,
/// by its name. Outputs, as scikit-learn calls its functions: `predict`, then `predict_proba` and
/// `decision_function` where there are such; of several targets these two are numbered from 0
/// (`predict_proba_0`). TensorNames give the only input and the only output other names, and the
/// output Triton's FIL backend's meaning.
/// Threads: immutable.
class ModelTensors {
 public:
  ModelTensors(const Schema& schema, const TensorNames& names);

  [[nodiscard]] const std::vector<InputTensor>& inputs() const { return inputs_; }
  [[nodiscard]] const std::vector<OutputTensor>& outputs() const { return outputs_; }

  /// Null where there is none of that name.
  [[nodiscard]] const OutputTensor* find_output(std::string_view name) const;

  /// The first output of the kind, or null.
  [[nodiscard]] const OutputTensor* find_output(OutputKind kind) const;

  /// One number of a row's answer in an output: a probability, a score, a number, the index of a
  /// class, or a class that is a number or a truth value. column  below the output's width.
  [[nodiscard]] double number(const OutputTensor& output, std::span<const double> answer,
                              std::size_t column) const;

  /// Where in a row's answer the numbers of an output stand side by side as they are: those of
  /// probabilities, scores and a single regression. None of other outputs.
  [[nodiscard]] std::optional<std::size_t> numbers_begin(const OutputTensor& output) const;

  /// One text of a row's answer in an output of type bytes: the class.
  [[nodiscard]] std::string_view text(const OutputTensor& output, std::span<const double> answer,
                                      std::size_t column) const;

  /// What an output's column stands for: the class's name; empty where it has none.
  [[nodiscard]] std::string_view column_label(const OutputTensor& output, std::size_t column) const;

  /// Rows of one request: what the folder says, up to kDeclaredRowsMax, else kRowsPerRequestMax.
  [[nodiscard]] std::size_t row_count_max() const { return row_count_max_; }

  /// Bytes of the longest class as a JSON string, at most.
  [[nodiscard]] std::size_t text_size_max() const { return text_size_max_; }

  [[nodiscard]] const std::vector<TargetAnswer>& targets() const { return targets_; }

  /// The class that is predicted for a row, by the threshold where the model's folder has one.
  [[nodiscard]] std::size_t best_class(std::size_t target, std::span<const double> answer) const;

 private:
  void describe_inputs(const Schema& schema);
  void describe_outputs(const Schema& schema);
  void rename(const TensorNames& names);

  std::size_t row_count_max_;
  std::vector<InputTensor> inputs_;
  std::vector<OutputTensor> outputs_;
  std::vector<TargetAnswer> targets_;
  std::vector<std::vector<std::string>> label_texts_;  // by target and class
  std::vector<std::vector<double>> label_numbers_;     // likewise; of texts 0
  std::size_t text_size_max_ = 0;
  std::optional<double> threshold_;
};

}  // namespace ml_inference
