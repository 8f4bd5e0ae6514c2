// SPDX-License-Identifier: MIT
// How a reader inside this room says no. A reader has a failure possible at every byte, loading is
// rare and all or nothing: so readers throw, and load_model() is the one place that catches; a
// writer, which meets what it has no words for as often, is caught by convert_to_onnx(). No other
// exception of ours exists, and none leaves the room. See docs/decisions/0002-errors.md.
#pragma once

#include "base/result.h"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace ml_inference {

/// Thrown by readers, by value; becomes the Error of load_model().
struct FormatError {
  Error error;
};

/// Leaves the reader with this code and message. The message begins with the format:
/// refuse(Code::data_loss, "onnx: {} has {} values, expected {}", ...).
template <class... Args>
[[noreturn]] void refuse(Code code, fmt::format_string<Args...> format, Args&&... args) {
  throw FormatError{Error{code, fmt::format(format, std::forward<Args>(args)...)}};
}

/// At most the first 64 bytes of a text out of a file, printable ASCII only, for a message.
[[nodiscard]] std::string quoted_text(std::string_view text);

}  // namespace ml_inference
