// SPDX-License-Identifier: MIT
#include "api/upload_parameter.h"

#include "base/printable_text.h"

#include <fmt/format.h>

namespace ml_inference {

Result<UploadParameter> parse_upload_parameter(std::string_view name) {
  constexpr std::string_view kFilePrefix = "file:";
  using enum UploadParameter::Kind;
  if (name == "config") return UploadParameter{.kind = config, .file = {}};
  if (name == "unload_dependents") return UploadParameter{.kind = dependents, .file = {}};
  if (name.starts_with(kFilePrefix)) {
    return UploadParameter{.kind = file, .file = std::string(name.substr(kFilePrefix.size()))};
  }
  return fail(Code::invalid_argument,
              fmt::format("parameter '{}' is unknown, expected config or {}VERSION/NAME",
                          printable_text(name), kFilePrefix));
}

}  // namespace ml_inference
