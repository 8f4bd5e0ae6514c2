// SPDX-License-Identifier: MIT
// The only way to a Forest. Readers and trainers speak to it in verbs:
//
//   ForestBuilder builder(4, 3, Aggregation::average);
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
  double threshold = 0;  ///< not NaN
  std::size_t left = 0;  ///< for row[feature] <= threshold; greater than the node's own number
  std::size_t right = 0;
  bool missing_goes_left = false;
};

/// Builds one forest. Nodes have numbers within their tree, from 0, the root; they may be given in
/// any order, each number once.
/// Threads: belongs to one thread.
class ForestBuilder {
 public:
  /// feature_count  columns of a row; output_count  values of a leaf. Limits in model/limits.h.
  ForestBuilder(std::size_t feature_count, std::size_t output_count, Aggregation aggregation);

  /// Ends the tree before, if any, and begins the next one, of exactly node_count nodes. Takes
  /// memory for them at once: the caller knows that so many are coming.
  void start_tree(std::size_t node_count);

  /// Makes `node` of the current tree a test.
  void numerical_test(std::size_t node, const NumericalTest& test);

  /// Makes `node` of the current tree a leaf with output_count finite values.
  void leaf(std::size_t node, std::span<const double> values);

  /// The finished forest; the builder is used up.
  /// Errors: invalid_argument (a rule was broken) or resource_exhausted (a limit was reached), of
  /// the first fault: "tree 3 node 17: left child 4 does not lie below its parent".
  [[nodiscard]] Result<Forest> build() &&;

 private:
  void end_tree();
  ForestNode* place(std::size_t node);
  void check_child(std::size_t node, std::size_t child, const char* side);
  void fault(Code code, std::string message);
  void fault_at(std::size_t node, std::string message);

  Forest forest_;
  std::optional<Error> fault_;
  std::size_t tree_begin_ = 0;         // of the current tree, in forest_.nodes_
  std::vector<bool> placed_;           // by number within the current tree
  std::vector<std::uint32_t> depths_;  // scratch of end_tree(), by number within the current tree
};

}  // namespace ml_inference
