// SPDX-License-Identifier: MIT
// tensorflow.serving.ModelSpec: how every call of TensorFlow Serving names its model, and how it
// comes back.
#pragma once

#include "api/prediction.h"
#include "api/routes.h"
#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace tensorflow::serving {
class ModelSpec;
}

namespace ml_inference {

inline constexpr std::string_view kDefaultSignature = "serving_default";

/// One that was read. The texts are in the message.
struct ReadSpec {
  std::string_view name;
  std::string_view label;
  std::string_view signature;  ///< empty for the default one
  std::optional<std::int64_t> version;
};

/// Reads the spec of a request: field 1 of all of them that predict.
/// Errors: invalid_argument: the message is broken.
[[nodiscard]] Result<ReadSpec> read_request_spec(std::string_view body);

/// Adds to the match which model the request means.
/// Errors: those of read_request_spec().
[[nodiscard]] Result<void> name_spec_model(std::string_view body, RouteMatch& match);

/// Fills the spec of an answer.
void fill_spec(const SpokenModel& model, std::string_view signature,
               tensorflow::serving::ModelSpec& spec);

}  // namespace ml_inference
