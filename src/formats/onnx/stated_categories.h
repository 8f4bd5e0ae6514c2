// SPDX-License-Identifier: MIT
// The categories of features as our own files state them in their metadata: ONNX has no place for
// them, and a graph tells of texts only which it looks for.
#pragma once

#include "formats/onnx/file.h"
#include "model/schema.h"

#include <string>
#include <vector>

namespace ml_inference {

/// A JSON array of objects: "feature" counted from 0, "unknown" ("refused" or "missing"), "labels".
[[nodiscard]] std::string stated_categories_text(const std::vector<Categories>& categories);

/// What a file of ours states; empty for others' files and without the metadata.
/// Throws FormatError: data_loss for anything else than that array, resource_exhausted for more
/// than kOnnxCategoriesTextMax bytes.
[[nodiscard]] std::vector<Categories> read_stated_categories(const OnnxFile& file);

}  // namespace ml_inference
