// SPDX-License-Identifier: MIT
#include "serving/row_parts.h"

#include "serving/testing/called_job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <mutex>
#include <stop_token>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

using ::testing::ElementsAre;

// Of 100 small trees; of 500 deep ones, which are walked.
constexpr RowCost kSmallTrees{.steps_per_row = 900, .full_speed_row_count = 128};
constexpr RowCost kDeepTrees{.steps_per_row = 25'500, .full_speed_row_count = 1024};

TEST(RowParts, APieceIsTenMillionStepsInWholeBlocks) {
  EXPECT_EQ(piece_row_count(kSmallTrees), 11'008U);
  EXPECT_EQ(piece_row_count({.steps_per_row = 0}), 10'000'000U);
  EXPECT_EQ(piece_row_count({.steps_per_row = 50'000}), 128U);
  EXPECT_EQ(piece_row_count({.steps_per_row = 100'000}), 100U);
  EXPECT_EQ(piece_row_count({.steps_per_row = 4'000'000}), 2U);
  EXPECT_EQ(piece_row_count({.steps_per_row = 1'000'000'000}), 1U);
}

TEST(RowParts, APieceGoesUpToThirtyMillionStepsForRowsOfFullSpeed) {
  EXPECT_EQ(piece_row_count(kDeepTrees), 1024U);
  EXPECT_EQ(piece_row_count({.steps_per_row = 50'000, .full_speed_row_count = 1024}), 512U);
  EXPECT_EQ(piece_row_count({.steps_per_row = 200'000, .full_speed_row_count = 128}), 128U);
}

TEST(RowParts, OneWorkerDoesPieces) {
  EXPECT_EQ(cut_rows(10'000, kSmallTrees, 1), (RowCut{11'008, 1}));
  EXPECT_EQ(cut_rows(10'000, kDeepTrees, 1), (RowCut{1024, 1}));
  EXPECT_EQ(cut_rows(0, kDeepTrees, 2), (RowCut{1024, 1}));
}

TEST(RowParts, AWorkerIsWorthAMillionStepsAndABlock) {
  EXPECT_EQ(cut_rows(2 * 1111 - 1, kSmallTrees, 2), (RowCut{11'008, 1}));
  EXPECT_EQ(cut_rows(2 * 1111, kSmallTrees, 2), (RowCut{1152, 2}));
  EXPECT_EQ(cut_rows(2 * 1111, kSmallTrees, 3), (RowCut{1152, 2}));
  EXPECT_EQ(cut_rows(128, kDeepTrees, 2), (RowCut{1024, 1}));
  EXPECT_EQ(cut_rows(129, kDeepTrees, 2), (RowCut{128, 2}));
}

TEST(RowParts, EachWorkerHasSeveralPartsOfTheSameSizeWhereThatCostsNothing) {
  EXPECT_EQ(cut_rows(10'000, kSmallTrees, 2), (RowCut{1280, 2}));  // eight
  EXPECT_EQ(cut_rows(10'000, kSmallTrees, 4), (RowCut{1280, 4}));  // eight
  EXPECT_EQ(cut_rows(10'000, kDeepTrees, 2), (RowCut{1024, 2}));   // ten
  EXPECT_EQ(cut_rows(3'000, kDeepTrees, 2), (RowCut{768, 2}));     // four
  EXPECT_EQ(cut_rows(1'500, kDeepTrees, 2), (RowCut{768, 2}));     // two
}

TEST(RowParts, DearRowsArePartsOfLessThanABlock) {
  EXPECT_EQ(cut_rows(1'000, {.steps_per_row = 400'000, .full_speed_row_count = 1024}, 2),
            (RowCut{72, 2}));  // fourteen
  EXPECT_EQ(cut_rows(20, {.steps_per_row = 1'000'000}, 2), (RowCut{3, 2}));
  EXPECT_EQ(cut_rows(3, {.steps_per_row = 1'000'000'000}, 2), (RowCut{1, 2}));
}

struct Part {
  std::size_t first;
  std::size_t count;

  bool operator==(const Part&) const = default;
};

// Those that do_rows() asks for on a pool of so many workers, by their first row.
std::vector<Part> parts_done(std::size_t row_count, const RowCost& cost, std::size_t workers) {
  std::mutex mutex;
  std::vector<Part> parts;
  WorkerPool pool(workers, testing::patient_queue(1));
  EXPECT_TRUE(testing::is_taken(pool, [&] {
    Workspace workspace;
    do_rows(row_count, cost, {.workers = &pool}, workspace,
            [&](std::size_t first, std::size_t count, Workspace&) {
              const std::lock_guard lock(mutex);
              parts.push_back({first, count});
            });
  }));
  pool.finish();
  std::ranges::sort(parts, {}, &Part::first);
  return parts;
}

TEST(RowParts, DoesEveryRowOnceAndCutsAtBlocks) {
  for (const std::size_t workers : {1U, 2U, 3U, 7U}) {
    for (const std::size_t row_count : {0U, 1U, 127U, 2'222U, 2'223U, 9'999U, 30'000U}) {
      for (const RowCost& cost : {kSmallTrees, kDeepTrees}) {
        std::size_t next = 0;
        for (const Part& part : parts_done(row_count, cost, workers)) {
          EXPECT_EQ(part.first, next);
          EXPECT_EQ(part.first % 128, 0U);
          EXPECT_GT(part.count, 0U);
          next += part.count;
        }
        EXPECT_EQ(next, row_count);
      }
    }
  }
}

TEST(RowParts, DoesPiecesInTheirOrderWithoutWorkers) {
  std::vector<std::size_t> counts;
  Workspace workspace;
  do_rows(2'100, kDeepTrees, {}, workspace, [&](std::size_t, std::size_t count, Workspace& memory) {
    EXPECT_EQ(&memory, &workspace);
    counts.push_back(count);
  });
  EXPECT_THAT(counts, ElementsAre(1024, 1024, 52));
}

TEST(RowParts, HasTwoWorkersWithinPartsAtTheSameTimeEachWithMemoryOfItsOwn) {
  std::latch two_are_within(2);
  std::vector<Workspace*> memories;
  std::mutex mutex;
  WorkerPool pool(2, testing::patient_queue(1));
  ASSERT_TRUE(testing::is_taken(pool, [&] {
    Workspace workspace;
    do_rows(200, {.steps_per_row = 50'000}, {.workers = &pool}, workspace,
            [&](std::size_t, std::size_t, Workspace& memory) {
              {
                const std::lock_guard lock(mutex);
                memories.push_back(&memory);
              }
              two_are_within.arrive_and_wait();
            });
  }));
  pool.finish();
  ASSERT_EQ(memories.size(), 2U);
  EXPECT_NE(memories[0], memories[1]);
}

TEST(RowParts, BeginsNoFurtherPartOnceItIsAskedToStop) {
  std::latch two_are_within(2);
  std::latch is_stopped(1);
  std::stop_source stop;
  std::atomic<int> parts = 0;
  WorkerPool pool(2, testing::patient_queue(1));
  ASSERT_TRUE(testing::is_taken(pool, [&] {
    Workspace workspace;
    do_rows(10'000, kDeepTrees, {.stop = stop.get_token(), .workers = &pool}, workspace,
            [&](std::size_t, std::size_t, Workspace&) {
              ++parts;
              two_are_within.arrive_and_wait();
              is_stopped.wait();
            });
  }));
  two_are_within.wait();
  stop.request_stop();
  is_stopped.count_down();
  pool.finish();
  EXPECT_EQ(parts, 2);
}

}  // namespace
}  // namespace ml_inference
