// SPDX-License-Identifier: MIT
// How a batch of rows is cut into parts, and who does them. docs/decisions/0038 has the
// measurements behind the numbers.
#pragma once

#include "model/workspace.h"
#include "serving/worker_pool.h"

#include <cstddef>
#include <functional>

namespace ml_inference {

/// What the rows of a batch cost.
struct RowCost {
  std::size_t steps_per_row = 1;         ///< Estimator::steps_per_row()
  std::size_t full_speed_row_count = 1;  ///< so many in one call cost least a row
};

/// Parts of so many rows, the last one what is left, for so many workers, the caller among them.
struct RowCut {
  std::size_t part_row_count = 1;
  std::size_t worker_count = 1;

  bool operator==(const RowCut&) const = default;
};

/// The rows that are done between two looks at a stop token: about a fiftieth of a second's work,
/// at least one; whole blocks of an engine (kBlockRowCount) where it is a block or more.
[[nodiscard]] std::size_t piece_row_count(const RowCost& cost);

/// Cuts row_count rows for at most worker_count_max workers, who all get as much to do:
///
/// - a worker has at least a million steps (Estimator::steps_per_row()) to do and a block of rows,
///   or there are fewer workers. With one, parts are pieces (piece_row_count());
/// - each has up to four parts, so that one who comes late or is held up does fewer; but no more
///   than leave each part the rows of full speed and a million steps;
/// - no part is more than a piece;
/// - parts are whole blocks, unless a piece is less.
[[nodiscard]] RowCut cut_rows(std::size_t row_count, const RowCost& cost,
                              std::size_t worker_count_max);

/// Does `count` rows from `first` on, with the memory of the thread that calls it.
using RowWork = std::function<void(std::size_t first, std::size_t count, Workspace& workspace)>;

/// Does row_count rows, part by part: the caller by itself or, if place has workers, together with
/// those who have nothing else to do. Returns when no part is being done, and all are; once
/// place.stop asks, no further part is begun.
///
/// work       called from several threads at a time, for parts that do not overlap; which thread
///            does which, and in what order, is open. Must not throw.
/// workspace  for what the caller's thread does; helpers have one of their own.
void do_rows(std::size_t row_count, const RowCost& cost, const WorkPlace& place,
             Workspace& workspace, const RowWork& work);

}  // namespace ml_inference
