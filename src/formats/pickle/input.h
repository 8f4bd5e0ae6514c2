// SPDX-License-Identifier: MIT
// The bytes of a pickle in the order in which its opcodes take them, out of a plain or a compressed
// file. Large texts and bytes are not taken along: what remains is where they stand.
#pragma once

#include "formats/pickle/decompress.h"
#include "formats/pickle/limits.h"
#include "formats/pickle/text_scan.h"
#include "formats/python/arena.h"
#include "formats/python/contents.h"
#include "formats/python/value.h"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace ml_inference {

/// How many bytes a file of this size and compression may grow to.
[[nodiscard]] std::uint64_t pickle_stream_max(std::size_t file_size, std::uint64_t window);

/// Not for several threads. Every member that reads throws FormatError, data_loss when the file
/// breaks off and resource_exhausted when it grows too large.
class PickleInput {
 public:
  /// The most that take() gives.
  static constexpr std::size_t kTakeMax = 4096;

  /// file and arena outlive the input.
  PickleInput(std::string_view file, Arena& arena);

  /// In the decompressed stream.
  [[nodiscard]] std::uint64_t position() const {
    return window_offset_ + static_cast<std::uint64_t>(at_ - window_.data());
  }

  [[nodiscard]] std::uint8_t byte() {
    if (at_ == end()) refill(1);
    return static_cast<std::uint8_t>(*at_++);
  }

  /// The next `size` bytes, at most kTakeMax. Valid until the next call.
  [[nodiscard]] std::string_view take(std::size_t size) {
    if (available() < size) refill(size);
    const std::string_view taken(at_, size);
    at_ += size;
    return taken;
  }

  /// A little-endian number.
  template <class T>
  [[nodiscard]] T number() {
    static_assert(std::endian::native == std::endian::little);
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }

  /// Up to the next line feed, which is taken and left out. At most kPickleNameSizeMax bytes.
  [[nodiscard]] std::string_view line();

  /// The next `size` bytes, where they stand or kept; or only where they stand (limits.h).
  /// scan  gets to see all of them, if it is not null.
  [[nodiscard]] PyBlob blob(std::uint64_t size, TextScan* scan = nullptr);

  /// Refuses a size of what comes next that the file cannot hold, as far as that is known.
  void check_left(std::uint64_t size) const;

  /// Reads a compressed stream to its end, where its checksums are.
  void finish();

 private:
  [[nodiscard]] const char* end() const { return window_.data() + window_.size(); }
  [[nodiscard]] std::size_t available() const { return static_cast<std::size_t>(end() - at_); }

  void refill(std::size_t size);
  void read_more();
  [[noreturn]] void breaks_off(std::uint64_t size) const;

  Arena& arena_;
  const std::string_view file_;
  std::unique_ptr<Decompressor> decompressor_;  // null for a plain file
  std::unique_ptr<char[]> buffer_;
  std::string_view window_;  // the whole plain file, or a part of the stream in buffer_
  const char* at_;
  std::uint64_t window_offset_ = 0;
  std::uint64_t kept_left_;
};

/// Gives the bytes of a compressed stream once more.
class PickleRereader final : public BlobSource {
 public:
  PickleRereader(std::string_view file, std::uint64_t stream_size)
      : file_(file), left_(stream_size * kPickleRereadMax) {}

  /// Fills `out` with what stands at the offset. Going on is cheap; going back begins anew.
  /// Throws FormatError: resource_exhausted after too many bytes.
  void read(std::uint64_t offset, std::span<char> out) override;

 private:
  void seek(std::uint64_t offset);

  std::string_view file_;
  std::uint64_t left_;
  std::unique_ptr<Decompressor> decompressor_;
  std::unique_ptr<char[]> skipped_;
  std::uint64_t offset_ = 0;
};

}  // namespace ml_inference
