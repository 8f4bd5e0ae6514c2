// SPDX-License-Identifier: MIT
#include "host/watched_file.h"

#include "base/whole_file.h"

namespace ml_inference {

std::optional<Result<std::string>> WatchedFile::look() {
  Result<std::string> content = read_whole_file(path_, size_max_);
  const Digest digest = sha256(content ? *content : content.error().message);
  if (seen_ && was_read_ == content.has_value() && same_digest(*seen_, digest)) return std::nullopt;
  seen_ = digest;
  was_read_ = content.has_value();
  return content;
}

}  // namespace ml_inference
