// SPDX-License-Identifier: MIT
// How a function says that it could not do its work. The only error types of the house.
//
// Operating errors (a bad file, a bad request, a full queue) are values of type Error; programmer
// errors are assertions (base/assert.h). See docs/decisions/0002-errors.md.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace ml_inference {

/// What kind of trouble it is, for a caller that has to act on it. The names are a subset of gRPC's
/// canonical codes; api/status_codes.h maps them to numbers on the wire.
enum class Code {
  invalid_argument,    ///< what the caller passed is wrong whatever the state of the program
  not_found,           ///< the named thing does not exist
  resource_exhausted,  ///< a limit or a budget was reached
  deadline_exceeded,   ///< the time for it is over
  unavailable,         ///< not now; trying again later may work
  unimplemented,       ///< well-formed, but this program does not do it
  data_loss,           ///< bytes that were to be read are damaged or break their format
  internal,            ///< a fault of this program
};

/// An operating error. `message` says what, where, expected and got, in lower case and without a
/// full stop: "onnx: nodes_featureids has 40 values, expected 42".
struct Error {
  Code code;
  std::string message;

  bool operator==(const Error&) const = default;
};

/// A value, or why there is none.
template <class T>
using Result = std::expected<T, Error>;

/// Makes the unexpected side of any Result.
[[nodiscard]] inline std::unexpected<Error> fail(Code code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

}  // namespace ml_inference

#define ML_INFERENCE_JOIN_(a, b) a##b
#define ML_INFERENCE_JOIN(a, b) ML_INFERENCE_JOIN_(a, b)

/// Leaves the calling function with the error, if `expression` (a Result) holds one.
#define RETURN_IF_ERROR(expression)                                       \
  do {                                                                    \
    if (auto result_ = (expression); !result_.has_value()) [[unlikely]] { \
      return std::unexpected(std::move(result_).error());                 \
    }                                                                     \
  } while (false)

/// Sets `target` to the value of `expression` (a Result), or leaves the calling function with the
/// error.
#define ASSIGN_OR_RETURN(target, expression) \
  ASSIGN_OR_RETURN_(ML_INFERENCE_JOIN(assigned_result_, __LINE__), target, expression)
#define ASSIGN_OR_RETURN_(name, target, expression)  \
  auto name = (expression);                          \
  if (!name.has_value()) [[unlikely]] {              \
    return std::unexpected(std::move(name).error()); \
  }                                                  \
  target = std::move(name).value()
