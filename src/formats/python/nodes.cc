// SPDX-License-Identifier: MIT
#include "formats/python/nodes.h"

#include <algorithm>

namespace ml_inference {

// The old place is lost to the arena; since each is at least twice the last, all of them together
// are smaller than the new one.
void NodeStore::append(NodeId to, NodeId child) {
  constexpr std::uint32_t kCapacityMin = 4;
  constexpr std::uint32_t kCapacityMax = std::uint32_t{1} << 31;
  NodeChildren& children = *at(to).children;
  if (children.size == children.capacity) {
    if (children.capacity == kCapacityMax) arena_.budget().take(static_cast<std::size_t>(-1));
    const std::uint32_t capacity = std::max(kCapacityMin, children.capacity * 2);
    const std::span<NodeId> ids = arena_.make<NodeId>(capacity);
    std::copy_n(children.ids, children.size, ids.data());
    children.ids = ids.data();
    children.capacity = capacity;
  }
  children.ids[children.size++] = child;
}

}  // namespace ml_inference
