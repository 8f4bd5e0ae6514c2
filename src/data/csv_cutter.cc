// SPDX-License-Identifier: MIT
#include "data/csv_cutter.h"

#include <algorithm>
#include <cstring>

namespace ml_inference {
namespace {

// memrchr() and memchr() where libstdc++ goes byte by byte.
std::size_t last_line_feed(std::string_view text, std::size_t begin, std::size_t end) {
  const void* const found = ::memrchr(text.data() + begin, '\n', end - begin);
  if (found == nullptr) return std::string_view::npos;
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

bool opens(std::string_view text, std::size_t quote) {
  return quote == 0 || text[quote - 1] == ',' || text[quote - 1] == '\n';
}

}  // namespace

std::size_t CsvCutter::scan(std::string_view text) {
  awaits_more_ = false;
  while (position_ < text.size() && !awaits_more_) {
    switch (state_) {
      case State::plain: scan_plain(text); break;
      case State::quoted: scan_quoted(text); break;
      case State::broken: scan_broken(text); break;
    }
  }
  return row_end_;
}

void CsvCutter::scan_plain(std::string_view text) {
  const std::size_t quote = std::min(text.find('"', position_), text.size());
  const std::size_t line_feed = last_line_feed(text, position_, quote);
  if (line_feed != std::string_view::npos) row_end_ = line_feed + 1;
  position_ = quote;
  if (quote == text.size()) return;
  state_ = opens(text, quote) ? State::quoted : State::broken;
  ++position_;
}

void CsvCutter::scan_quoted(std::string_view text) {
  const std::size_t quote = std::min(text.find('"', position_), text.size());
  position_ = quote;
  if (quote == text.size()) return;
  const std::string_view behind = text.substr(quote + 1, 2);
  if (behind.empty() || behind == "\r") {
    awaits_more_ = true;
  } else if (behind.front() == '"') {
    position_ += 2;
  } else {
    const bool closes = behind.front() == ',' || behind.front() == '\n' || behind == "\r\n";
    state_ = closes ? State::plain : State::broken;
    ++position_;
  }
}

void CsvCutter::scan_broken(std::string_view text) {
  const std::size_t line_feed = text.find('\n', position_);
  position_ = text.size();
  if (line_feed == std::string_view::npos) return;
  row_end_ = position_ = line_feed + 1;
  state_ = State::plain;
}

std::size_t csv_row_end(std::string_view text) {
  // Line by line: most rows are one line, and a row that is more is not longer than the reader's
  // limit.
  CsvCutter cutter;
  for (std::size_t end = 0; end < text.size();) {
    end = std::min(text.find('\n', end), text.size() - 1) + 1;
    const std::size_t row_end = cutter.scan(text.substr(0, end));
    if (row_end > 0) return row_end;
  }
  return text.size();
}

}  // namespace ml_inference
