// SPDX-License-Identifier: MIT
// Any bytes in place of a token file and of an Authorization header: what is taken admits whole
// tokens only, and what is refused tells nothing of them.
#include "api/limits.h"
#include "api/token_set.h"
#include "base/assert.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ml_inference;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto tokens = TokenSet::parse(text);
  if (!tokens) {
    ASSERT(!tokens.error().message.empty());
    return 0;
  }
  ASSERT(tokens->size() > 0 && tokens->size() <= kTokenCountMax);
  ASSERT(!tokens->admits(""));
  const std::string_view token = bearer_token(text);
  ASSERT(token.size() <= size);
  if (tokens->admits(token)) ASSERT(token.find_first_of(" \t\r\n") == std::string_view::npos);
  return 0;
}
