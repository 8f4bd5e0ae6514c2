// SPDX-License-Identifier: MIT
// LightGBM's words -> a model.
#pragma once

#include "formats/asker.h"
#include "formats/lightgbm/lightgbm_file.h"
#include "model/model.h"

#include <string_view>
#include <vector>

namespace ml_inference {

/// The model that the file says, as Booster.predict() computes it, over all trees.
/// Throws FormatError; messages begin with "lightgbm: ".
/// Source: LightGBM 4.6, include/LightGBM/tree.h and src/objective/*.hpp; what older versions do
/// otherwise stands in docs/formats/lightgbm.md.
/// class_labels  what to call the classes instead of 0, 1, 2 ...; as many as there are, or none.
[[nodiscard]] Model make_lightgbm_model(const LightgbmFile& file,
                                        std::vector<Label> class_labels = {},
                                        Asker asker = Asker::booster);

/// read_lightgbm_file() and make_lightgbm_model().
[[nodiscard]] Model read_lightgbm(std::string_view bytes);

}  // namespace ml_inference
