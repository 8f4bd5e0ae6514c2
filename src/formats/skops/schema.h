// SPDX-License-Identifier: MIT
// schema.json of a skops file becomes values: nodes in the order in which they end, so that the
// JSON as a whole never stands in memory. What each node means: docs/formats/skops.md.
#pragma once

#include "formats/python/contents.h"
#include "formats/skops/zip_archive.h"

namespace ml_inference {

/// The value that the file holds.
/// Throws FormatError; messages begin with "skops: ".
/// Source: skops 0.5 and 0.16, skops/io/_general.py, _numpy.py, _sklearn.py, _scipy.py, _audit.py
/// and old/.
[[nodiscard]] NodeId read_skops_schema(const ZipArchive& archive, PyContents& contents);

}  // namespace ml_inference
