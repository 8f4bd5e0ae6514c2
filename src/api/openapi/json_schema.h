// SPDX-License-Identifier: MIT
// The words of JSON Schema and of OpenAPI that descriptions are made of.
// Source: JSON Schema 2020-12; OpenAPI Specification 3.1.1.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace ml_inference {

using Json = boost::json::value;
using JsonArray = boost::json::array;
using JsonObject = boost::json::object;

/// {"$ref": "#/components/KIND/NAME"}.
[[nodiscard]] Json component(std::string_view kind, std::string_view name);

/// The same of a schema.
[[nodiscard]] Json reference_to(std::string_view schema);

/// {"type": TYPE}.
[[nodiscard]] Json of_type(std::string_view type);

/// A text, which is one of these.
[[nodiscard]] Json one_of_texts(JsonArray texts);

/// A whole number from 0.
[[nodiscard]] Json count_schema();

/// What fits one of them; of one alternative that one.
[[nodiscard]] Json any_of(JsonArray alternatives);

/// A list of least to most items.
[[nodiscard]] Json list_of(Json items, std::size_t least, std::size_t most);

/// A list of any number of items.
[[nodiscard]] Json list_of(Json items);

/// A list of exactly these.
[[nodiscard]] Json tuple_of(JsonArray items);

/// An object of these members and no others.
[[nodiscard]] Json object_of(JsonObject properties, JsonArray required);

/// The same with all of its members.
[[nodiscard]] Json object_of(JsonObject properties);

/// The content of a message: {"application/json": {"schema": ..., "example": ...}}.
/// example  null: none.
[[nodiscard]] JsonObject json_content(Json schema, Json example = nullptr);

}  // namespace ml_inference
