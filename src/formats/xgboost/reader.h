// SPDX-License-Identifier: MIT
// Reads the model files of XGBoost 1.0 and later, in JSON and in UBJSON. What is read and what is
// refused: docs/formats/xgboost.md.
#pragma once

#include "formats/xgboost/xgboost_file.h"

#include <string_view>

namespace ml_inference {

/// Whether the bytes are an object in JSON or UBJSON whose first key is one of XGBoost's.
[[nodiscard]] bool begins_like_xgboost(std::string_view bytes);

/// The content of the file, or of a booster's state out of a pickle ({"Config": ..., "Model":
/// ...}). Throws FormatError; messages begin with "xgboost: ".
///   data_loss           the notation is broken: "the JSON breaks off or is damaged at byte 17"
///   invalid_argument    the content contradicts itself: "tree 3 node 17: left child 40 of 31"
///   unimplemented       a booster, or a notation, that XGBoost does not write
///   resource_exhausted  more memory than kXgboostMemoryBase + the size of the file
/// Cost: linear in the size.
[[nodiscard]] XgboostFile read_xgboost_file(std::string_view bytes);

}  // namespace ml_inference
