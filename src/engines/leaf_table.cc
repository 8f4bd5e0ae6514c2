// SPDX-License-Identifier: MIT
#include "engines/leaf_table.h"

namespace ml_inference {
namespace {

// So few leaves may take more memory than they need, where they are all different.
constexpr std::size_t kFewLeafCount = 16'384;

}  // namespace

template <class Sum>
LeafTable<Sum>::LeafTable(const Forest& forest) : width_(forest.leaf_width()), stride_(width_) {
  const bool are_few = forest.leaves().are_shared() || forest.leaf_count() <= kFewLeafCount;
  if (width_ > 1 && are_few) {
    share(forest.leaves());
    return;
  }
  values_.reserve(forest.leaf_count() * width_);
  for (std::size_t leaf = 0; leaf < forest.leaf_count(); ++leaf) append(forest.leaf_values(leaf));
}

template <class Sum>
LeafTable<Sum>::LeafTable(const Forest& forest, std::span<const std::uint32_t> order)
    : width_(forest.leaf_width()), stride_(width_), entries_(forest.leaf_count(), 0) {
  values_.reserve(order.size() * width_);
  for (std::size_t entry = 0; entry < order.size(); ++entry) {
    append(forest.leaf_values(order[entry]));
    entries_[order[entry]] = static_cast<std::uint32_t>(entry);
  }
}

template <class Sum>
void LeafTable<Sum>::share(const SharedLeaves& leaves) {
  const std::size_t multiple = width_ > 4 ? 8 : width_ > 2 ? 4 : width_;
  stride_ = (width_ + multiple - 1) / multiple * multiple;
  values_.reserve(leaves.entry_count() * stride_);
  for (std::size_t entry = 0; entry < leaves.entry_count(); ++entry) append(leaves.of_entry(entry));
  entries_.reserve(leaves.leaf_count());
  for (std::size_t leaf = 0; leaf < leaves.leaf_count(); ++leaf) {
    entries_.push_back(leaves.entry_of(leaf));
  }
}

template <class Sum>
void LeafTable<Sum>::append(std::span<const double> values) {
  for (const double value : values) values_.push_back(static_cast<Sum>(value));
  values_.resize(values_.size() + stride_ - width_, Sum{0});
}

template class LeafTable<float>;
template class LeafTable<double>;

}  // namespace ml_inference
