// SPDX-License-Identifier: MIT
#include "engines/select_forest.h"

#include "base/assert.h"
#include "engines/key_columns.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <utility>

namespace ml_inference {
namespace {

constexpr std::int32_t kRankCount = 255;  // of a byte column: one key more than tests
constexpr std::int32_t kLeastByte = std::numeric_limits<std::int8_t>::min();

// How many of `sorted` are below the key.
std::int32_t rank_of(std::span<const std::int32_t> sorted, std::int32_t key) {
  const std::int32_t* first = sorted.data();
  std::size_t count = sorted.size();
  while (count > 1) {
    const std::size_t half = count / 2;
    first += first[half - 1] < key ? half : 0;
    count -= half;
  }
  const auto before = static_cast<std::int32_t>(first - sorted.data());
  return count == 1 && *first < key ? before + 1 : before;
}

}  // namespace

template <class Feature>
class SelectForest::Maker {
 public:
  Maker(const Forest& forest, const KeyColumns<Feature>& columns)
      : forest_(forest), columns_(columns) {}

  std::optional<SelectForest> make() {
    if (!trees_are_small()) return std::nullopt;
    add_numerical_columns();
    for (const ForestNode& node : forest_.nodes()) {
      if (!node.is_leaf() && node.is_categorical()) add_categorical_column(node);
      if (made_.byte_columns_.size() > kByteColumnCountMax) return std::nullopt;
    }
    if (made_.byte_columns_.size() > kByteColumnCountMax) return std::nullopt;
    for (std::size_t tree = 0; tree < forest_.tree_count(); ++tree) {
      first_leaf_ = first_leaf_of(tree);
      free_results_.clear();
      for (std::size_t result = kSelectResultCountMax; result-- > 0;) {
        free_results_.push_back(static_cast<std::uint8_t>(result * 8));
      }
      add_tree(forest_.roots()[tree]);
      made_.test_ends_.push_back(static_cast<std::uint32_t>(made_.tests_.size()));
      made_.first_leaves_.push_back(static_cast<std::uint32_t>(first_leaf_));
    }
    return std::move(made_);
  }

 private:
  [[nodiscard]] std::size_t end_of(std::size_t tree) const {
    return tree + 1 < forest_.tree_count() ? forest_.roots()[tree + 1] : forest_.nodes().size();
  }

  bool trees_are_small() const {
    for (std::size_t tree = 0; tree < forest_.tree_count(); ++tree) {
      if (end_of(tree) - forest_.roots()[tree] >= 2 * kSelectLeafCountMax) return false;
    }
    return true;
  }

  std::size_t first_leaf_of(std::size_t tree) const {
    std::size_t node = forest_.roots()[tree];
    while (!forest_.nodes()[node].is_leaf()) ++node;
    return forest_.nodes()[node].leaf();
  }

  void add_numerical_columns() {
    std::vector<std::vector<std::int32_t>> keys(columns_.first_categorical());
    for (const ForestNode& node : forest_.nodes()) {
      if (node.is_leaf() || node.is_categorical()) continue;
      const KeyTest test = columns_.test_of(node);
      keys[test.column].push_back(test.key);
    }
    first_bytes_.resize(keys.size());
    for (std::size_t column = 1; column < keys.size(); ++column) add_column(column, keys[column]);
  }

