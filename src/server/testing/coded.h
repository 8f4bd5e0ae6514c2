// SPDX-License-Identifier: MIT
// Content codings by zlib's plainest calls: what the server's own are compared with.
#pragma once

#include <string>
#include <string_view>

namespace ml_inference::testing {

[[nodiscard]] std::string gzip(std::string_view text);
[[nodiscard]] std::string zlib(std::string_view text);

/// What a stream of either format decodes to; asserts that it is whole, with nothing behind it.
[[nodiscard]] std::string inflated(std::string_view stream);

}  // namespace ml_inference::testing
