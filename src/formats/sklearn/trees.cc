// SPDX-License-Identifier: MIT
#include "formats/sklearn/trees.h"

#include "formats/format_error.h"
#include "formats/python/arrays.h"
#include "model/limits.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace ml_inference {
namespace {

constexpr std::int64_t kNoChild = -1;

// The fields of some nodes that stand behind one another, each in an array of its own: taking them
// out of the records field by field is much quicker than record by record.
class NodeBlock {
 public:
  static constexpr std::size_t kSize = 256;  // 12 KiB, which stay in the cache

  explicit NodeBlock(const PyRecords& nodes)
      : size_(nodes.record_size()),
        left_(nodes.integer_field("left_child")),
        right_(nodes.integer_field("right_child")),
        feature_(nodes.integer_field("feature")),
        threshold_(nodes.field("threshold")),
        samples_(nodes.integer_field("n_node_samples")) {
    if (nodes.has("missing_go_to_left")) missing_ = nodes.integer_field("missing_go_to_left");
  }

  void read(const char* records, std::size_t count) {
    left_.integers(records, size_, std::span(left).first(count));
    right_.integers(records, size_, std::span(right).first(count));
    feature_.integers(records, size_, std::span(feature).first(count));
    threshold_.numbers(records, size_, std::span(threshold).first(count));
    samples_.integers(records, size_, std::span(samples).first(count));
    if (missing_) missing_->integers(records, size_, std::span(missing).first(count));
  }

  std::array<std::int64_t, kSize> left;
  std::array<std::int64_t, kSize> right;
  std::array<std::int64_t, kSize> feature;
  std::array<double, kSize> threshold;
  std::array<std::int64_t, kSize> samples;
  std::array<std::int64_t, kSize> missing{};  // whether NaN goes left; files up to 1.2 do not say

 private:
  std::size_t size_;
  PyField left_;
  PyField right_;
  PyField feature_;
  PyField threshold_;
  PyField samples_;
  std::optional<PyField> missing_;
};

// Reads one tree: first the nodes, then the values, in the order of the file.
class TreeReader {
 public:
  TreeReader(const PyValue& tree, std::string_view where, const TreeUse& use,
             ForestBuilder& builder, SklearnTreeScratch& scratch)
      : tree_(tree), where_(where), use_(use), builder_(builder), scratch_(scratch) {}

  void read() {
    if (class_of(tree_) != "sklearn.tree._tree.Tree") {
      refuse(Code::data_loss, "{} is {}, expected sklearn.tree._tree.Tree", where_,
             value_text(tree_));
    }
    read_nodes();
    check_arguments();
    read_values();
  }

 private:
  [[nodiscard]] std::string path(std::string_view attribute) const {
    return where_ + "." + std::string(attribute);
  }

  void read_nodes() {
    PyRecords nodes(attribute_of(tree_, "nodes", where_), path("nodes"));
    node_count_ = nodes.size();
    if (node_count_ == 0 || node_count_ > kNodeCountMax) {
      refuse(Code::data_loss, "{} has {} nodes, expected 1 to {}", where_, node_count_,
             kNodeCountMax);
    }
    builder_.start_tree(node_count_, use_.first_output);
    scratch_.depths.assign(node_count_, 0);
    scratch_.leaves.clear();
    NodeBlock block(nodes);
    std::size_t first = 0;
    nodes.for_each_block(NodeBlock::kSize, [&](const char* records, std::size_t count) {
      block.read(records, count);
      for (std::size_t index = 0; index < count; ++index) add_node(first + index, block, index);
      first += count;
    });
  }

  // What the tree was made with and what it holds say the same, or it is none of the library's.
  void check_arguments() const {
    if (const auto count = find_attribute(tree_, "node_count", where_)) {
      check_equal(path("node_count"), integer_of(*count, path("node_count")), node_count_);
    }
    const PyValue arguments = tree_.arguments();
    if (arguments.is_none() || arguments.size() != 3) return;
    const std::string class_path = where_ + " of n_classes";
    const std::vector<std::int64_t> class_counts = int64s_of(arguments.item(1), class_path);
    const PyValue values = array_of(attribute_of(tree_, "values", where_), path("values"));
    check_equal(where_ + " of n_outputs", integer_of(arguments.item(2), where_),
                class_counts.size());
    if (class_counts.empty()) refuse(Code::data_loss, "{} has no outputs", where_);
    check_shape(values,
                {static_cast<std::int64_t>(node_count_),
                 static_cast<std::int64_t>(class_counts.size()), std::ranges::max(class_counts)},
                path("values"));
  }

  static void check_equal(const std::string& where, std::int64_t got, std::size_t expected) {
    if (got == static_cast<std::int64_t>(expected)) return;
    refuse(Code::data_loss, "{} is {}, expected {}", where, got, expected);
  }

