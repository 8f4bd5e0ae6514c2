// SPDX-License-Identifier: MIT
#include "formats/sklearn/trees.h"

#include "formats/format_error.h"
#include "formats/python/arrays.h"
#include "model/limits.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace ml_inference {
namespace {

constexpr std::int64_t kNoChild = -1;

// What is kept of the nodes until their values come.
struct LeafPlace {
  std::uint32_t node;
  std::uint32_t depth;
  double sample_count;
};

// Reads one tree: first the nodes, then the values, in the order of the file.
class TreeReader {
 public:
  TreeReader(const PyValue& tree, std::string_view where, const TreeUse& use,
             ForestBuilder& builder)
      : tree_(tree), where_(where), use_(use), builder_(builder) {}

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
    depths_.assign(node_count_, 0);
    const PyField left = nodes.integer_field("left_child");
    const PyField right = nodes.integer_field("right_child");
    const PyField feature = nodes.integer_field("feature");
    const PyField threshold = nodes.field("threshold");
    const PyField samples = nodes.integer_field("n_node_samples");
    std::optional<PyField> missing;
    if (nodes.has("missing_go_to_left")) missing = nodes.integer_field("missing_go_to_left");
    std::size_t node = 0;
    nodes.for_each([&](const char* record) {
      const std::int64_t left_child = left.integer(record);
      if (left_child == kNoChild) {
        leaves_.push_back({static_cast<std::uint32_t>(node), depths_[node],
                           static_cast<double>(samples.integer(record))});
      } else {
        add_test(node, feature.integer(record), threshold.number(record), left_child,
                 right.integer(record), missing && missing->integer(record) != 0);
      }
      ++node;
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

  void add_test(std::size_t node, std::int64_t feature, double threshold, std::int64_t left,
                std::int64_t right, bool missing_goes_left) {
    builder_.numerical_test(node, {.feature = feature_of(feature),
                                   .threshold = threshold,
                                   .left = static_cast<std::size_t>(left),
                                   .right = static_cast<std::size_t>(right),
                                   .missing_goes_left = missing_goes_left});
    for (const std::int64_t child : {left, right}) {
      // What lies elsewhere the builder refuses.
      if (child > 0 && static_cast<std::size_t>(child) < node_count_) {
        depths_[static_cast<std::size_t>(child)] = depths_[node] + 1;
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
    PyNumbers numbers(array, path("values"));
    std::vector<double> values(width);
    std::vector<double> out(use_.leaf_width);
    std::size_t at = 0;
    std::size_t node = 0;
    auto leaf = leaves_.begin();
    if (width == 0) refuse(Code::data_loss, "{} has no values", where_);
    numbers.for_each([&](double value) {
      values[at++] = value;
      if (at < width) return;
      at = 0;
      if (leaf != leaves_.end() && leaf->node == node) {
        use_.leaf({values, leaf->sample_count, leaf->depth}, out);
        builder_.leaf(node, out);
        ++leaf;
      }
      ++node;
    });
  }

  PyValue tree_;
  std::string where_;
  const TreeUse& use_;
  ForestBuilder& builder_;
  std::size_t node_count_ = 0;
  std::vector<std::uint32_t> depths_;
  std::vector<LeafPlace> leaves_;
};

}  // namespace

std::size_t node_count_of(const PyValue& tree, std::string_view where) {
  return count_of(attribute_of(tree, "nodes", where), fmt::format("{}.nodes", where));
}

void add_sklearn_tree(const PyValue& tree, std::string_view where, const TreeUse& use,
                      ForestBuilder& builder) {
  TreeReader(tree, where, use, builder).read();
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
      double sum = are_counts ? numpy_sum(shares) : 1.0;
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
