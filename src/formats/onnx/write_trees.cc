// SPDX-License-Identifier: MIT
#include "formats/onnx/write_trees.h"

#include "formats/format_error.h"
#include "formats/limits.h"
#include "formats/onnx/limits.h"
#include "formats/onnx/write_columns.h"
#include "model/forest_walk.h"
#include "model/limits.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace ml_inference {
namespace {

using onnx::AttributeProto;

// ONNX's numbers for what a node asks.
enum Mode : std::uint8_t { kLessOrEqual = 0, kLess = 1, kEqual = 4, kMember = 6 };

// The arrays of one TreeEnsemble while they grow.
class EnsembleArrays {
 public:
  explicit EnsembleArrays(onnx::NodeProto& node)
      : node_(node),
        features_(integers("nodes_featureids")),
        tracks_true_(integers("nodes_missing_value_tracks_true")),
        true_ids_(integers("nodes_truenodeids")),
        false_ids_(integers("nodes_falsenodeids")),
        true_leaves_(integers("nodes_trueleafs")),
        false_leaves_(integers("nodes_falseleafs")),
        roots_(integers("tree_roots")),
        targets_(integers("leaf_targetids")) {}

  struct Test {
    std::size_t feature = 0;
    Mode mode = kLessOrEqual;
    double split = 0;
    bool missing_is_true = false;
  };
  struct Child {
    std::size_t index = 0;  // of a node, or of a leaf
    bool is_leaf = false;
  };

  [[nodiscard]] std::size_t node_count() const { return modes_.size(); }
  [[nodiscard]] std::size_t leaf_count() const { return weights_.size(); }

  void add_node(const Test& test, Child if_true, Child if_false) {
    features_.add_ints(static_cast<std::int64_t>(test.feature));
    tracks_true_.add_ints(test.missing_is_true ? 1 : 0);
    add_child(true_ids_, true_leaves_, if_true);
    add_child(false_ids_, false_leaves_, if_false);
    modes_.push_back(static_cast<char>(test.mode));
    splits_.push_back(test.split);
  }

  // The values that the last node's feature is looked for among.
  void add_members(std::span<const double> values) {
    members_.insert(members_.end(), values.begin(), values.end());
    members_.push_back(std::numeric_limits<double>::quiet_NaN());
  }

  void add_leaf(std::size_t target, double weight) {
    targets_.add_ints(static_cast<std::int64_t>(target));
    weights_.push_back(weight);
  }

  void add_root(std::size_t node) { roots_.add_ints(static_cast<std::int64_t>(node)); }

  // A tree that is one leaf: a node both of whose sides are that.
  void add_leaf_tree(std::size_t leaf) {
    add_root(node_count());
    add_node({}, {leaf, true}, {leaf, true});
  }

  void finish(NumberType type, std::size_t target_count) {
    set_integer("n_targets", static_cast<std::int64_t>(target_count));
    set_integer("aggregate_function", 1);  // the sum
    set_integer("post_transform", 0);
    set_tensor("nodes_splits", onnx_tensor(type, splits_, {splits_.size()}));
    set_tensor("leaf_weights", onnx_tensor(type, weights_, {weights_.size()}));
    if (!members_.empty()) {
      set_tensor("membership_values", onnx_tensor(type, members_, {members_.size()}));
    }
    onnx::TensorProto modes;
    modes.set_data_type(onnx::TensorProto::UINT8);
    modes.add_dims(static_cast<std::int64_t>(modes_.size()));
    modes.set_raw_data(modes_);
    set_tensor("nodes_modes", std::move(modes));
  }

 private:
  AttributeProto& integers(std::string_view name) {
    return add_onnx_attribute(node_, name, AttributeProto::INTS);
  }

  static void add_child(AttributeProto& ids, AttributeProto& leaves, Child child) {
    ids.add_ints(static_cast<std::int64_t>(child.index));
    leaves.add_ints(child.is_leaf ? 1 : 0);
  }

  void set_integer(std::string_view name, std::int64_t value) {
    add_onnx_attribute(node_, name, AttributeProto::INT).set_i(value);
  }

