// SPDX-License-Identifier: MIT
#include "engines/walk_nodes.h"

#include "engines/key_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace ml_inference {
namespace {

std::size_t greatest_delta(const Forest& forest) {
  std::size_t greatest = 0;
  const std::span<const ForestNode> nodes = forest.nodes();
  for (std::size_t index = 0; index < nodes.size(); ++index) {
    if (!nodes[index].is_leaf()) greatest = std::max(greatest, nodes[index].left() - index);
  }
  return greatest;
}

}  // namespace

template <class Feature>
Result<WalkNodes> WalkNodes::make(const Forest& forest, const KeyColumns<Feature>& columns,
                                  const std::function<std::uint32_t(std::size_t)>& entry_of) {
  WalkNodes walk;
  walk.column_count_ = static_cast<std::uint32_t>(columns.column_count());
  walk.first_categorical_ = static_cast<std::uint32_t>(columns.first_categorical());
  // Not all of the 32: a shift by as many is none.
  walk.delta_bits_ =
      static_cast<std::uint32_t>(std::min(31, std::countl_zero(walk.column_count_ - 1)));
  if (const std::size_t delta = greatest_delta(forest); delta >> walk.delta_bits_ != 0) {
    return fail(Code::resource_exhausted,
                fmt::format("a child lies {} nodes behind its parent, and with {} columns there is "
                            "room for {} in a node of 8 bytes",
                            delta, walk.column_count_, (1U << walk.delta_bits_) - 1));
  }
  walk.depth_ = static_cast<std::uint32_t>(forest.depth());
  walk.tree_count_ = forest.tree_count();
  walk.roots_.assign(forest.roots().begin(), forest.roots().end());
  if (!walk.roots_.empty()) {
    const std::size_t groups = (walk.tree_count_ + kWalkGroupSize - 1) / kWalkGroupSize;
    walk.roots_.resize(groups * kWalkGroupSize, walk.roots_.back());
  }
  walk.nodes_ = AlignedArray<WalkNode>(forest.nodes().size());
  for (std::size_t index = 0; index < forest.nodes().size(); ++index) {
    const ForestNode& node = forest.nodes()[index];
    WalkNode& made = walk.nodes_.data()[index];
    if (node.is_leaf()) {
      made = {.key = static_cast<std::int32_t>(entry_of(node.leaf())), .link = 0};
      continue;
    }
    const KeyTest test = columns.test_of(node);
    const auto delta = static_cast<std::uint32_t>(node.left() - index);
    made = {.key = test.key, .link = test.column << walk.delta_bits_ | delta};
  }
  return walk;
}

template Result<WalkNodes> WalkNodes::make(const Forest&, const KeyColumns<float>&,
                                           const std::function<std::uint32_t(std::size_t)>&);
template Result<WalkNodes> WalkNodes::make(const Forest&, const KeyColumns<double>&,
                                           const std::function<std::uint32_t(std::size_t)>&);

}  // namespace ml_inference
