// SPDX-License-Identifier: MIT
// Where the rows of a CSV text end, without looking at their cells: a long text can then be cut
// into blocks of whole rows that are read on their own, by several threads.
//
// A quote opens at the beginning of a cell only, and what stands in it, line ends too, belongs to
// the cell. A row in which quotes break the rules ends with the first line end behind the fault.
// So the place of every cut is the same whatever the blocks, for texts that are no CSV as well.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ml_inference {

/// Looks for the end of the last whole row in a text that grows at its end.
/// Threads: belongs to one thread.
class CsvCutter {
 public:
  /// The text begins with a row, and has at least the bytes of the last call since reset(). Returns
  /// where the last row ends that ends in it, behind its line feed; 0 when none does.
  /// Cost: only what is new is looked at, without quotes at the speed of memory.
  std::size_t scan(std::string_view text);

  /// Whether the text that was scanned ends within quotes.
  [[nodiscard]] bool is_within_quotes() const { return state_ == State::quoted && !awaits_more_; }

  /// The next text begins with a row again.
  void reset() { *this = CsvCutter(); }

 private:
  enum class State : std::uint8_t { plain, quoted, broken };

  void scan_plain(std::string_view text);
  void scan_quoted(std::string_view text);
  void scan_broken(std::string_view text);

  State state_ = State::plain;
  bool awaits_more_ = false;  // a quote whose meaning hangs on the bytes behind it
  std::size_t position_ = 0;  // what is before it has been looked at
  std::size_t row_end_ = 0;
};

/// Where the first row of a text ends, behind its line feed; the text's size when it has none.
[[nodiscard]] std::size_t csv_row_end(std::string_view text);

}  // namespace ml_inference
