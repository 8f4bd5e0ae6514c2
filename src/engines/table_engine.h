// SPDX-License-Identifier: MIT
// Answers of small forests, remembered: for files of many rows.
//
// The thresholds of a forest cut each feature into ranges, and all features together into cells.
// Rows of one cell pass and fail the same tests, reach the same leaves, and have the same answer to
// the last bit. A forest of few different thresholds has few cells (100 trees on the Iris rows:
// half a million), and most rows of a long file lie in a cell that has been asked for before.
#pragma once

#include "engines/engine.h"
#include "model/forest.h"

#include <cstddef>
#include <memory>
#include <string_view>

namespace ml_inference {

inline constexpr std::string_view kTableEngineName = "table";

/// Bytes that a table takes at most; it is filled as rows come, and what is never asked for is
/// never touched.
inline constexpr std::size_t kTableSizeMax = std::size_t{1} << 25;

/// Whether the forest has numerical tests and plain leaves only, and so few different thresholds
/// that its table fits kTableSizeMax. Cost: linear in the nodes.
[[nodiscard]] bool table_engine_takes(const Forest& forest);

/// The engine of make_engine() with a table before it, which is asked first: worth its memory where
/// there are more rows than cells. Where there are not, it costs a look and two copies a row.
/// forest  one that table_engine_takes() (ASSERT).
/// Threads: as any engine. Who fills a cell is open, its answer is not.
[[nodiscard]] std::unique_ptr<const Engine> make_table_engine(Forest forest);

}  // namespace ml_inference
