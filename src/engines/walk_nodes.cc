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
  explicit Order(const Forest& forest) : forest_(forest), places_(forest.nodes().size()) {}

  // Tree after tree, so that what else is done with a tree finds it in the cache. Beside its root a
  // place stays empty.
  void add_tree(std::size_t root) {
    set_place(root, next_);
    next_ += 2;
    waiting_.assign(1, root);
    while (!waiting_.empty()) {
      const std::size_t parent = waiting_.back();
      waiting_.pop_back();
      if (!forest_.nodes()[parent].is_leaf()) add_line(parent);
    }
  }

  // By node of the forest, of those trees that were added.
  [[nodiscard]] std::span<const std::uint32_t> places() const { return places_.span(); }

 private:
  void set_place(std::size_t node, std::size_t place) {
    places_.data()[node] = static_cast<std::uint32_t>(place);
  }

  // The children of a test, and further ones level by level while the line has room.
  void add_line(std::size_t parent) {
    line_.assign(1, parent);
    std::size_t taken = 0;
    for (std::size_t room = kPairsOfLine - next_ / 2 % kPairsOfLine; room > 0; --room) {
      while (taken < line_.size() && forest_.nodes()[line_[taken]].is_leaf()) ++taken;
      if (taken == line_.size()) return;
      const ForestNode& test = forest_.nodes()[line_[taken++]];
      set_place(test.left(), next_);
      set_place(test.right(), next_ + 1);
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
  AlignedArray<std::uint32_t> places_;
  std::size_t next_ = 0;
  std::vector<std::size_t> waiting_;  // tests whose children have no place yet
  std::vector<std::size_t> line_;     // likewise, of the current line; before `taken` they have
};

std::size_t end_of_tree(const Forest& forest, std::size_t tree) {
  return tree + 1 < forest.tree_count() ? forest.roots()[tree + 1] : forest.nodes().size();
}

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
  walk.depth_ = static_cast<std::uint32_t>(forest.depth());
  walk.tree_count_ = forest.tree_count();
  walk.nodes_ = AlignedArray<WalkNode>(forest.nodes().size() + forest.tree_count());
  Order order(forest);
  const std::span<const std::uint32_t> places = order.places();
  std::size_t greatest_delta = 0;
  for (std::size_t tree = 0; tree < forest.tree_count(); ++tree) {
    const std::size_t begin = forest.roots()[tree];
    order.add_tree(begin);
    walk.roots_.push_back(places[begin]);
    walk.nodes_.data()[places[begin] + 1] = {.key = 0, .link = 0};
    for (std::size_t index = begin; index < end_of_tree(forest, tree); ++index) {
      const ForestNode& node = forest.nodes()[index];
      WalkNode& made = walk.nodes_.data()[places[index]];
      if (node.is_leaf()) {
        made = {.key = static_cast<std::int32_t>(entry_of(node.leaf())), .link = 0};
        continue;
      }
      const KeyTest test = columns.test_of(node);
      const std::uint32_t delta = places[node.left()] - places[index];
      greatest_delta = std::max<std::size_t>(greatest_delta, delta);
      made = {.key = test.key, .link = test.column << walk.delta_bits_ | delta};
    }
  }
  if (greatest_delta >> walk.delta_bits_ != 0) {
    return fail(Code::resource_exhausted,
                fmt::format("a child lies {} nodes behind its parent, and with {} columns there is "
                            "room for {} in a node of 8 bytes",
                            greatest_delta, walk.column_count_, (1U << walk.delta_bits_) - 1));
  }
  if (!walk.roots_.empty()) {
    const std::size_t groups = (walk.tree_count_ + kWalkGroupSize - 1) / kWalkGroupSize;
    walk.roots_.resize(groups * kWalkGroupSize, walk.roots_.back());
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
