// SPDX-License-Identifier: MIT
// The values of a forest's leaves.
#pragma once

#include "base/large_pages.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ml_inference {

/// So many numbers for each leaf. Leaves of several numbers that are equal, bit by bit, share an
/// entry: most leaves of a grown classification forest name one class alone, and a few kilobytes
/// then stand for a hundred megabytes. Where few are equal, each has an entry of its own.
/// Threads: one while it is filled; any number may read it.
class SharedLeaves {
 public:
  /// width  numbers of a leaf, at least 1.
  explicit SharedLeaves(std::size_t width = 1) : width_(width), are_shared_(width > 1) {}

  [[nodiscard]] std::size_t width() const { return width_; }
  [[nodiscard]] std::size_t leaf_count() const {
    return are_shared_ ? entries_.size() : values_.size() / width_;
  }

  /// Entries are numbered in the order in which they were met; a leaf's own number where nothing is
  /// shared.
  [[nodiscard]] bool are_shared() const { return are_shared_; }
  [[nodiscard]] std::size_t entry_count() const { return values_.size() / width_; }
  [[nodiscard]] std::uint32_t entry_of(std::size_t leaf) const {
    return are_shared_ ? entries_[leaf] : static_cast<std::uint32_t>(leaf);
  }
  [[nodiscard]] std::span<const double> of_entry(std::size_t entry) const {
    return std::span(values_).subspan(entry * width_, width_);
  }

  /// The width() numbers of a leaf.
  [[nodiscard]] std::span<const double> of(std::size_t leaf) const {
    return of_entry(entry_of(leaf));
  }

  /// Takes memory for so many leaves, of which no more is used than they need.
  void reserve(std::size_t leaf_count);

  /// The next leaf.
  void add(std::span<const double> values);

  /// Those behind `first` anew: leaf first + i is the one that had the number order[i].
  void reorder(std::size_t first, std::span<const std::uint32_t> order);

  /// Ends add() and reorder(): what it needs is in memory no more.
  void finish();

  /// In bytes.
  [[nodiscard]] std::size_t memory_size() const {
    return std::span(values_).size_bytes() + std::span(entries_).size_bytes();
  }

  /// Whether all leaves are equal as numbers, however they are kept.
  bool operator==(const SharedLeaves& other) const;

 private:
  // An entry in the hash table; `hash` has the bits that are not its place.
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t entry = kNone;
  };
  static constexpr std::uint32_t kNone = 0xffffffff;

  [[nodiscard]] std::uint32_t share(std::span<const double> values);
  [[nodiscard]] std::uint32_t append(std::span<const double> values);
  void grow_slots();
  void stop_sharing();

  std::size_t width_;
  bool are_shared_;
  LargeVector<double> values_;          // [entry_count, width]
  LargeVector<std::uint32_t> entries_;  // by leaf; empty where nothing is shared
  std::vector<Slot> slots_;             // a power of two, or none
  std::vector<double> moved_values_;    // scratch of reorder()
  std::vector<std::uint32_t> moved_entries_;
};

}  // namespace ml_inference
