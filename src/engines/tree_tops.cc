// SPDX-License-Identifier: MIT
#include "engines/tree_tops.h"

#include "base/assert.h"
#include "engines/key_columns.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <map>
#include <utility>

namespace ml_inference {
namespace {

constexpr std::int32_t kRankCount = 255;  // of a byte column: one key more than tests
constexpr std::int32_t kLeastByte = std::numeric_limits<std::int8_t>::min();
constexpr std::size_t kFirstResult = kExitCountMax * kPlaceUnit;
constexpr std::uint32_t kLeftOfAll = 0x7f7f7f7fU;  // PathTest::keys

}  // namespace

template <class Feature>
class TreeTops::Maker {
 public:
  Maker(TreeTops& made, const Forest& forest, const KeyColumns<Feature>& columns)
      : made_(made), forest_(forest), columns_(columns), is_in_top_(forest.nodes().size(), false) {}

  // With fewer and fewer tests until the columns that they need are few enough.
  void make() {
    for (test_limit_ = kExitCountMax - 1;; test_limit_ /= 2) {
      choose_tests();
      if (sets_.size() > kSetColumnCountMax) {
        takes_sets_ = false;
        choose_tests();
      }
      add_byte_columns();
      if (made_.byte_columns_.size() <= kByteColumnCountMax) break;
    }
    for (std::size_t tree = 0; tree < forest_.tree_count(); ++tree) add_top(tree);
  }

 private:
  [[nodiscard]] std::size_t end_of(std::size_t tree) const {
    return tree + 1 < forest_.tree_count() ? forest_.roots()[tree + 1] : forest_.nodes().size();
  }

  void choose_tests() {
    sets_.clear();
    made_.are_whole_ = true;
    is_in_top_.assign(is_in_top_.size(), false);
    keys_.assign(columns_.first_categorical(), {});
    for (std::size_t tree = 0; tree < forest_.tree_count(); ++tree) choose_tests(tree);
  }

  // The tests with the most others below them: a tree that was grown until its leaves were small
  // has them where most rows come by.
  void choose_tests(std::size_t tree) {
    const std::size_t root = forest_.roots()[tree];
    const std::vector<std::uint32_t> test_counts = count_tests(root, end_of(tree));
    const std::size_t test_count = test_counts.front();
    const std::size_t limit =
        test_count <= test_limit_ ? test_count : std::min(test_limit_, kTopTestCountMax);
    // The first of equals.
    const auto is_less = [&](std::size_t one, std::size_t other) {
      const std::uint32_t less = test_counts[one - root];
      const std::uint32_t more = test_counts[other - root];
      return less == more ? one > other : less < more;
    };
    std::vector<std::size_t> reached(1, root);  // a heap
    std::size_t chosen = 0;
    while (!reached.empty() && chosen < limit) {
      std::ranges::pop_heap(reached, is_less);
      const std::size_t index = reached.back();
      reached.pop_back();
      const ForestNode& node = forest_.nodes()[index];
      if (node.is_leaf() || (node.is_categorical() && !takes_sets_)) continue;
      choose(node);
      is_in_top_[index] = true;
      ++chosen;
      for (const std::size_t child : {node.left(), node.right()}) {
        reached.push_back(child);
        std::ranges::push_heap(reached, is_less);
      }
    }
    if (chosen < test_count) made_.are_whole_ = false;
  }

  // In the subtree of each node of a tree.
  [[nodiscard]] std::vector<std::uint32_t> count_tests(std::size_t root, std::size_t end) const {
    std::vector<std::uint32_t> counts(end - root, 0);
    for (std::size_t index = end; index-- > root;) {
      const ForestNode& node = forest_.nodes()[index];
      if (node.is_leaf()) continue;
      counts[index - root] = 1 + counts[node.left() - root] + counts[node.right() - root];
    }
    return counts;
  }

  void choose(const ForestNode& node) {
    const KeyTest test = columns_.test_of(node);
    if (node.is_categorical()) {
      sets_.emplace(std::pair(test.column, test.key), 0);
    } else {
      keys_[test.column].push_back(test.key);
    }
  }

  void add_byte_columns() {
    made_.byte_columns_.clear();
    made_.ranked_keys_.clear();
    first_bytes_.resize(keys_.size());
    for (std::size_t column = 1; column < keys_.size(); ++column) add_numerical_columns(column);
    for (auto& [test, byte_column] : sets_) {
      byte_column = made_.byte_columns_.size();
      made_.byte_columns_.push_back({.key_column = test.first,
                                     .first = test.second,
                                     .is_categorical = true,
                                     .ranks_begin = 0,
                                     .ranks_end = 0});
    }
    keys_ = {};
  }

