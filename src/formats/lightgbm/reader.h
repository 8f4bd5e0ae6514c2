// SPDX-License-Identifier: MIT
// Reads text models of LightGBM 2.0.5 to 4.7, as Booster.save_model() and model_to_string() write
// them. What is read and what is refused: docs/formats/lightgbm.md.
#pragma once

#include "formats/lightgbm/lightgbm_file.h"

#include <string_view>

namespace ml_inference {

/// Whether a file may be a LightGBM text model: its first line is "tree".
[[nodiscard]] bool begins_like_lightgbm(std::string_view bytes);

/// Everything in the file that matters for predictions, checked. Lines may end with CR LF. Lines
/// that mean nothing for predictions are passed over, also those of later versions.
///
/// Throws FormatError; messages begin with "lightgbm: ".
///   data_loss           the file breaks off, or holds no numbers where numbers belong
///   invalid_argument    parts that contradict each other
///   unimplemented       a version that is not known, or before 2.0.5
///   resource_exhausted  a limit of model/limits.h, or the memory below
/// Cost: linear in the size. Memory: kLightgbmMemoryBase + the size of the file.
[[nodiscard]] LightgbmFile read_lightgbm_file(std::string_view bytes);

}  // namespace ml_inference
