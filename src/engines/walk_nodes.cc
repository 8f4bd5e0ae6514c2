// SPDX-License-Identifier: MIT
#include "engines/walk_nodes.h"

#include "engines/key_columns.h"
#include "engines/tree_tops.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <vector>

namespace ml_inference {
namespace {

constexpr std::size_t kPairsOfLine = 64 / (2 * sizeof(WalkNode));

// Chooses where the nodes of a forest stand: siblings side by side, and with them as many of their
// descendants as one line of the cache holds. A walk then finds two or three levels in a line,
// where level after level it would find one.
class Order {
 public:
  explicit Order(const Forest& forest) : forest_(forest), places_(forest.nodes().size()) {
    for (const std::uint32_t root : forest.roots()) add_tree(root);
  }

  // By node of the forest.
  [[nodiscard]] const std::vector<std::uint32_t>& places() const { return places_; }

  // Places, with those that stay empty beside roots.
  [[nodiscard]] std::size_t size() const { return next_; }

  [[nodiscard]] std::size_t greatest_delta() const {
    std::size_t greatest = 0;
    const std::span<const ForestNode> nodes = forest_.nodes();
    for (std::size_t index = 0; index < nodes.size(); ++index) {
      if (nodes[index].is_leaf()) continue;
      greatest = std::max<std::size_t>(greatest, places_[nodes[index].left()] - places_[index]);
    }
    return greatest;
  }

 private:
  void add_tree(std::size_t root) {
    places_[root] = static_cast<std::uint32_t>(next_);
    next_ += 2;
    waiting_.assign(1, root);
    while (!waiting_.empty()) {
      const std::size_t parent = waiting_.back();
      waiting_.pop_back();
      if (!forest_.nodes()[parent].is_leaf()) add_line(parent);
    }
  }

  // The children of a test, and further ones level by level while the line has room.
  void add_line(std::size_t parent) {
    line_.assign(1, parent);
    std::size_t taken = 0;
    for (std::size_t room = kPairsOfLine - next_ / 2 % kPairsOfLine; room > 0; --room) {
      while (taken < line_.size() && forest_.nodes()[line_[taken]].is_leaf()) ++taken;
      if (taken == line_.size()) return;
      const ForestNode& test = forest_.nodes()[line_[taken++]];
      places_[test.left()] = static_cast<std::uint32_t>(next_);
      places_[test.right()] = static_cast<std::uint32_t>(next_ + 1);
      next_ += 2;
      line_.push_back(test.left());
      line_.push_back(test.right());
    }
    while (line_.size() > taken) {
      waiting_.push_back(line_.back());
      line_.pop_back();
    }
  }

  const Forest& forest_;
  std::vector<std::uint32_t> places_;
  std::size_t next_ = 0;
  std::vector<std::size_t> waiting_;  // tests whose children have no place yet
  std::vector<std::size_t> line_;     // likewise, of the current line; before `taken` they have
};

}  // namespace

template <class Feature>
Result<WalkNodes> WalkNodes::make(const Forest& forest, const KeyColumns<Feature>& columns,
                                  const std::function<std::uint32_t(std::size_t)>& entry_of,
                                  TreeTops& tops) {
  WalkNodes walk;
  walk.column_count_ = static_cast<std::uint32_t>(columns.column_count());
  walk.first_categorical_ = static_cast<std::uint32_t>(columns.first_categorical());
  // Not all of the 32: a shift by as many is none.
  walk.delta_bits_ =
      static_cast<std::uint32_t>(std::min(31, std::countl_zero(walk.column_count_ - 1)));
  const Order order(forest);
  const std::span<const std::uint32_t> places = order.places();
  if (const std::size_t delta = order.greatest_delta(); delta >> walk.delta_bits_ != 0) {
    return fail(Code::resource_exhausted,
                fmt::format("a child lies {} nodes behind its parent, and with {} columns there is "
                            "room for {} in a node of 8 bytes",
                            delta, walk.column_count_, (1U << walk.delta_bits_) - 1));
  }
  walk.depth_ = static_cast<std::uint32_t>(forest.depth());
  walk.tree_count_ = forest.tree_count();
  for (const std::uint32_t root : forest.roots()) walk.roots_.push_back(places[root]);
  if (!walk.roots_.empty()) {
    const std::size_t groups = (walk.tree_count_ + kWalkGroupSize - 1) / kWalkGroupSize;
    walk.roots_.resize(groups * kWalkGroupSize, walk.roots_.back());
  }
  walk.nodes_ = AlignedArray<WalkNode>(order.size());
  std::ranges::fill(walk.nodes_.span(), WalkNode{.key = 0, .link = 0});
  for (std::size_t index = 0; index < forest.nodes().size(); ++index) {
    const ForestNode& node = forest.nodes()[index];
    WalkNode& made = walk.nodes_.data()[places[index]];
    if (node.is_leaf()) {
      made.key = static_cast<std::int32_t>(entry_of(node.leaf()));
      continue;
    }
    const KeyTest test = columns.test_of(node);
    made = {.key = test.key,
            .link = test.column << walk.delta_bits_ | (places[node.left()] - places[index])};
  }
  tops.move_exits(places);
  return walk;
}

void WalkNodes::prefetch(std::size_t tree, std::size_t part, std::size_t part_count) const {
  if (tree >= tree_count_) return;
  const std::size_t begin = roots_[tree];
  const std::size_t end = tree + 1 < tree_count_ ? roots_[tree + 1] : nodes_.size();
  const std::size_t size = (end - begin + part_count - 1) / part_count;
  constexpr std::size_t kNodesOfLine = 2 * kPairsOfLine;
  constexpr int kSecondLevelCache = 2;
  for (std::size_t node = begin + part * size; node < std::min(begin + (part + 1) * size, end);
       node += kNodesOfLine) {
    __builtin_prefetch(&nodes_.data()[node], 0, kSecondLevelCache);
  }
}

template Result<WalkNodes> WalkNodes::make(const Forest&, const KeyColumns<float>&,
                                           const std::function<std::uint32_t(std::size_t)>&,
                                           TreeTops&);
template Result<WalkNodes> WalkNodes::make(const Forest&, const KeyColumns<double>&,
                                           const std::function<std::uint32_t(std::size_t)>&,
                                           TreeTops&);

}  // namespace ml_inference
