// SPDX-License-Identifier: MIT
#include "api/grpc/field_values.h"

#include <algorithm>
#include <limits>
#include <type_traits>
#include <utility>

namespace ml_inference {
namespace {

template <class Narrow>
bool fit(const FieldValues& values) {
  return std::visit(
      [](const auto& list) {
        using Value = typename std::decay_t<decltype(list)>::value_type;
        if constexpr (std::is_same_v<Value, std::int32_t> || std::is_same_v<Value, std::uint32_t>) {
          return std::ranges::all_of(list,
                                     [](Value value) { return std::in_range<Narrow>(value); });
        } else {
          return true;
        }
      },
      values);
}

}  // namespace

bool append_field(const WireFields& field, FieldValues& values) {
  return std::visit([&](auto& list) { return append_values(field, list); }, values);
}

std::size_t value_count(const FieldValues& values) {
  return std::visit([](const auto& list) { return list.size(); }, values);
}

ElementSource take_source(FieldValues& values) {
  return std::visit(
      [](auto& list) -> ElementSource {
        using Value = typename std::decay_t<decltype(list)>::value_type;
        if constexpr (std::is_same_v<Value, std::uint8_t>) {
          return RawElements{.bytes = {reinterpret_cast<const char*>(list.data()), list.size()}};
        } else if constexpr (std::is_same_v<Value, std::string_view>) {
          return std::move(list);
        } else {
          return std::span<const Value>(list);
        }
      },
      values);
}

bool fit_type(const FieldValues& values, TensorType type) {
  switch (type) {
    case TensorType::int8: return fit<std::int8_t>(values);
    case TensorType::int16: return fit<std::int16_t>(values);
    case TensorType::uint8: return fit<std::uint8_t>(values);
    case TensorType::uint16: return fit<std::uint16_t>(values);
    default: return true;
  }
}

}  // namespace ml_inference