  void add_numerical_columns(std::size_t column) {
    std::vector<std::int32_t>& keys = keys_[column];
    std::ranges::sort(keys);
    const auto begin = static_cast<std::uint32_t>(made_.ranked_keys_.size());
    std::ranges::unique_copy(keys, std::back_inserter(made_.ranked_keys_));
    const auto end = static_cast<std::uint32_t>(made_.ranked_keys_.size());
    first_bytes_[column] = made_.byte_columns_.size();
    for (std::uint32_t first = begin; first < end; first += kRankCount) {
      made_.byte_columns_.push_back({.key_column = static_cast<std::uint32_t>(column),
                                     .first = static_cast<std::int32_t>(first - begin),
                                     .is_categorical = false,
                                     .ranks_begin = begin,
                                     .ranks_end = end});
    }
  }

  void add_top(std::size_t tree) {
    free_results_.clear();
    for (std::size_t result = kResultCountMax; result-- > 0;) {
      free_results_.push_back(static_cast<std::uint8_t>(result * kPlaceUnit));
    }
    const std::size_t root = forest_.roots()[tree];
    const std::size_t exits =
        made_.are_whole_ ? made_.leaf_order_.size() : made_.exit_nodes_.size();
    if (made_.are_whole_) {
      add_whole_tree(tree);
    } else {
      first_ = exits;
      add_node(root);
    }
    made_.tops_.push_back({.test_end = static_cast<std::uint32_t>(made_.tests_.size()),
                           .path_test_end = static_cast<std::uint32_t>(made_.path_tests_.size()),
                           .first = static_cast<std::uint32_t>(exits)});
  }

  void add_whole_tree(std::size_t tree) {
    const std::size_t root = forest_.roots()[tree];
    const std::size_t test_count = (end_of(tree) - root) / 2;
    const std::size_t depth = depth_below(root, kPathDepthMax + 1);
    const std::size_t completed = (std::size_t{1} << depth) - 1;
    // Linear leaves are known by the forest's numbers.
    if (depth <= kPathDepthMax && completed <= kCompletionMax * test_count &&
        forest_.linear_leaf_count() == 0) {
      return add_paths(root, depth);
    }
    first_ = first_leaf(root);
    for (std::size_t leaf = first_; leaf <= first_ + test_count; ++leaf) {
      made_.leaf_order_.push_back(static_cast<std::uint32_t>(leaf));
    }
    add_node(root);
  }

  // In tests, up to `limit`.
  [[nodiscard]] std::size_t depth_below(std::size_t index, std::size_t limit) const {
    const ForestNode& node = forest_.nodes()[index];
    if (node.is_leaf() || limit == 0) return 0;
    return 1 + std::max(depth_below(node.left(), limit - 1), depth_below(node.right(), limit - 1));
  }

  // A subtree with `depth` tests on every way. Below a leaf all rows go left, and the leaf stands
  // also where none of them come.
  void add_paths(std::size_t index, std::size_t depth) {
    const ForestNode& node = forest_.nodes()[index];
    if (depth == 0) {
      made_.leaf_order_.push_back(static_cast<std::uint32_t>(node.leaf()));
      return;
    }
    made_.path_tests_.push_back(node.is_leaf() ? PathTest{.keys = kLeftOfAll} : path_test(node));
    add_paths(node.is_leaf() ? index : node.left(), depth - 1);
    add_paths(node.is_leaf() ? index : node.right(), depth - 1);
  }

  [[nodiscard]] PathTest path_test(const ForestNode& node) const {
    const SelectTest test = byte_test(node);
    return {.keys = static_cast<std::uint8_t>(test.key) * 0x01010101U,
            .column = static_cast<std::uint32_t>(test.column / kPlaceUnit * kBlockRowCount)};
  }

  [[nodiscard]] std::size_t first_leaf(std::size_t root) const {
    while (!forest_.nodes()[root].is_leaf()) ++root;
    return forest_.nodes()[root].leaf();
  }

  // The place of the node's result, behind the tests that it needs. The side that needs more places
  // comes first: then n exits need no more than log2(n) + 1.
  std::uint16_t add_node(std::size_t index) {
    if (!is_in_top_[index]) return add_exit(index);
    const ForestNode& node = forest_.nodes()[index];
    const bool right_first = places_needed(node.right()) > places_needed(node.left());
    SelectTest test = byte_test(node);
    if (right_first) test.right = add_node(node.right());
    test.left = add_node(node.left());
    if (!right_first) test.right = add_node(node.right());
    free(test.left);
    free(test.right);
    ASSERT(!free_results_.empty());
    test.result = free_results_.back();
    free_results_.pop_back();
    made_.tests_.push_back(test);
    return static_cast<std::uint16_t>(kFirstResult + test.result);
  }

