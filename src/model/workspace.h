// SPDX-License-Identifier: MIT
// The memory that a prediction works in, kept from one to the next.
#pragma once

#include <cstddef>
#include <deque>
#include <span>
#include <vector>

namespace ml_inference {

/// Gives blocks of numbers and takes them back last one first, so that the steady state of a caller
/// that predicts again and again takes no memory from the system.
/// Threads: belongs to one thread.
class Workspace {
 public:
  /// A block, until it is destroyed. Its values are whatever they were.
  class Block {
   public:
    explicit Block(Workspace& workspace, std::size_t size)
        : workspace_(workspace), values_(workspace.take(size)) {}
    ~Block() { --workspace_.used_; }
    Block(const Block&) = delete;
    Block& operator=(const Block&) = delete;

    [[nodiscard]] std::span<double> values() const { return values_; }

   private:
    Workspace& workspace_;
    std::span<double> values_;
  };

  /// The bytes that it holds.
  [[nodiscard]] std::size_t size_bytes() const {
    std::size_t size = 0;
    for (const std::vector<double>& block : blocks_) size += block.capacity() * sizeof(double);
    return size;
  }

 private:
  std::span<double> take(std::size_t size) {
    // A deque: a new block leaves the others where they are.
    if (used_ == blocks_.size()) blocks_.emplace_back();
    std::vector<double>& block = blocks_[used_++];
    if (block.size() < size) block.resize(size);
    return std::span(block).first(size);
  }

  std::deque<std::vector<double>> blocks_;
  std::size_t used_ = 0;
};

}  // namespace ml_inference
