// SPDX-License-Identifier: MIT
#include "formats/lightgbm/tree.h"

#include "formats/format_error.h"
#include "formats/lightgbm/numbers.h"
#include "formats/lightgbm/tree_check.h"
#include "model/limits.h"

#include <array>
#include <optional>
#include <string_view>

namespace ml_inference {
namespace {

enum Key : std::uint8_t {
  num_leaves,
  num_cat,
  split_feature,
  threshold,
  decision_type,
  left_child,
  right_child,
  leaf_value,
  cat_boundaries,
  cat_threshold,
  is_linear,
  leaf_const,
  num_features,
  leaf_features,
  leaf_coeff,
  shrinkage,
  key_count
};

constexpr std::array<std::string_view, key_count> kKeys{
    "num_leaves",     "num_cat",       "split_feature", "threshold",
    "decision_type",  "left_child",    "right_child",   "leaf_value",
    "cat_boundaries", "cat_threshold", "is_linear",     "leaf_const",
    "num_features",   "leaf_features", "leaf_coeff",    "shrinkage"};

// The texts of a tree, and how they become numbers.
class TreeText {
 public:
  TreeText(LightgbmLines& lines, std::size_t number, LightgbmMemory& memory)
      : number_(number), memory_(memory) {
    for (lines.next(); !lines.is_done(); lines.next()) {
      const std::string_view line = lines.line();
      if (!line.contains('=') || line.starts_with("Tree=")) break;
      keep(line);
    }
  }

  [[nodiscard]] bool has(Key key) const { return values_[key].has_value(); }

  [[nodiscard]] LightgbmPlace place(Key key) const { return {.key = kKeys[key], .tree = number_}; }

  [[nodiscard]] std::string_view text(Key key) const {
    if (!has(key)) refuse(Code::data_loss, "lightgbm: tree {} has no {}", number_, kKeys[key]);
    return *values_[key];
  }

  // One number; `otherwise` where the key is missing.
  template <class T>
  [[nodiscard]] T number(Key key, T otherwise) const {
    if (!has(key)) return otherwise;
    std::string_view rest = text(key);
    const T value = read_number<T>(take_word(rest), place(key));
    if (!take_word(rest).empty()) refuse_count(text(key), 1, place(key));
    return value;
  }

  template <class T>
  [[nodiscard]] std::vector<T> list(Key key, std::size_t count) const {
    check_room(text(key), count, place(key));
    memory_.take_list(count, sizeof(T));
    std::vector<T> out(count);
    read_numbers<T>(text(key), count, place(key), [&](std::size_t i, T value) { out[i] = value; });
    return out;
  }

  // One member of each node.
  template <class T>
  void members(Key key, std::vector<LightgbmNode>& nodes, T LightgbmNode::* member) const {
    read_numbers<T>(text(key), nodes.size(), place(key),
                    [&](std::size_t node, T value) { nodes[node].*member = value; });
  }

 private:
  void keep(std::string_view line) {
    const auto [key, value] = split_key(line);
    for (std::size_t index = 0; index < key_count; ++index) {
      if (key != kKeys[index]) continue;
      if (values_[index]) {
        refuse(Code::invalid_argument, "lightgbm: tree {}: {} stands twice", number_, key);
      }
      values_[index] = value;
    }
  }

  std::size_t number_;
  LightgbmMemory& memory_;
  std::array<std::optional<std::string_view>, key_count> values_;
};

std::size_t read_leaf_count(const TreeText& text) {
  const auto count = read_number<std::uint32_t>(text.text(num_leaves), text.place(num_leaves));
  if (count < 1) {
    refuse(Code::invalid_argument, "lightgbm: {} is 0, expected at least 1",
           text.place(num_leaves).text());
  }
  if (count > kNodeCountMax) {
    refuse(Code::resource_exhausted, "lightgbm: {} is {}, expected at most {}",
           text.place(num_leaves).text(), count, kNodeCountMax);
  }
  return count;
}

std::vector<LightgbmNode> read_nodes(const TreeText& text, std::size_t count,
                                     LightgbmMemory& memory) {
  check_room(text.text(split_feature), count, text.place(split_feature));
  memory.take_list(count, sizeof(LightgbmNode));
  std::vector<LightgbmNode> nodes(count);
  text.members(split_feature, nodes, &LightgbmNode::split_feature);
  text.members(threshold, nodes, &LightgbmNode::threshold);
  text.members(decision_type, nodes, &LightgbmNode::decision_type);
  text.members(left_child, nodes, &LightgbmNode::left_child);
  text.members(right_child, nodes, &LightgbmNode::right_child);
  return nodes;
}

void read_category_sets(const TreeText& text, LightgbmTree& tree) {
  const auto count = read_number<std::uint32_t>(text.text(num_cat), text.place(num_cat));
  if (count == 0) return;
  const LightgbmPlace place = text.place(cat_boundaries);
  tree.cat_boundaries = text.list<std::uint32_t>(cat_boundaries, std::size_t{count} + 1);
  if (tree.cat_boundaries.front() != 0) {
    refuse(Code::invalid_argument, "lightgbm: {} begins with {}, expected 0", place.text(),
           tree.cat_boundaries.front());
  }
  std::uint32_t before = 0;
  for (const std::uint32_t boundary : tree.cat_boundaries) {
    if (boundary < before) {
      refuse(Code::invalid_argument, "lightgbm: {} has {} behind {}, expected an ascent",
             place.text(), boundary, before);
    }
    before = boundary;
  }
  tree.cat_threshold = text.list<std::uint32_t>(cat_threshold, before);
}

void read_linear_leaves(const TreeText& text, LightgbmTree& tree) {
  const std::size_t leaf_count = tree.num_leaves();
  tree.leaf_const = text.list<double>(leaf_const, leaf_count);
  tree.leaf_ends = text.list<std::uint32_t>(num_features, leaf_count);
  std::uint64_t end = 0;
  for (std::uint32_t& leaf : tree.leaf_ends) {
    end += leaf;
    if (end > kLeafValueCountMax) {
      refuse(Code::resource_exhausted, "lightgbm: {} adds up to more than {}",
             text.place(num_features).text(), kLeafValueCountMax);
    }
    leaf = static_cast<std::uint32_t>(end);
  }
  tree.leaf_features = text.list<std::uint32_t>(leaf_features, end);
  tree.leaf_coeff = text.list<double>(leaf_coeff, end);
}

}  // namespace

LightgbmTree read_lightgbm_tree(LightgbmLines& lines, std::size_t number, const LightgbmFile& file,
                                LightgbmMemory& memory) {
  const TreeText text(lines, number, memory);
  if (!text.has(num_cat)) {
    refuse(Code::unimplemented,
           "lightgbm: tree {} has no num_cat: files of LightGBM before 2.0.5 are not read", number);
  }
  const std::size_t leaf_count = read_leaf_count(text);
  LightgbmTree tree;
  tree.leaf_value = text.list<double>(leaf_value, leaf_count);
  tree.shrinkage = text.number<double>(shrinkage, 1);
  // Trees of one leaf do not have the other lists in some versions, and empty ones in others.
  if (leaf_count > 1) {
    tree.nodes = read_nodes(text, leaf_count - 1, memory);
    read_category_sets(text, tree);
  }
  tree.is_linear = text.number<std::uint32_t>(is_linear, 0) != 0;
  if (tree.is_linear) read_linear_leaves(text, tree);
  check_lightgbm_tree(tree, number, file.max_feature_idx, memory);
  return tree;
}

}  // namespace ml_inference