  void set_tensor(std::string_view name, onnx::TensorProto tensor) {
    *add_onnx_attribute(node_, name, AttributeProto::TENSOR).mutable_t() = std::move(tensor);
  }

  onnx::NodeProto& node_;
  AttributeProto& features_;
  AttributeProto& tracks_true_;
  AttributeProto& true_ids_;
  AttributeProto& false_ids_;
  AttributeProto& true_leaves_;
  AttributeProto& false_leaves_;
  AttributeProto& roots_;
  AttributeProto& targets_;
  std::string modes_;  // a byte each
  std::vector<double> splits_, weights_, members_;
};

// What of a forest the operators cannot say.
void expect_sayable(const Forest& forest) {
  const ForestShape& shape = forest.shape();
  if (forest.linear_leaf_count() != 0) {
    refuse(Code::unimplemented, "onnx: the model has linear leaves, for which ONNX has no words");
  }
  if (shape.leaf_width != 1 && shape.leaf_width != shape.output_count) {
    refuse(Code::unimplemented,
           "onnx: the model has leaves of {} values, expected 1 or one for each of the {} outputs",
           shape.leaf_width, shape.output_count);
  }
  if (shape.sum_type == NumberType::float32 && shape.feature_type == NumberType::float64) {
    refuse(Code::unimplemented,
           "onnx: the model has float32 sums behind float64 features, of which an ensemble of ONNX "
           "has one type");
  }
}

// Of float32 numbers the same are below the next float32 as below a threshold between two.
double float32_split(const ForestNode& test) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const auto nearest = static_cast<float>(test.threshold());
  const auto value = static_cast<double>(nearest);
  if (test.is_strict() && value < test.threshold()) return std::nextafter(nearest, kInfinity);
  if (!test.is_strict() && value > test.threshold()) return std::nextafter(nearest, -kInfinity);
  return value;
}

// How the nodes of a forest become nodes and leaves: both are counted apart.
class TreesWriter {
 public:
  TreesWriter(const Forest& forest, const TestColumns& columns, EnsembleArrays& arrays)
      : forest_(forest),
        columns_(columns),
        arrays_(arrays),
        is_float32_(columns.value().type == NumberType::float32) {}

  // add_leaf(tree, leaf) adds one to the arrays; called in the order of the nodes.
  template <class AddLeaf>
  void add_trees(const AddLeaf& add_leaf) {
    for (std::size_t tree = 0; tree < forest_.tree_count(); ++tree) add_tree(tree, add_leaf);
  }

 private:
  template <class AddLeaf>
  void add_tree(std::size_t tree, const AddLeaf& add_leaf) {
    const std::size_t begin = forest_.roots()[tree];
    const std::size_t end =
        tree + 1 < forest_.tree_count() ? forest_.roots()[tree + 1] : forest_.nodes().size();
    number_children(begin, end);
    const bool is_leaf = forest_.nodes()[begin].is_leaf();
    if (is_leaf) {
      arrays_.add_leaf_tree(arrays_.leaf_count());
    } else {
      arrays_.add_root(arrays_.node_count());
    }
    for (std::size_t node = begin; node < end; ++node) {
      const ForestNode& here = forest_.nodes()[node];
      if (here.is_leaf()) {
        add_leaf(tree, here.leaf());
      } else {
        add_test(here, begin);
      }
    }
  }

  // Which of the nodes or of the leaves each becomes.
  void number_children(std::size_t begin, std::size_t end) {
    numbers_.clear();
    std::size_t node_count = arrays_.node_count();
    std::size_t leaf_count = arrays_.leaf_count();
    for (std::size_t node = begin; node < end; ++node) {
      const bool is_leaf = forest_.nodes()[node].is_leaf();
      numbers_.push_back({is_leaf ? leaf_count++ : node_count++, is_leaf});
    }
  }

