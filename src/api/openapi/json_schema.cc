// SPDX-License-Identifier: MIT
#include "api/openapi/json_schema.h"

#include <utility>

namespace ml_inference {

Json component(std::string_view kind, std::string_view name) {
  std::string pointer("#/components/");
  pointer.append(kind).append("/").append(name);
  return {{"$ref", pointer}};
}

Json reference_to(std::string_view schema) { return component("schemas", schema); }

Json of_type(std::string_view type) { return {{"type", type}}; }

Json one_of_texts(JsonArray texts) { return {{"type", "string"}, {"enum", std::move(texts)}}; }

Json count_schema() { return {{"type", "integer"}, {"minimum", 0}}; }

Json any_of(JsonArray alternatives) {
  if (alternatives.size() == 1) return std::move(alternatives.front());
  return {{"anyOf", std::move(alternatives)}};
}

Json list_of(Json items, std::size_t least, std::size_t most) {
  return {{"type", "array"}, {"minItems", least}, {"maxItems", most}, {"items", std::move(items)}};
}

Json list_of(Json items) { return {{"type", "array"}, {"items", std::move(items)}}; }

Json tuple_of(JsonArray items) {
  const std::size_t count = items.size();
  return {{"type", "array"},
          {"minItems", count},
          {"maxItems", count},
          {"prefixItems", std::move(items)}};
}

Json object_of(JsonObject properties, JsonArray required) {
  JsonObject object{{"type", "object"}};
  if (!required.empty()) object["required"] = std::move(required);
  object["additionalProperties"] = false;
  object["properties"] = std::move(properties);
  return object;
}

Json object_of(JsonObject properties) {
  JsonArray required;
  for (const auto& property : properties) required.emplace_back(property.key());
  return object_of(std::move(properties), std::move(required));
}

JsonObject json_content(Json schema, Json example) {
  JsonObject media{{"schema", std::move(schema)}};
  if (!example.is_null()) media["example"] = std::move(example);
  JsonObject content;
  content["application/json"] = std::move(media);
  return content;
}

}  // namespace ml_inference
