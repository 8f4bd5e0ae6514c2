// SPDX-License-Identifier: MIT
// The files of the services' messages, as reflection hands them out.
#pragma once

#include <string_view>

namespace ml_inference {

/// A serialized google.protobuf.FileDescriptorSet of all services' files and what they import, each
/// behind what it imports itself. Made by protoc at build time.
[[nodiscard]] std::string_view grpc_descriptors();

}  // namespace ml_inference
