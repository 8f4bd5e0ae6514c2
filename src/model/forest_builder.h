// SPDX-License-Identifier: MIT
// The only way to a Forest. Readers and trainers speak to it in verbs:
//
//   ForestBuilder builder({.feature_count = 4, .output_count = 3,
//                          .aggregation = Aggregation::average});
//   builder.start_tree(3);
//   builder.numerical_test(0, {.feature = 2, .threshold = 2.45, .left = 1, .right = 2});
//   builder.leaf(1, setosa);
//   builder.leaf(2, the_others);
//   Result<Forest> forest = std::move(builder).build();
//
// A verb that breaks a rule is remembered, and build() reports the first such fault with its tree
// and node, so that callers need not check after every call.
#pragma once

#include "base/result.h"
#include "model/forest.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ml_inference {

/// A numerical test as the builder takes it. Children are numbers within the same tree.
struct NumericalTest {
  std::size_t feature = 0;
  double threshold = 0;  ///< not NaN: what no number passes is `< -infinity`
  std::size_t left = 0;  ///< for row[feature] <= threshold; greater than the node's own number
  std::size_t right = 0;
  bool is_strict = false;  ///< left is for row[feature] < threshold
  bool missing_goes_left = false;
  bool zero_is_missing = false;
};

/// A categorical test: a code goes left when its bit in the set is 1, right when it is 0.
struct CategoricalTest {
  std::size_t feature = 0;
  std::size_t set = 0;  ///< what category_set() gave
  std::size_t left = 0;
  std::size_t right = 0;
  bool strangers_go_left = false;  ///< a value without a code, or with one behind the set's end
  bool missing_goes_left = false;  ///< NaN
};

/// Builds one forest. Nodes have numbers within their tree, from 0, the root; they may be given in
/// any order, each number once. The Forest numbers them anew, level by level.
/// Memory: beside the forest, 10 bytes a node and the leaf values of the current tree, a megabyte,
/// and what finds equal leaves, which is less than it saves; a forest that
/// grows beyond what was expected is copied, so at most twice the forest altogether.
/// Threads: belongs to one thread.
class ForestBuilder {
 public:
  /// Limits in model/limits.h.
  explicit ForestBuilder(ForestShape shape);

  /// Whether as much is coming as somebody says, or only as a file says.
  enum class Promise : std::uint8_t { uncertain, certain };

  /// Takes memory for so many trees with so many nodes altogether, which are coming: then nothing
  /// is copied while the forest grows. Fewer and more may come; of an uncertain promise not more
  /// than some 80 MB is believed.
  void expect(std::size_t tree_count, std::size_t node_count, Promise promise = Promise::uncertain);

  /// Ends the tree before, if any, and begins the next one, of exactly node_count nodes. Takes
  /// memory for them at once: the caller knows that so many are coming.
  /// first_output  what the first value of each of its leaves is added to.
  void start_tree(std::size_t node_count, std::size_t first_output = 0);

  /// Makes `node` of the current tree a test.
  void numerical_test(std::size_t node, const NumericalTest& test);
  void categorical_test(std::size_t node, const CategoricalTest& test);

  /// Keeps a set of codes for categorical tests of any tree, as many as like, and returns which one
  /// it is.
  /// words  bit code % 32 of word code / 32 is 1 when the code goes left; may be empty.
  std::size_t category_set(std::span<const std::uint32_t> words);

  /// Makes `node` of the current tree a leaf with leaf_width values, finite ones unless the shape
  /// takes any.
  void leaf(std::size_t node, std::span<const double> values);

  /// Makes it a leaf whose value is linear in features of the row. The leaf_width is 1.
  /// fallback  its value when one of these features is missing.
  void linear_leaf(std::size_t node, const LinearLeaf& linear, double fallback);

  /// Whether build() will report a fault: what is added from here on changes nothing.
  [[nodiscard]] bool has_fault() const { return fault_.has_value(); }

  /// The finished forest; the builder is used up.
  /// Errors: invalid_argument (a rule was broken) or resource_exhausted (a limit was reached), of
  /// the first fault: "tree 3 node 17: left child 4 does not lie below its parent".
  [[nodiscard]] Result<Forest> build() &&;

 private:
  void check_shape(const ForestShape& shape);
  void end_tree();
  void order_nodes();
  void move_nodes();
  void order_leaves();
  void check_outputs();
  ForestNode* place(std::size_t node);
  bool place_test(std::size_t node, std::size_t feature, std::size_t left, std::size_t right,
                  std::uint32_t flags);
  void check_child(std::size_t node, std::size_t child, const char* side);
  void fault(Code code, std::string message);
  void fault_at(std::size_t node, std::string message);

  Forest forest_;
  std::optional<Error> fault_;

  // Of the current tree, by the number that its nodes were given:
  std::size_t tree_begin_ = 0;  // in forest_.nodes_
  std::size_t leaf_begin_ = 0;  // the number of its first leaf
  std::vector<bool> placed_;    // until end_tree(); there, whether a parent leads to the node
  std::size_t placed_count_ = 0;
  std::vector<std::uint32_t> rights_;  // right children; the left one is the node's link

  std::vector<std::uint32_t> order_;       // scratch: by final number, the given one
  std::vector<ForestNode> given_nodes_;    // scratch: a small tree's nodes in the given order
  std::vector<std::uint32_t> leaf_order_;  // likewise of leaves
};

}  // namespace ml_inference
