// SPDX-License-Identifier: MIT
#include "formats/lightgbm/lines.h"

#include <algorithm>

namespace ml_inference {

// The LF is searched for once a line, not once a CR, so that a text of CRs takes linear time.
void LightgbmLines::find_end() {
  if (!knows_line_feed_ || line_feed_ < begin_) {
    line_feed_ = std::min(text_.find('\n', begin_), text_.size());
    knows_line_feed_ = true;
  }
  const std::string_view line = text_.substr(begin_, line_feed_ - begin_);
  end_ = begin_ + std::min(line.find('\r'), line.size());
}

void LightgbmLines::next() {
  begin_ = end_;
  if (begin_ < text_.size() && text_[begin_] == '\r') ++begin_;
  // An LF ends this line only if nothing but the CR was before it.
  if (begin_ < text_.size() && text_[begin_] == '\n') ++begin_;
  if (begin_ < text_.size()) find_end();
}

std::pair<std::string_view, std::string_view> split_key(std::string_view line) {
  const std::size_t equals = std::min(line.find('='), line.size());
  return {line.substr(0, equals), line.substr(std::min(equals + 1, line.size()))};
}

std::string_view take_word(std::string_view& text, char separator) {
  const std::size_t begin = std::min(text.find_first_not_of(separator), text.size());
  const std::size_t end = std::min(text.find(separator, begin), text.size());
  const std::string_view word = text.substr(begin, end - begin);
  text.remove_prefix(end);
  return word;
}

std::size_t count_words(std::string_view text, char separator) {
  std::size_t count = 0;
  while (!take_word(text, separator).empty()) ++count;
  return count;
}

}  // namespace ml_inference
