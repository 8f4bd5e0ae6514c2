// SPDX-License-Identifier: MIT
// What we write into the metadata of an ONNX file, because ONNX has no place of its own for it.
#pragma once

#include <string_view>

namespace ml_inference {

/// ModelProto.producer_name of the files that we write.
inline constexpr std::string_view kOnnxProducer = "ml-inference";

/// The feature names in the order of a row, as a JSON array of strings. Also read from others'
/// files.
inline constexpr std::string_view kFeatureNamesKey = "feature_names";

/// Schema::target_name.
inline constexpr std::string_view kTargetNameKey = "target_name";

/// Schema::accepts_missing and accepts_infinite, "true" or "false".
inline constexpr std::string_view kAcceptsMissingKey = "accepts_missing";
inline constexpr std::string_view kAcceptsInfiniteKey = "accepts_infinite";

/// Schema::categories, by formats/onnx/stated_categories.h; where there are any.
inline constexpr std::string_view kCategoriesKey = "categories";

/// The outputs of the graphs that we write.
inline constexpr std::string_view kLabelOutput = "label";
inline constexpr std::string_view kProbabilitiesOutput = "probabilities";
inline constexpr std::string_view kPredictionOutput = "prediction";
inline constexpr std::string_view kScoresOutput = "scores";

}  // namespace ml_inference
