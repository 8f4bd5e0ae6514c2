// SPDX-License-Identifier: MIT
// How much of a table the program takes in. Every reader of tables meets these before it takes
// memory.
#pragma once

#include <cstddef>

namespace ml_inference {

/// Bytes of one CSV text. Offsets of cells are 32 bits wide, and the text and the table made of it
/// are both in memory: 2 GiB at this size, more than a container of ours is granted.
inline constexpr std::size_t kCsvSizeMax = std::size_t{1} << 30;

/// Bytes of one row, its line feed not counted, where rows are read block by block: a block holds
/// one at least. More than kTableColumnCountMax numbers need.
inline constexpr std::size_t kRowSizeMax = std::size_t{1} << 24;

/// Data rows of one table. Ten million rows of ten short cells already reach kCsvSizeMax.
inline constexpr std::size_t kTableRowCountMax = 10'000'000;

/// Columns of one table: more than the widest sets of measurements that people keep as CSV (gene
/// expression, about 60 000), less than a file that lost its line ends would show.
inline constexpr std::size_t kTableColumnCountMax = 100'000;

/// Cells of one table, 4 bytes each beside their text: 800 MB. A text of commas alone would
/// otherwise cost four times its size.
inline constexpr std::size_t kTableCellCountMax = 200'000'000;

}  // namespace ml_inference
