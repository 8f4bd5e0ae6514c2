// SPDX-License-Identifier: MIT
#include "formats/pickle/text_scan.h"

#include <bit>
#include <cstring>

namespace ml_inference {
namespace {

bool is_latin1_pair(const char* at) {
  return (static_cast<unsigned char>(*at) & 0xFE) == 0xC2 &&
         (static_cast<unsigned char>(at[1]) & 0xC0) == 0x80;
}

// Characters up to U+00FF, all that an array of protocol 2 has, eight bytes at once. Stops at
// another one, or near the end.
const char* skip_latin1(const char* at, const char* end, std::uint64_t& character_count) {
  constexpr std::uint64_t kHighBits = 0x8080'8080'8080'8080;
  // What one round takes at most, and one byte for who goes on.
  while (end - at > 9) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, at, sizeof eight);
    const int ascii = std::countr_zero(eight & kHighBits) / 8;
    at += ascii;
    character_count += static_cast<std::uint64_t>(ascii);
    if (ascii == 8) continue;
    if (!is_latin1_pair(at)) break;
    at += 2;
    ++character_count;
  }
  return at;
}

}  // namespace

void TextScan::feed(std::string_view bytes) {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  while (at != end && is_valid_) {
    if (pending_ == 0) at = skip_latin1(at, end, character_count_);
    const auto byte = static_cast<unsigned char>(*at++);
    if (pending_ != 0) {
      go_on(byte);
    } else {
      begin(byte);
    }
  }
}

void TextScan::begin(unsigned char byte) {
  ++character_count_;
  if (byte < 0x80) return;
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