  void add_test(const ForestNode& test, std::size_t begin) {
    const EnsembleArrays::Child left = numbers_[test.left() - begin];
    const EnsembleArrays::Child right = numbers_[test.right() - begin];
    if (test.is_categorical()) return add_categorical_test(test, left, right);
    arrays_.add_node({.feature = columns_.place_of(test),
                      .mode = test.is_strict() ? kLess : kLessOrEqual,
                      .split = is_float32_ ? float32_split(test) : test.threshold(),
                      .missing_is_true = test.missing_goes_left()},
                     left, right);
  }

  // The codes that the set tells apart from strangers are those that are looked for.
  void add_categorical_test(const ForestNode& test, EnsembleArrays::Child left,
                            EnsembleArrays::Child right) {
    const bool true_is_left = !test.strangers_go_left();
    EnsembleArrays::Test asked{.feature = columns_.place_of(test),
                               .missing_is_true = test.missing_goes_left() == true_is_left};
    const std::vector<double> codes = codes_of(test, true_is_left);
    if (codes.empty()) {  // what no number passes
      asked.mode = kLess;
      asked.split = -std::numeric_limits<double>::infinity();
    } else if (codes.size() == 1) {
      asked.mode = kEqual;
      asked.split = codes.front();
    } else {
      asked.mode = kMember;
      arrays_.add_members(codes);
    }
    arrays_.add_node(asked, true_is_left ? left : right, true_is_left ? right : left);
  }

  // Those whose bit is `bit`.
  [[nodiscard]] std::vector<double> codes_of(const ForestNode& test, bool bit) const {
    const std::span<const std::uint32_t> set = forest_.category_set(test.category_set());
    std::vector<double> codes;
    for (std::size_t code = 0; code < set.size() * 32; ++code) {
      if ((set[code / 32] >> (code % 32) & 1) != bit) continue;
      codes.push_back(static_cast<double>(code));
    }
    if (!codes.empty() && codes.back() > kOnnxCategoryMax) {
      refuse(Code::unimplemented, "onnx: the model has the category {}, expected at most {}",
             codes.back(), kOnnxCategoryMax);
    }
    return codes;
  }

  const Forest& forest_;
  const TestColumns& columns_;
  EnsembleArrays& arrays_;
  bool is_float32_;
  std::vector<EnsembleArrays::Child> numbers_;  // by node of the current tree
};

WrittenValue divided(GraphWriter& graph, const Forest& forest, const WrittenValue& sums) {
  if (forest.aggregation() == Aggregation::sum) return sums;
  return graph.binary("Div", sums, graph.constant(sums.type, divisors(forest)));
}

// Leaves of one value.
class NarrowSums {
 public:
  NarrowSums(GraphWriter& graph, const Forest& forest) : graph_(graph), forest_(forest) {}

  WrittenValue write(const WrittenValue& rows) {
    const NumberType type = forest_.shape().sum_type;
    const TestColumns columns(graph_, forest_, graph_.cast(rows, type));
    const WrittenValue sums{graph_.new_name("sums"), type, forest_.output_count()};
    EnsembleArrays arrays(graph_.add_ml("TreeEnsemble", columns.value().name, sums.name));
    if (!forest_.shape().base_last) add_base(arrays);
    TreesWriter(forest_, columns, arrays).add_trees([&](std::size_t tree, std::size_t leaf) {
      arrays.add_leaf(forest_.first_outputs()[tree], forest_.leaf_values(leaf)[0]);
    });
    if (forest_.shape().base_last) add_base(arrays);
    arrays.finish(type, forest_.output_count());
    return divided(graph_, forest_, sums);
  }

 private:
  // TreeEnsemble has no base values: they are trees of one leaf.
  void add_base(EnsembleArrays& arrays) const {
    for (std::size_t output = 0; output < forest_.shape().base.size(); ++output) {
      arrays.add_leaf_tree(arrays.leaf_count());
      arrays.add_leaf(output, forest_.shape().base[output]);
    }
  }

  GraphWriter& graph_;
  const Forest& forest_;
};

// Leaves of several values, while a leaf of a TreeEnsemble has one: each tree tells the number of
// its leaf, and the leaves' values are looked up in a table and added up.
class WideSums {
 public:
  WideSums(GraphWriter& graph, const Forest& forest)
      : graph_(graph),
        forest_(forest),
        has_base_(!forest.shape().base.empty()),
        addend_count_(forest.tree_count() + (has_base_ ? 1 : 0)) {}

