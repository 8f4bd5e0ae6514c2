// SPDX-License-Identifier: MIT
#include "base/digest.h"

#include "base/assert.h"

#include <nettle/base16.h>
#include <nettle/base64.h>
#include <nettle/memops.h>
#include <nettle/sha2.h>

namespace ml_inference {

struct Sha256::State {
  sha256_ctx context;
};

Sha256::Sha256() : state_(std::make_unique<State>()) { sha256_init(&state_->context); }
Sha256::~Sha256() = default;

void Sha256::add(std::string_view bytes) {
  sha256_update(&state_->context, bytes.size(),
                reinterpret_cast<const std::uint8_t*>(bytes.data()));
}

// Nettle's state is a new one afterwards.
Digest Sha256::take() {
  Digest digest;
  sha256_digest(&state_->context, digest.size(), digest.data());
  return digest;
}

Digest sha256(std::string_view bytes) {
  Digest digest;
  static_assert(std::tuple_size_v<Digest> == SHA256_DIGEST_SIZE);
  sha256_ctx context;
  sha256_init(&context);
  sha256_update(&context, bytes.size(), reinterpret_cast<const std::uint8_t*>(bytes.data()));
  sha256_digest(&context, digest.size(), digest.data());
  return digest;
}

bool same_digest(const Digest& a, const Digest& b) {
  return memeql_sec(a.data(), b.data(), a.size()) != 0;
}

std::string hex_digits(const Digest& digest, std::size_t digit_count) {
  ASSERT(digit_count <= 2 * digest.size());
  std::string text(BASE16_ENCODE_LENGTH(digest.size()), '\0');
  base16_encode_update(text.data(), digest.size(), digest.data());
  text.resize(digit_count);
  return text;
}

std::string base64_text(const Digest& digest) {
  std::string text(BASE64_ENCODE_RAW_LENGTH(digest.size()), '\0');
  base64_encode_raw(text.data(), digest.size(), digest.data());
  return text;
}

std::string sha256_text(std::string_view bytes) {
  return hex_digits(sha256(bytes), 2 * std::tuple_size_v<Digest>);
}

}  // namespace ml_inference
