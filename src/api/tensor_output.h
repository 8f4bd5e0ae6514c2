// SPDX-License-Identifier: MIT
// Answers as tensors: what JSON, raw bytes and protocol buffers share.
// Source: Triton, extension_binary_data.md, extension_classification.md.
#pragma once

#include "api/prediction.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace ml_inference {

/// The type of a wanted output: BYTES where classes are wanted.
[[nodiscard]] TensorType wanted_type(const WantedOutput& output);

/// Its shape for so many rows.
[[nodiscard]] std::vector<std::int64_t> wanted_shape(const WantedOutput& output,
                                                     std::size_t row_count);

/// Bytes that a row of all outputs takes at most, as JSON or otherwise.
[[nodiscard]] std::size_t output_row_size_max(const SpokenModel& model, bool wants_classes);

/// Bytes that append_raw() appends.
[[nodiscard]] std::size_t raw_size(const WantedOutput& output, const SpokenModel& model,
                                   std::span<const double> answers);

/// Appends the elements of all rows as raw tensors have them (tensor_rows.h, RawElements).
/// answers  [row_count, answer_width].
void append_raw(std::string& out, const WantedOutput& output, const SpokenModel& model,
                std::span<const double> answers);

/// Appends the elements as the values of a JSON list, commas between them.
void append_json_elements(std::string& out, const WantedOutput& output, const SpokenModel& model,
                          std::span<const double> answers);

/// The texts of a row where classes are wanted: "value:index:label", the largest value first, equal
/// ones by index.
[[nodiscard]] std::vector<std::string> class_texts(const WantedOutput& output,
                                                   const SpokenModel& model,
                                                   std::span<const double> answer);

}  // namespace ml_inference
