// SPDX-License-Identifier: MIT
// The compressions in which joblib writes, as one stream that is read piece by piece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace ml_inference {

enum class Compression : std::uint8_t { none, zlib, gzip, bz2, xz, lzma, lz4 };

/// By the first bytes; none when they are of no compression known here.
[[nodiscard]] Compression compression_of(std::string_view bytes);

/// "zlib", "lz4".
[[nodiscard]] std::string_view compression_text(Compression compression);

/// A compressed stream, read from the beginning. Not for several threads at once.
class Decompressor {
 public:
  /// compressed outlives the decompressor; it begins as compression_of() said.
  [[nodiscard]] static std::unique_ptr<Decompressor> open(Compression compression,
                                                          std::string_view compressed);
  virtual ~Decompressor() = default;

  /// Fills `out` from its front and returns how many bytes came: fewer only at the end of the
  /// stream, when all checksums that it has were right. What follows the stream is ignored, unless
  /// it is one more stream of the same kind.
  /// Throws FormatError: data_loss "pickle: the zlib stream is damaged near byte 17 of 40".
  [[nodiscard]] virtual std::size_t read(std::span<char> out) = 0;

  /// Bytes that it may come to hold as it reads on.
  [[nodiscard]] virtual std::uint64_t memory() const = 0;
};

}  // namespace ml_inference
