// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace ml_inference {

/// A parameter of a request that loads or unloads a model.
struct UploadParameter {
  enum class Kind {
    config,      ///< config.pbtxt's message as JSON
    file,        ///< a file of the model
    dependents,  ///< no model depends on another: without effect
  };

  Kind kind = Kind::config;
  std::string file;  ///< "3/model.onnx"
};

/// What the parameter of that name is: "config", "file:3/model.onnx", "unload_dependents".
/// Errors: invalid_argument, with the names that there are.
/// Source: Triton, extension_model_repository.md.
[[nodiscard]] Result<UploadParameter> parse_upload_parameter(std::string_view name);

}  // namespace ml_inference
