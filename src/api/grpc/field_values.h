// SPDX-License-Identifier: MIT
// The values of a tensor that is sent as numbers and texts of protocol buffers.
#pragma once

#include "api/grpc/wire_fields.h"
#include "api/tensor_rows.h"
#include "base/result.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

namespace ml_inference {

/// Values read from a message. Truth values are a byte each; texts are views of the message.
using FieldValues =
    std::variant<std::vector<std::uint8_t>, std::vector<std::int32_t>, std::vector<std::int64_t>,
                 std::vector<std::uint32_t>, std::vector<std::uint64_t>, std::vector<float>,
                 std::vector<double>, std::vector<std::string_view>>;

/// Appends a field to values of its type. False where it is broken.
[[nodiscard]] bool append_field(const WireFields& field, FieldValues& values);

[[nodiscard]] std::size_t value_count(const FieldValues& values);

/// The values as a tensor's, which refers to them. Texts move there.
[[nodiscard]] ElementSource take_source(FieldValues& values);

/// Whether all values are of the tensor's type: messages have no numbers of 8 and 16 bits, and
/// carry those as wider ones.
[[nodiscard]] bool fit_type(const FieldValues& values, TensorType type);

}  // namespace ml_inference
