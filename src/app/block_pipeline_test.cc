// SPDX-License-Identifier: MIT
#include "app/block_pipeline.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <utility>

namespace ml_inference {
namespace {

// Blocks "0", "1" ... that become "<0>", "<1>" ...; each end may be given a fault.
class Numbers {
 public:
  BlockPipeline pipeline() {
    return {.read = [this](RowBlock& rows) -> Result<bool> {
              if (read_ == read_fault_at) return fail(Code::data_loss, "read");
              if (read_ == count || is_stopped_) return false;
              rows.text = std::to_string(read_++);
              return true;
            },
            .stop_reading = [this] { is_stopped_ = true; },
            .begin_worker =
                [this] {
                  ++workers;
                  return [this](WorkedBlock& block) {
                    if (on_work) on_work(block);
                    block.out = "<" + block.rows.text + ">";
                    if (block.rows.text == work_fault_at) {
                      block.fault = Error{Code::invalid_argument, "work"};
                    }
                  };
                },
            .write = [this](const WorkedBlock& block) -> Result<void> {
              if (block.rows.text == write_fault_at) return fail(Code::unavailable, "write");
              written += block.out;
              return {};
            }};
  }

  static std::string all_to(std::size_t end) {
    std::string text;
    for (std::size_t number = 0; number < end; ++number) text += "<" + std::to_string(number) + ">";
    return text;
  }

  std::size_t count = 0;
  std::size_t read_fault_at = 1'000'000;
  std::string work_fault_at = "none";
  std::string write_fault_at = "none";
  std::function<void(WorkedBlock&)> on_work;
  std::string written;
  std::atomic<std::size_t> workers = 0;

 private:
  std::size_t read_ = 0;
  std::atomic<bool> is_stopped_ = false;
};

TEST(BlockPipeline, WritesAllBlocksInTheirOrder) {
  for (const std::size_t count : {0U, 1U, 5U, 1000U}) {
    for (const std::size_t workers : {1U, 2U, 7U}) {
      Numbers numbers;
      numbers.count = count;
      ASSERT_TRUE(run_pipeline(numbers.pipeline(), workers));
      EXPECT_EQ(numbers.written, Numbers::all_to(count));
      EXPECT_LE(numbers.workers, workers);
    }
  }
}

// The first block waits until the second one is done: it still is the first to be written.
TEST(BlockPipeline, HoldsABlockBackThatOvertakes) {
  std::mutex mutex;
  std::condition_variable is_done;
  bool second_is_done = false;
  Numbers numbers;
  numbers.count = 3;
  numbers.on_work = [&](WorkedBlock& block) {
    std::unique_lock lock(mutex);
    if (block.rows.text == "0") is_done.wait(lock, [&] { return second_is_done; });
    if (block.rows.text == "1") second_is_done = true;
    is_done.notify_all();
  };
  ASSERT_TRUE(run_pipeline(numbers.pipeline(), 2));
  EXPECT_EQ(numbers.written, Numbers::all_to(3));
}

TEST(BlockPipeline, WritesWhatIsBeforeAFault) {
  for (const std::size_t workers : {1U, 3U}) {
    Numbers reading;
    reading.count = 100;
    reading.read_fault_at = 50;
    EXPECT_EQ(run_pipeline(reading.pipeline(), workers).error().message, "read");
    EXPECT_EQ(reading.written, Numbers::all_to(50));

    Numbers working;
    working.count = 100;
    working.work_fault_at = "20";
    EXPECT_EQ(run_pipeline(working.pipeline(), workers).error().message, "work");
    EXPECT_EQ(working.written, Numbers::all_to(21));

    Numbers writing;
    writing.count = 100;
    writing.write_fault_at = "30";
    EXPECT_EQ(run_pipeline(writing.pipeline(), workers).error().message, "write");
    EXPECT_EQ(writing.written, Numbers::all_to(30));
  }
}

}  // namespace
}  // namespace ml_inference
