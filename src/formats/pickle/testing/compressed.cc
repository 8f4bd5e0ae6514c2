// SPDX-License-Identifier: MIT
#include "base/assert.h"
#include "formats/pickle/testing/pickle_files.h"

#include <bzlib.h>
#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>

namespace ml_inference::testing {
namespace {

std::string deflated(std::string_view bytes, int window_bits) {
  z_stream stream{};
  constexpr int kLevel = 3;
  constexpr int kMemoryLevel = 8;
  ASSERT(deflateInit2(&stream, kLevel, Z_DEFLATED, window_bits, kMemoryLevel, Z_DEFAULT_STRATEGY) ==
         Z_OK);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  ASSERT(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace

std::string zlib_of(std::string_view bytes) { return deflated(bytes, MAX_WBITS); }
std::string gzip_of(std::string_view bytes) { return deflated(bytes, MAX_WBITS + 16); }

std::string bz2_of(std::string_view bytes) {
  auto size = static_cast<unsigned>(bytes.size() + bytes.size() / 50 + 1000);
  std::string out(size, '\0');
  ASSERT(BZ2_bzBuffToBuffCompress(out.data(), &size, const_cast<char*>(bytes.data()),
                                  static_cast<unsigned>(bytes.size()), 9, 0, 0) == BZ_OK);
  out.resize(size);
  return out;
}

std::string xz_of(std::string_view bytes, unsigned preset) {
  std::string out(lzma_stream_buffer_bound(bytes.size()), '\0');
  std::size_t size = 0;
  ASSERT(lzma_easy_buffer_encode(preset, LZMA_CHECK_CRC64, nullptr,
                                 reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(),
                                 reinterpret_cast<std::uint8_t*>(out.data()), &size,
                                 out.size()) == LZMA_OK);
  out.resize(size);
  return out;
}

std::string lzma_of(std::string_view bytes) {
  lzma_options_lzma options;
  constexpr unsigned kPreset = 3;
  ASSERT(!lzma_lzma_preset(&options, kPreset));
  lzma_stream stream = LZMA_STREAM_INIT;
  ASSERT(lzma_alone_encoder(&stream, &options) == LZMA_OK);
  std::string out(bytes.size() * 2 + 1000, '\0');
  stream.next_in = reinterpret_cast<const std::uint8_t*>(bytes.data());
  stream.avail_in = bytes.size();
  stream.next_out = reinterpret_cast<std::uint8_t*>(out.data());
  stream.avail_out = out.size();
  ASSERT(lzma_code(&stream, LZMA_FINISH) == LZMA_STREAM_END);
  out.resize(stream.total_out);
  lzma_end(&stream);
  return out;
}

// As joblib's: blocks of 64 KiB that depend on each other, no sizes, no checksums.
std::string lz4_of(std::string_view bytes) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.blockMode = LZ4F_blockLinked;
  std::string out(LZ4F_compressFrameBound(bytes.size(), &preferences), '\0');
  const std::size_t size =
      LZ4F_compressFrame(out.data(), out.size(), bytes.data(), bytes.size(), &preferences);
  ASSERT(LZ4F_isError(size) == 0);
  out.resize(size);
  return out;
}

}  // namespace ml_inference::testing
