// SPDX-License-Identifier: MIT
#include "engines/leaf_table.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>
#include <unordered_map>

namespace ml_inference {
namespace {

// After so many leaves it is clear whether looking for equal ones pays.
constexpr std::size_t kTrialCount = 16'384;

std::string_view bytes_of(std::span<const double> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

}  // namespace

template <class Sum>
LeafTable<Sum>::LeafTable(const Forest& forest) : width_(forest.leaf_width()), stride_(width_) {
  if (width_ > 1) share(forest);
  if (!entries_.empty()) return;
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

// Leaves are equal when their bytes are. Gives up, with no entries, when few of the first are.
template <class Sum>
void LeafTable<Sum>::share(const Forest& forest) {
  const std::size_t multiple = width_ > 4 ? 8 : width_ > 2 ? 4 : width_;
  stride_ = (width_ + multiple - 1) / multiple * multiple;
  std::unordered_map<std::string_view, std::uint32_t> known;
  entries_.reserve(forest.leaf_count());
  for (std::size_t leaf = 0; leaf < forest.leaf_count(); ++leaf) {
    const std::span<const double> values = forest.leaf_values(leaf);
    const auto [entry, is_new] =
        known.emplace(bytes_of(values), static_cast<std::uint32_t>(known.size()));
    entries_.push_back(entry->second);
    if (!is_new) continue;
    append(values);
    if (leaf >= kTrialCount && known.size() > leaf / 4) return stop_sharing();
  }
  values_.shrink_to_fit();
}

template <class Sum>
void LeafTable<Sum>::stop_sharing() {
  stride_ = width_;
  entries_ = {};
  values_ = {};
}

template <class Sum>
void LeafTable<Sum>::append(std::span<const double> values) {
  for (const double value : values) values_.push_back(static_cast<Sum>(value));
  values_.resize(values_.size() + stride_ - width_, Sum{0});
}

template class LeafTable<float>;
template class LeafTable<double>;

}  // namespace ml_inference