  std::uint16_t add_exit(std::size_t index) {
    std::size_t exit = 0;
    if (made_.are_whole_) {
      exit = forest_.nodes()[index].leaf() - first_;
    } else {
      exit = made_.exit_nodes_.size() - first_;
      made_.exit_nodes_.push_back(static_cast<std::uint32_t>(index));
    }
    return static_cast<std::uint16_t>(exit * kPlaceUnit);
  }

  void free(std::uint16_t place) {
    if (place >= kFirstResult)
      free_results_.push_back(static_cast<std::uint8_t>(place - kFirstResult));
  }

  [[nodiscard]] std::size_t places_needed(std::size_t index) const {
    if (!is_in_top_[index]) return 0;
    const ForestNode& node = forest_.nodes()[index];
    const std::size_t left = places_needed(node.left());
    const std::size_t right = places_needed(node.right());
    return left == right ? left + 1 : std::max(left, right);
  }

  [[nodiscard]] SelectTest byte_test(const ForestNode& node) const {
    const KeyTest test = columns_.test_of(node);
    if (node.is_categorical()) {
      const std::size_t column = sets_.at({test.column, test.key});
      return {.column = static_cast<std::uint16_t>(column * kPlaceUnit)};
    }
    const std::size_t first = first_bytes_[test.column];
    const std::span<const std::int32_t> ranks = made_.ranks_of(made_.byte_columns_[first]);
    const std::int64_t rank = std::ranges::lower_bound(ranks, test.key) - ranks.begin();
    const std::size_t column = first + static_cast<std::size_t>(rank / kRankCount);
    return {.column = static_cast<std::uint16_t>(column * kPlaceUnit),
            .key = static_cast<std::int8_t>(kLeastByte + rank % kRankCount)};
  }

  TreeTops& made_;
  const Forest& forest_;
  const KeyColumns<Feature>& columns_;

  std::size_t test_limit_ = 0;
  bool takes_sets_ = true;
  std::vector<bool> is_in_top_;                  // by node
  std::vector<std::vector<std::int32_t>> keys_;  // by numerical column, of the tests of all tops
  std::map<std::pair<std::uint32_t, std::int32_t>, std::size_t> sets_;  // their byte columns
  std::vector<std::size_t> first_bytes_;  // by numerical column, the first of its byte columns

  // Of the current tree:
  std::size_t first_ = 0;  // exit node, or of a whole tree the forest's number of its first leaf
  std::vector<std::uint8_t> free_results_;
};

template <class Feature>
TreeTops::TreeTops(const Forest& forest, const KeyColumns<Feature>& columns) {
  Maker<Feature>(*this, forest, columns).make();
}

void TreeTops::byte_keys(const std::int32_t* keys, std::size_t rows,
                         std::span<const std::uint32_t> set_words, std::int8_t* bytes) const {
  std::array<std::int32_t, kBlockRowCount> ranks;
  for (const ByteColumn& column : byte_columns_) {
    const std::int32_t* const key = keys + column.key_column * kBlockRowCount;
    if (column.is_categorical) {
      const std::uint32_t* const words = &set_words[static_cast<std::size_t>(column.first)];
      for (std::size_t row = 0; row < rows; ++row) {
        bytes[row] = static_cast<std::int8_t>(1 - (words[key[row] / 32] >> (key[row] % 32) & 1));
      }
    } else {
      // The ranks serve all byte columns of a key column, which follow each other.
      if (column.first == 0) count_below(ranks_of(column), key, rows, ranks.data());
      narrow_ranks(ranks.data(), rows, column.first, bytes);
    }
    bytes += kBlockRowCount;
  }
}

void TreeTops::move_exits(std::span<const std::uint32_t> places) {
  for (std::uint32_t& node : exit_nodes_) node = places[node];
}

std::size_t TreeTops::memory_size() const {
  return std::span(byte_columns_).size_bytes() + std::span(ranked_keys_).size_bytes() +
         std::span(tests_).size_bytes() + std::span(path_tests_).size_bytes() +
         std::span(leaf_order_).size_bytes() + std::span(exit_nodes_).size_bytes() +
         std::span(tops_).size_bytes();
}

template TreeTops::TreeTops(const Forest&, const KeyColumns<float>&);
template TreeTops::TreeTops(const Forest&, const KeyColumns<double>&);

}  // namespace ml_inference
