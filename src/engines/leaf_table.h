// SPDX-License-Identifier: MIT
// The leaves of a forest as engines add them up.
#pragma once

#include "model/forest.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ml_inference {

/// The values of leaves, in the type that sums are carried in. Leaves that share an entry in the
/// forest may share one here.
/// Sum      float or double, as the forest's sum_type says.
/// Threads: immutable.
template <class Sum>
class LeafTable {
 public:
  /// With equal leaves shared where many are.
  explicit LeafTable(const Forest& forest);

  /// With one entry for each place in `order`.
  /// order  leaves of the forest, each once or more often.
  LeafTable(const Forest& forest, std::span<const std::uint32_t> order);

  /// An entry of a leaf.
  [[nodiscard]] std::uint32_t entry_of(std::size_t leaf) const {
    return entries_.empty() ? static_cast<std::uint32_t>(leaf) : entries_[leaf];
  }

  /// The forest's leaf_width() values of an entry, and zeros up to stride().
  [[nodiscard]] const Sum* values(std::size_t entry) const { return &values_[entry * stride_]; }

  [[nodiscard]] std::size_t width() const { return width_; }

  /// From one entry to the next. Where entries are shared, and few therefore, the next multiple of
  /// 4 or, from 5 on, of 8.
  [[nodiscard]] std::size_t stride() const { return stride_; }

  /// Ends entry_of(): what it needs is in memory no more.
  void forget_leaves() { entries_ = {}; }

  [[nodiscard]] std::size_t memory_size() const {
    return std::span(values_).size_bytes() + std::span(entries_).size_bytes();
  }

 private:
  void share(const SharedLeaves& leaves);
  void append(std::span<const double> values);

  std::size_t width_;
  std::size_t stride_;
  std::vector<Sum> values_;             // [entry_count, stride]
  std::vector<std::uint32_t> entries_;  // by leaf; empty where they are the leaves' numbers
};

extern template class LeafTable<float>;
extern template class LeafTable<double>;

}  // namespace ml_inference
