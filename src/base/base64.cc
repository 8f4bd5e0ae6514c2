// SPDX-License-Identifier: MIT
#include "base/base64.h"

#include <cstdint>
#include <nettle/base64.h>

namespace ml_inference {

std::optional<std::string> decode_base64(std::string_view text) {
  base64_decode_ctx context{};
  nettle_base64_decode_init(&context);
  std::string bytes(BASE64_DECODE_LENGTH(text.size()), '\0');
  std::size_t size = bytes.size();
  auto* const out = reinterpret_cast<std::uint8_t*>(bytes.data());
  const bool is_sound =
      nettle_base64_decode_update(&context, &size, out, text.size(), text.data()) == 1 &&
      nettle_base64_decode_final(&context) == 1;
  if (!is_sound) return std::nullopt;
  bytes.resize(size);
  return bytes;
}

}  // namespace ml_inference
