// SPDX-License-Identifier: MIT
#include "base/digest.h"

#include "base/assert.h"

#include <sodium/crypto_hash_sha256.h>
#include <sodium/utils.h>

namespace ml_inference {

// Neither function needs sodium_init(), which chooses among variants of others and seeds the random
// numbers: both are plain code.
Digest sha256(std::string_view bytes) {
  Digest digest;
  static_assert(std::tuple_size_v<Digest> == crypto_hash_sha256_BYTES);
  crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(bytes.data()),
                     bytes.size());
  return digest;
}

bool same_digest(const Digest& a, const Digest& b) {
  return sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string hex_digits(const Digest& digest, std::size_t digit_count) {
  ASSERT(digit_count <= 2 * digest.size());
  std::array<char, 2 * std::tuple_size_v<Digest> + 1> text;
  sodium_bin2hex(text.data(), text.size(), digest.data(), digest.size());
  return {text.data(), digit_count};
}

std::string sha256_text(std::string_view bytes) {
  return hex_digits(sha256(bytes), 2 * std::tuple_size_v<Digest>);
}

}  // namespace ml_inference
