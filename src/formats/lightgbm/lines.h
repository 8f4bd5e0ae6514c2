// SPDX-License-Identifier: MIT
// The lines of a LightGBM text model, and the words and numbers in them.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

namespace ml_inference {

/// Walks over the lines of a text. LF, CR LF and CR end a line, as in LightGBM.
/// Cost: linear in the text, whatever it is.
class LightgbmLines {
 public:
  explicit LightgbmLines(std::string_view text) : text_(text) { find_end(); }

  /// Whether there is no line any more.
  [[nodiscard]] bool is_done() const { return begin_ >= text_.size(); }

  /// The line, without its end.
  [[nodiscard]] std::string_view line() const { return text_.substr(begin_, end_ - begin_); }

  void next();

 private:
  void find_end();

  std::string_view text_;
  std::size_t begin_ = 0;      // of the line
  std::size_t end_ = 0;        // of the line
  std::size_t line_feed_ = 0;  // the first LF from begin_ on, or text_.size()
  bool knows_line_feed_ = false;
};

/// The text before and behind the first '='; all of the line and nothing when there is none.
[[nodiscard]] std::pair<std::string_view, std::string_view> split_key(std::string_view line);

/// Takes the first word, which spaces end, off the text; empty when there is none.
std::string_view take_word(std::string_view& text, char separator = ' ');

/// How many words the text has.
[[nodiscard]] std::size_t count_words(std::string_view text, char separator = ' ');

}  // namespace ml_inference
