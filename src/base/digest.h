// SPDX-License-Identifier: MIT
// SHA-256, by Nettle, which uses the processor's own instructions for it where there are any.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace ml_inference {

using Digest = std::array<unsigned char, 32>;

/// SHA-256 of the bytes (FIPS 180-4). Threads: any.
[[nodiscard]] Digest sha256(std::string_view bytes);

/// SHA-256 of bytes that come piece by piece. Threads: one at a time.
class Sha256 {
 public:
  Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  ~Sha256();

  void add(std::string_view bytes);

  /// Of all that was added since the last call.
  [[nodiscard]] Digest take();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Whether two digests are equal, in a time that tells nothing of where they differ.
[[nodiscard]] bool same_digest(const Digest& a, const Digest& b);

/// The first `digit_count` hexadecimal digits, in lower case; at most 64 (asserted).
[[nodiscard]] std::string hex_digits(const Digest& digest, std::size_t digit_count);

/// The digest in base64 (RFC 4648, with padding), as a Content-Security-Policy names it.
[[nodiscard]] std::string base64_text(const Digest& digest);

/// SHA-256 as `sha256sum` prints it: 64 hexadecimal digits.
[[nodiscard]] std::string sha256_text(std::string_view bytes);

}  // namespace ml_inference
