// SPDX-License-Identifier: MIT
#include "server/testing/coded.h"

#include "base/assert.h"

#include <zlib.h>

namespace ml_inference::testing {
namespace {

constexpr int kWindowBits = 15;
constexpr int kGzip = 16;
constexpr int kEither = 32;

Bytef* bytes_of(std::string_view text) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
}

std::string packed(std::string_view text, int window_bits) {
  z_stream stream{};
  ASSERT(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, window_bits, 8,
                      Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 32, '\0');
  stream.next_in = bytes_of(text);
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = bytes_of(out);
  stream.avail_out = static_cast<uInt>(out.size());
  ASSERT(::deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace

std::string gzip(std::string_view text) { return packed(text, kWindowBits + kGzip); }
std::string zlib(std::string_view text) { return packed(text, kWindowBits); }

std::string inflated(std::string_view stream) {
  z_stream state{};
  ASSERT(inflateInit2(&state, kWindowBits + kEither) == Z_OK);
  std::string out;
  state.next_in = bytes_of(stream);
  state.avail_in = static_cast<uInt>(stream.size());
  int result = Z_OK;
  while (result == Z_OK) {
    char part[4096];
    state.next_out = bytes_of({part, sizeof part});
    state.avail_out = sizeof part;
    result = ::inflate(&state, Z_NO_FLUSH);
    out.append(part, sizeof part - state.avail_out);
  }
  ASSERT(result == Z_STREAM_END && state.avail_in == 0);
  inflateEnd(&state);
  return out;
}

}  // namespace ml_inference::testing
