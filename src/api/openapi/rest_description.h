// SPDX-License-Identifier: MIT
// Rows as the REST dialects beside our own and OIP take them (rest_request.h), described.
#pragma once

#include "api/openapi/described_model.h"
#include "api/openapi/json_schema.h"

#include <string_view>

namespace ml_inference {

/// The forms of a row: by position, by name, and of the only feature the value itself.
[[nodiscard]] JsonArray loose_rows(const DescribedModel& model);

/// A list of rows, each perhaps in an object of one member, which is called row_name (empty: not).
[[nodiscard]] Json loose_row_list(const DescribedModel& model, std::string_view row_name);

/// An object of columns, or a list of rows, perhaps in an object of one member. JSON Schema cannot
/// say that lists are of one length: columns of one value and of two stand here.
/// rows  the schema of the list.
[[nodiscard]] Json columns_schema(const DescribedModel& model, const Json& rows,
                                  std::string_view row_name);

/// A name of an output by which clients choose it, or one of the others, or null.
[[nodiscard]] Json method_schema(const DescribedModel& model, JsonArray others);

}  // namespace ml_inference