  WrittenValue write(const WrittenValue& rows) {
    expect_room();
    const TestColumns columns(graph_, forest_, graph_.cast(rows, NumberType::float64));
    const std::string numbers = graph_.new_name("leaves");
    EnsembleArrays arrays(graph_.add_ml("TreeEnsemble", columns.value().name, numbers));
    const bool base_first = has_base_ && !forest_.shape().base_last;
    if (base_first) add_base(arrays, 0);
    TreesWriter(forest_, columns, arrays).add_trees([&](std::size_t tree, std::size_t leaf) {
      arrays.add_leaf(tree + (base_first ? 1 : 0), static_cast<double>(leaf));
    });
    if (has_base_ && !base_first) add_base(arrays, addend_count_ - 1);
    arrays.finish(NumberType::float64, addend_count_);
    return divided(graph_, forest_, looked_up(numbers));
  }

 private:
  // What the reader has for the values of one row.
  void expect_room() const {
    const std::size_t count = addend_count_ * forest_.output_count();
    if (addend_count_ <= kOutputCountMax && count <= kOnnxElementCountMax / 4) return;
    refuse(Code::unimplemented,
           "onnx: the model has {} trees with leaves of {} values, which are {} numbers a row, "
           "expected at most {} trees and {} numbers",
           addend_count_, forest_.output_count(), count, kOutputCountMax, kOnnxElementCountMax / 4);
  }

  void add_base(EnsembleArrays& arrays, std::size_t place) const {
    arrays.add_leaf_tree(arrays.leaf_count());
    arrays.add_leaf(place, static_cast<double>(forest_.leaf_count()));
  }

  [[nodiscard]] WrittenValue looked_up(const std::string& numbers) {
    std::vector<double> values;
    values.reserve((forest_.leaf_count() + 1) * forest_.leaf_width());
    for (std::size_t leaf = 0; leaf < forest_.leaf_count(); ++leaf) {
      const std::span<const double> of_leaf = forest_.leaf_values(leaf);
      values.insert(values.end(), of_leaf.begin(), of_leaf.end());
    }
    const std::vector<double>& base = forest_.shape().base;
    values.insert(values.end(), base.begin(), base.end());
    const NumberType type = forest_.shape().sum_type;
    const std::string table = graph_.table(type, values, forest_.output_count());
    const std::string places = graph_.add("Cast", {numbers}, {{"to", onnx::TensorProto::INT64}});
    const std::string found = graph_.add("Gather", {table, places}, {{"axis", 0}});
    constexpr std::int64_t kTrees[] = {1};
    return {graph_.add("ReduceSum", {found, graph_.integers(kTrees)}, {{"keepdims", 0}}), type,
            forest_.output_count()};
  }

  GraphWriter& graph_;
  const Forest& forest_;
  bool has_base_;
  std::size_t addend_count_;
};

}  // namespace

WrittenValue write_sums(GraphWriter& graph, const Forest& forest, const WrittenValue& rows) {
  expect_sayable(forest);
  const WrittenValue seen = graph.cast(rows, forest.shape().feature_type);
  if (forest.leaf_width() == 1) return NarrowSums(graph, forest).write(seen);
  return WideSums(graph, forest).write(seen);
}

WrittenValue write_same(GraphWriter& graph, std::span<const double> numbers,
                        const WrittenValue& rows) {
  const WrittenValue seen = graph.cast(rows, NumberType::float64);
  const WrittenValue same{graph.new_name("same"), NumberType::float64, numbers.size()};
  EnsembleArrays arrays(graph.add_ml("TreeEnsemble", seen.name, same.name));
  for (std::size_t index = 0; index < numbers.size(); ++index) {
    arrays.add_leaf_tree(arrays.leaf_count());
    arrays.add_leaf(index, numbers[index]);
  }
  arrays.finish(NumberType::float64, numbers.size());
  return same;
}

}  // namespace ml_inference
