// SPDX-License-Identifier: MIT
// Any bytes as a stream, cut in pieces, against zlib in one call; and any bytes as a text that is
// coded and decoded again.
#include "base/assert.h"
#include "server/content_coding.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <zlib.h>

namespace {

using namespace ml_inference;
using Format = Inflater::Format;
using Status = Inflater::Status;

constexpr std::size_t kBudgetSize = 1 << 20;

// What the stream is, by zlib and a buffer with one byte too many. Nothing: it is not whole, or no
// stream, or too large.
std::optional<std::string> plain(Format format, std::string_view stream, std::size_t size_max) {
  z_stream state{};
  const int bits = format == Format::gzip ? 31 : format == Format::zlib ? 15 : 47;
  ASSERT(inflateInit2(&state, bits) == Z_OK);
  std::string out(size_max + 1, '\0');
  state.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(stream.data()));
  state.avail_in = static_cast<uInt>(stream.size());
  state.next_out = reinterpret_cast<Bytef*>(out.data());
  state.avail_out = static_cast<uInt>(out.size());
  int result = ::inflate(&state, Z_FINISH);
  while (format == Format::gzip && result == Z_STREAM_END && state.avail_in > 0) {
    ASSERT(inflateReset(&state) == Z_OK);
    result = ::inflate(&state, Z_FINISH);
  }
  const std::size_t left = state.avail_out;
  const bool is_whole = result == Z_STREAM_END && state.avail_in == 0;
  inflateEnd(&state);
  if (!is_whole || left == 0 || stream.size() > size_max) return std::nullopt;
  out.resize(out.size() - left);
  return out;
}

std::optional<std::string> decode(Format format, std::string_view stream, std::size_t size_max,
                                  std::size_t piece_size) {
  BodyBudget budget(kBudgetSize);
  std::string out;
  bool is_whole = false;
  {
    BodyShare share(budget);
    Inflater inflater(format, size_max, share);
    Status status = Status::fine;
    while (!stream.empty() && status == Status::fine) {
      status = inflater.feed(stream.substr(0, piece_size), out);
      stream.remove_prefix(std::min(piece_size, stream.size()));
      ASSERT(out.size() <= size_max);
      ASSERT(status != Status::fine || out.size() + budget.left() <= kBudgetSize);
    }
    ASSERT(status != Status::no_room);
    ASSERT((status == Status::broken) == !inflater.fault().empty());
    is_whole = status == Status::fine && inflater.is_whole();
  }
  ASSERT(budget.left() == kBudgetSize);
  if (!is_whole) return std::nullopt;
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  constexpr std::array kFormats{Format::gzip, Format::zlib, Format::either};
  constexpr std::array<std::size_t, 4> kSizesMax{100, 1000, 20'000, 200'000};
  const Format format = kFormats[data[0] % kFormats.size()];
  const std::size_t size_max = kSizesMax[data[0] / kFormats.size() % kSizesMax.size()];
  const std::size_t piece_size = std::size_t{1} + data[1];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  ASSERT(decode(format, bytes, size_max, piece_size) == plain(format, bytes, size_max));

  const ContentCoding coding =
      format == Format::zlib ? ContentCoding::deflate : ContentCoding::gzip;
  if (const auto coded = deflated(bytes, coding)) {
    ASSERT(coded->size() < bytes.size());
    ASSERT(decode(format, *coded, bytes.size(), piece_size) == bytes);
  }
  return 0;
}
