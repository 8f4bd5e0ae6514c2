// SPDX-License-Identifier: MIT
#include "serving/row_parts.h"

#include "engines/block_size.h"

#include <algorithm>
#include <atomic>
#include <utility>

namespace ml_inference {
namespace {

// So many steps take up to 20 ms: thousands of rows of a usual forest, which engines run as fast as
// they can, and soon enough for whoever waits for the end of work that nobody wants any more.
constexpr std::size_t kPieceStepCount = 10'000'000;

// As far as a piece goes beyond that for the rows of full speed. The engines that want many take
// less than a nanosecond a step.
constexpr std::size_t kLongPieceStepCount = 30'000'000;

// What is worth another worker: 0.2 to 1 ms, where waking one takes some 0.05.
constexpr std::size_t kPartStepCount = 1'000'000;

// Beyond, a worker who is held up holds up the others by less than the parts themselves cost.
constexpr std::size_t kPartsPerWorkerMax = 4;

std::size_t divide_up(std::size_t count, std::size_t by) { return (count + by - 1) / by; }

std::size_t rows_of(std::size_t step_count, const RowCost& cost) {
  return step_count / std::max<std::size_t>(cost.steps_per_row, 1);
}

}  // namespace

std::size_t piece_row_count(const RowCost& cost) {
  const std::size_t quick = std::min(cost.full_speed_row_count, rows_of(kLongPieceStepCount, cost));
  const std::size_t rows = std::max<std::size_t>({rows_of(kPieceStepCount, cost), quick, 1});
  return rows < kBlockRowCount ? rows : rows - rows % kBlockRowCount;
}

RowCut cut_rows(std::size_t row_count, const RowCost& cost, std::size_t worker_count_max) {
  const std::size_t piece = piece_row_count(cost);
  const std::size_t block = piece < kBlockRowCount ? 1 : kBlockRowCount;
  const std::size_t least = std::max<std::size_t>(rows_of(kPartStepCount, cost), 1);
  const std::size_t workers =
      std::min({worker_count_max, row_count / least, divide_up(row_count, block)});
  if (workers < 2) return {.part_row_count = piece, .worker_count = 1};
  const std::size_t each = divide_up(row_count, workers);
  const std::size_t quick_parts = each / std::max(least, cost.full_speed_row_count);
  const std::size_t parts =
      std::max(std::clamp<std::size_t>(quick_parts, 1, kPartsPerWorkerMax), divide_up(each, piece));
  const std::size_t rows = divide_up(divide_up(each, parts), block) * block;
  return {.part_row_count = rows, .worker_count = std::min(workers, divide_up(row_count, rows))};
}

void do_rows(std::size_t row_count, const RowCost& cost, const WorkPlace& place,
             Workspace& workspace, const RowWork& work) {
  const RowCut cut =
      cut_rows(row_count, cost, place.workers == nullptr ? 1 : place.workers->thread_count());
  std::atomic<std::size_t> next = 0;  // the first row that nobody has begun
  const auto do_part = [&](Workspace& memory) {
    if (place.stop.stop_requested()) return false;
    const std::size_t first = next.fetch_add(cut.part_row_count, std::memory_order_relaxed);
    if (first >= row_count) return false;
    work(first, std::min(cut.part_row_count, row_count - first), memory);
    return true;
  };
  if (cut.worker_count == 1) {
    while (do_part(workspace)) {
    }
    return;
  }
  place.workers->do_together([&] { return do_part(workspace); },
                             [&]() -> WorkerPool::PartWork {
                               return [&do_part, memory = Workspace()]() mutable {
                                 return do_part(memory);
                               };
                             },
                             cut.worker_count - 1);
}

}  // namespace ml_inference
