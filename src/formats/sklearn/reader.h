// SPDX-License-Identifier: MIT
// Models out of pickles: scikit-learn's estimators. What is read and what is refused:
// docs/formats/sklearn.md.
#pragma once

#include "formats/python/value.h"
#include "model/model.h"

namespace ml_inference {

/// The model that a pickle or a joblib dump holds. Provenance: format "scikit-learn", producer
/// "scikit-learn" and its version, estimator the class.
/// Throws FormatError; messages begin with "sklearn: ".
[[nodiscard]] Model read_sklearn(const PyDocument& document);

}  // namespace ml_inference
