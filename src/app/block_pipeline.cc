// SPDX-License-Identifier: MIT
#include "app/block_pipeline.h"

#include "base/assert.h"
#include "base/bounded_queue.h"

#include <memory>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

struct NumberedBlock {
  WorkedBlock block;
  std::size_t number = 0;  // in the order of the file
  bool is_last = false;    // the end of the file, or a fault of reading it
};

// Blocks go round: free ones to the reader, read ones to a worker, worked ones to the writer. There
// are as many as each queue has room for, so that no push is ever refused but by a closed queue.
class Round {
 public:
  Round(const BlockPipeline& pipeline, std::size_t worker_count)
      : pipeline_(pipeline),
        block_count_(2 * worker_count + 2),
        free_(block_count_),
        read_(block_count_),
        worked_(block_count_),
        waiting_(block_count_) {
    for (std::size_t index = 0; index < block_count_; ++index) {
      push(free_, std::make_unique<NumberedBlock>());
    }
  }

  void read_all() {
    for (std::size_t number = 0;; ++number) {
      std::optional<Owned> taken = free_.pop();
      if (!taken) return;
      NumberedBlock& numbered = **taken;
      clear(numbered.block);
      numbered.number = number;
      const Result<bool> more = pipeline_.read(numbered.block.rows);
      if (!more) numbered.block.fault = more.error();
      numbered.is_last = !more || !*more;
      const bool is_last = numbered.is_last;
      push(is_last ? worked_ : read_, std::move(*taken));
      if (is_last) return read_.close();
    }
  }

  void work() {
    const BlockWork work_on = pipeline_.begin_worker();
    while (std::optional<Owned> taken = read_.pop()) {
      work_on((*taken)->block);
      push(worked_, std::move(*taken));
    }
  }

  Result<void> write_all() {
    for (std::size_t number = 0;;) {
      std::optional<Owned> taken = worked_.pop();
      ASSERT(taken.has_value());
      const std::size_t place = (*taken)->number % block_count_;
      waiting_[place] = std::move(*taken);
      while (Owned& next = waiting_[number % block_count_]) {
        RETURN_IF_ERROR(pipeline_.write(next->block));
        if (next->block.fault) return std::unexpected(*next->block.fault);
        if (next->is_last) return {};
        push(free_, std::move(next));
        ++number;
      }
    }
  }

  // Has every thread end.
  void close() {
    free_.close();
    read_.close();
    worked_.close();
    pipeline_.stop_reading();
  }

 private:
  using Owned = std::unique_ptr<NumberedBlock>;

  static void clear(WorkedBlock& block) {
    block.out.clear();
    block.row_count = 0;
    block.refused_count = 0;
    block.first_refusal.clear();
    block.fault.reset();
  }

  // A closed queue takes nothing: then the block is let go.
  static void push(BoundedQueue<Owned>& queue, Owned block) {
    [[maybe_unused]] const bool taken = queue.try_push(std::move(block));
  }

  const BlockPipeline& pipeline_;
  const std::size_t block_count_;
  BoundedQueue<Owned> free_;
  BoundedQueue<Owned> read_;
  BoundedQueue<Owned> worked_;
  std::vector<Owned> waiting_;  // the writer's: by number, modulo their count
};

}  // namespace

Result<void> run_pipeline(const BlockPipeline& pipeline, std::size_t worker_count) {
  ASSERT(worker_count > 0);
  Round round(pipeline, worker_count);
  std::vector<std::jthread> threads;
  try {
    threads.emplace_back([&round] { round.read_all(); });
    for (std::size_t worker = 0; worker < worker_count; ++worker) {
      threads.emplace_back([&round] { round.work(); });
    }
  } catch (const std::system_error& refusal) {
    // A reader and one worker do; less does not.
    if (threads.size() < 2) {
      round.close();
      return fail(Code::unavailable, std::string("the system gives no threads: ") + refusal.what());
    }
  }
  Result<void> done = round.write_all();
  round.close();
  return done;
}

}  // namespace ml_inference
