// SPDX-License-Identifier: MIT
#include "formats/sklearn/version.h"

#include "formats/format_error.h"

#include <charconv>

namespace ml_inference {

SklearnVersion sklearn_version(std::string_view text, std::string_view where) {
  SklearnVersion version;
  const char* const end = text.data() + text.size();
  const auto major = std::from_chars(text.data(), end, version.major);
  if (major.ec == std::errc() && major.ptr != end && *major.ptr == '.') {
    const auto minor = std::from_chars(major.ptr + 1, end, version.minor);
    if (minor.ec == std::errc()) return version;
  }
  refuse(Code::data_loss, "{}._sklearn_version is {}, expected a version like 1.4.2", where,
         quoted_text(text));
}

}  // namespace ml_inference
