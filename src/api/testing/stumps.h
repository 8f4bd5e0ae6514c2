// SPDX-License-Identifier: MIT
// Models for tests whose answers are known by looking at the row.
#pragma once

#include "model/schema.h"
#include "serving/served_model.h"

#include <cstddef>
#include <memory>

namespace ml_inference::testing {

/// The reference's three classes, and its four features without their unit.
[[nodiscard]] Schema iris_schema();

/// Trees that look at the third feature alone. At most 2.45: the first output is 1 and the others
/// are 0. Above: the first is 0, and the others share 1 equally. `schema` has three features or
/// more.
[[nodiscard]] std::shared_ptr<const ServedModel> make_stumps(const Schema& schema,
                                                             std::size_t tree_count = 1);

}  // namespace ml_inference::testing