  void add_column(std::size_t column, std::vector<std::int32_t>& keys) {
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

  void add_categorical_column(const ForestNode& node) {
    const KeyTest test = columns_.test_of(node);
    const auto [place, is_new] =
        set_bytes_.emplace(std::pair(test.column, test.key), made_.byte_columns_.size());
    if (!is_new) return;
    made_.byte_columns_.push_back({.key_column = test.column,
                                   .first = test.key,
                                   .is_categorical = true,
                                   .ranks_begin = 0,
                                   .ranks_end = 0});
  }

  // The place of the node's result, behind the tests that it needs. The side that needs more places
  // comes first: then a tree of n leaves needs no more than log2(n) + 1.
  std::uint16_t add_tree(std::size_t index) {
    const ForestNode& node = forest_.nodes()[index];
    if (node.is_leaf()) return static_cast<std::uint16_t>((node.leaf() - first_leaf_) * 8);
    const bool right_first = places_needed(node.right()) > places_needed(node.left());
    std::uint16_t right = right_first ? add_tree(node.right()) : 0;
    const std::uint16_t left = add_tree(node.left());
    if (!right_first) right = add_tree(node.right());
    free(left);
    free(right);
    SelectTest test = byte_test(node);
    test.left = left;
    test.right = right;
    ASSERT(!free_results_.empty());
    test.result = free_results_.back();
    free_results_.pop_back();
    made_.tests_.push_back(test);
    return static_cast<std::uint16_t>(kSelectLeafCountMax * 8 + test.result);
  }

  void free(std::uint16_t place) {
    if (place < kSelectLeafCountMax * 8) return;
    free_results_.push_back(static_cast<std::uint8_t>(place - kSelectLeafCountMax * 8));
  }

  std::size_t places_needed(std::size_t index) const {
    const ForestNode& node = forest_.nodes()[index];
    if (node.is_leaf()) return 0;
    const std::size_t left = places_needed(node.left());
    const std::size_t right = places_needed(node.right());
    return left == right ? left + 1 : std::max(left, right);
  }

  SelectTest byte_test(const ForestNode& node) const {
    const KeyTest test = columns_.test_of(node);
    if (node.is_categorical()) {
      const std::size_t column = set_bytes_.at({test.column, test.key});
      return {.column = static_cast<std::uint16_t>(column * 8)};
    }
    const std::size_t first = first_bytes_[test.column];
    const auto& byte_column = made_.byte_columns_[first];
    const std::span<const std::int32_t> ranked =
        std::span(made_.ranked_keys_)
            .subspan(byte_column.ranks_begin, byte_column.ranks_end - byte_column.ranks_begin);
    const std::int32_t rank = rank_of(ranked, test.key);
    const std::size_t column = first + static_cast<std::size_t>(rank / kRankCount);
    return {.column = static_cast<std::uint16_t>(column * 8),
            .key = static_cast<std::int8_t>(kLeastByte + rank % kRankCount)};
  }

  const Forest& forest_;
  const KeyColumns<Feature>& columns_;
  SelectForest made_;
  std::vector<std::size_t> first_bytes_;  // by numerical column
  std::map<std::pair<std::uint32_t, std::int32_t>, std::size_t> set_bytes_;
  std::size_t first_leaf_ = 0;
  std::vector<std::uint8_t> free_results_;
};

template <class Feature>
std::optional<SelectForest> SelectForest::make(const Forest& forest,
                                               const KeyColumns<Feature>& columns) {
  return Maker<Feature>(forest, columns).make();
}

void SelectForest::byte_keys(const std::int32_t* keys, std::span<const std::uint32_t> set_words,
                             std::int8_t* bytes) const {
  std::array<std::int32_t, kBlockRowCount> ranks;
  for (const ByteColumn& column : byte_columns_) {
    const std::int32_t* const key = keys + column.key_column * kBlockRowCount;
    if (column.is_categorical) {
      for (std::size_t row = 0; row < kBlockRowCount; ++row) {
        const std::uint32_t word = set_words[static_cast<std::size_t>(column.first + key[row] / 32)];
        bytes[row] = static_cast<std::int8_t>(1 - (word >> (key[row] % 32) & 1));
      }
    } else {
      if (column.first == 0) {
        count_below(&ranked_keys_[column.ranks_begin], column.ranks_end - column.ranks_begin, key,
                    ranks.data());
      }
      narrow_ranks(ranks.data(), column.first, bytes);
    }
    bytes += kBlockRowCount;
  }
}

std::size_t SelectForest::memory_size() const {
  return std::span(byte_columns_).size_bytes() + std::span(ranked_keys_).size_bytes() +
         std::span(tests_).size_bytes() + std::span(test_ends_).size_bytes() +
         std::span(first_leaves_).size_bytes();
}

template std::optional<SelectForest> SelectForest::make(const Forest&, const KeyColumns<float>&);
template std::optional<SelectForest> SelectForest::make(const Forest&, const KeyColumns<double>&);

}  // namespace ml_inference
