// SPDX-License-Identifier: MIT
// The files of /docs, compressed by gzip, as the build embeds them.
#pragma once

#include <string_view>

namespace ml_inference {

[[nodiscard]] std::string_view docs_page();
[[nodiscard]] std::string_view docs_init();
[[nodiscard]] std::string_view docs_bundle();
[[nodiscard]] std::string_view docs_style();
[[nodiscard]] std::string_view docs_icon();
[[nodiscard]] std::string_view docs_licences();

}  // namespace ml_inference
