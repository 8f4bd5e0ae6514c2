// SPDX-License-Identifier: MIT
// Looks once over a text as Python pickles it: UTF-8 in which halves of surrogate pairs may stand
// ("surrogatepass"), in pieces as they come out of a stream.
#pragma once

#include <cstdint>
#include <string_view>

namespace ml_inference {

class TextScan {
 public:
  /// The next bytes of the text.
  void feed(std::string_view bytes);

  /// Asked after the last piece.
  [[nodiscard]] bool is_valid() const { return is_valid_ && pending_ == 0; }
  [[nodiscard]] bool has_surrogates() const { return has_surrogates_; }
  [[nodiscard]] bool is_latin1() const { return is_latin1_; }  ///< no character above U+00FF
  [[nodiscard]] std::uint64_t character_count() const { return character_count_; }

 private:
  void begin(unsigned char byte);
  void go_on(unsigned char byte);

  std::uint64_t character_count_ = 0;
  unsigned char first_ = 0;  // of the character that is not complete
  int pending_ = 0;          // bytes that it lacks
  bool is_second_ = false;   // the next byte is its second
  bool is_valid_ = true;
  bool has_surrogates_ = false;
  bool is_latin1_ = true;
};

}  // namespace ml_inference