  void add_node(std::size_t node, const NodeBlock& block, std::size_t index) {
    const std::uint32_t depth = scratch_.depths[node];
    const std::int64_t left = block.left[index];
    if (left == kNoChild) {
      scratch_.leaves.push_back({.node = static_cast<std::uint32_t>(node),
                                 .depth = depth,
                                 .sample_count = static_cast<double>(block.samples[index])});
      return;
    }
    const std::int64_t right = block.right[index];
    builder_.numerical_test(node, {.feature = feature_of(block.feature[index]),
                                   .threshold = block.threshold[index],
                                   .left = static_cast<std::size_t>(left),
                                   .right = static_cast<std::size_t>(right),
                                   .missing_goes_left = block.missing[index] != 0});
    for (const std::int64_t child : {left, right}) {
      // What lies elsewhere the builder refuses.
      if (child > 0 && static_cast<std::size_t>(child) < node_count_) {
        scratch_.depths[static_cast<std::size_t>(child)] = depth + 1;
      }
    }
  }

  [[nodiscard]] std::size_t feature_of(std::int64_t feature) const {
    const auto index = static_cast<std::size_t>(feature);
    if (use_.features.empty()) return index;  // the builder refuses what does not exist
    if (index >= use_.features.size()) {
      refuse(Code::data_loss, "{}: feature {}, expected 0 to {}", where_, feature,
             use_.features.size() - 1);
    }
    return use_.features[index];
  }

  void read_values() {
    const PyValue array = array_of(attribute_of(tree_, "values", where_), path("values"));
    check_shape(array, {static_cast<std::int64_t>(node_count_), -1, -1}, path("values"));
    const std::size_t width = static_cast<std::size_t>(array.layout().count) / node_count_;
    if (width == 0) refuse(Code::data_loss, "{} has no values", where_);
    if (width > kSklearnNodeValueCountMax) {
      refuse(Code::resource_exhausted, "{} has {} values a node, expected at most {}", where_,
             width, kSklearnNodeValueCountMax);
    }
    PyNumbers numbers(array, path("values"));
    scratch_.values.resize(width);
    scratch_.out.resize(use_.leaf_width);
    std::size_t node = 0;
    auto leaf = scratch_.leaves.cbegin();
    numbers.for_each_group(width, [&](const char* of_node) {
      if (leaf != scratch_.leaves.cend() && leaf->node == node) {
        numbers.read(of_node, scratch_.values);
        use_.leaf({scratch_.values, leaf->sample_count, leaf->depth}, scratch_.out);
        builder_.leaf(node, scratch_.out);
        ++leaf;
      }
      ++node;
    });
  }

  PyValue tree_;
  std::string where_;
  const TreeUse& use_;
  ForestBuilder& builder_;
  SklearnTreeScratch& scratch_;
  std::size_t node_count_ = 0;
};

}  // namespace

std::size_t node_count_of(const PyValue& tree, std::string_view where) {
  return count_of(attribute_of(tree, "nodes", where), fmt::format("{}.nodes", where));
}

void add_sklearn_tree(const PyValue& tree, std::string_view where, const TreeUse& use,
                      ForestBuilder& builder, SklearnTreeScratch& scratch) {
  TreeReader(tree, where, use, builder, scratch).read();
}

// Up to 1.3 leaves hold weighted counts, and predict_proba() divides them.
LeafRule class_shares(std::vector<std::size_t> class_counts, SklearnVersion version) {
  const std::size_t stride = std::ranges::max(class_counts);
  const bool are_counts = version < SklearnVersion{1, 4};
  return [counts = std::move(class_counts), stride, are_counts](const SklearnLeaf& leaf,
                                                                std::span<double> out) {
    if (leaf.values.size() != counts.size() * stride) {
      refuse(Code::data_loss, "sklearn: a leaf has {} values, expected {} of {} classes",
             leaf.values.size(), counts.size(), stride);
    }
    std::size_t next = 0;
    for (std::size_t target = 0; target < counts.size(); ++target) {
      const std::span<const double> shares = leaf.values.subspan(target * stride, counts[target]);
      if (!are_counts) {
        next = static_cast<std::size_t>(std::ranges::copy(shares, out.subspan(next).begin()).out -
                                        out.begin());
        continue;
      }
      double sum = numpy_sum(shares);
      if (sum == 0) sum = 1;
      for (const double share : shares) out[next++] = share / sum;
    }
  };
}

LeafRule numbers(double factor) {
  return [factor](const SklearnLeaf& leaf, std::span<double> out) {
    const std::size_t stride = leaf.values.size() / out.size();
    if (stride == 0) {
      refuse(Code::data_loss, "sklearn: a leaf has {} values, expected {}", leaf.values.size(),
             out.size());
    }
    for (std::size_t target = 0; target < out.size(); ++target) {
      out[target] = factor * leaf.values[target * stride];
    }
  };
}

}  // namespace ml_inference
