// SPDX-License-Identifier: MIT
#include "formats/pickle/text_scan.h"

#include <cstring>

namespace ml_inference {
namespace {

// Eight bytes at once, while all are ASCII.
std::size_t ascii_size(const char* begin, const char* end) {
  constexpr std::uint64_t kHighBits = 0x8080'8080'8080'8080;
  const char* at = begin;
  while (end - at >= 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, at, sizeof eight);
    if ((eight & kHighBits) != 0) break;
    at += 8;
  }
  while (at != end && static_cast<signed char>(*at) >= 0) ++at;
  return static_cast<std::size_t>(at - begin);
}

}  // namespace

void TextScan::feed(std::string_view bytes) {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  while (at != end && is_valid_) {
    if (pending_ != 0) {
      go_on(static_cast<unsigned char>(*at++));
      continue;
    }
    // Two bytes up to U+00FF, as an array of protocol 2 has them, without the detour.
    while (end - at >= 2 && (static_cast<unsigned char>(*at) & 0xFE) == 0xC2 &&
           (static_cast<unsigned char>(at[1]) & 0xC0) == 0x80) {
      at += 2;
      ++character_count_;
    }
    const std::size_t ascii = ascii_size(at, end);
    at += ascii;
    character_count_ += ascii;
    const bool is_two = end - at >= 2 && (static_cast<unsigned char>(*at) & 0xFE) == 0xC2;
    if (at != end && !is_two) begin(static_cast<unsigned char>(*at++));
    if (is_two && (static_cast<unsigned char>(at[1]) & 0xC0) != 0x80) is_valid_ = false;
  }
}

void TextScan::begin(unsigned char byte) {
  ++character_count_;
  first_ = byte;
  is_second_ = true;
  if (byte >= 0xC2 && byte <= 0xDF) {
    pending_ = 1;
  } else if (byte >= 0xE0 && byte <= 0xEF) {
    pending_ = 2;
  } else if (byte >= 0xF0 && byte <= 0xF4) {
    pending_ = 3;
  } else {
    is_valid_ = false;
  }
  if (byte > 0xC3) is_latin1_ = false;
}

// Unicode 15, table 3-7, but for ED A0..BF.
void TextScan::go_on(unsigned char byte) {
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (is_second_) {
    if (first_ == 0xE0) low = 0xA0;
    if (first_ == 0xF0) low = 0x90;
    if (first_ == 0xF4) high = 0x8F;
    if (first_ == 0xED && byte >= 0xA0) has_surrogates_ = true;
  }
  is_second_ = false;
  if (byte < low || byte > high) is_valid_ = false;
  --pending_;
}

}  // namespace ml_inference
