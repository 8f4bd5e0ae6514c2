// SPDX-License-Identifier: MIT
// A tree as the file has it, a list for each property of the nodes -> an XgboostTree.
#pragma once

#include "formats/xgboost/memory.h"
#include "formats/xgboost/xgboost_file.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace ml_inference {

/// The lists of one tree under the file's names for them. Those of single numbers are -1 when the
/// file does not say them.
struct XgboostTreeColumns {
  explicit XgboostTreeColumns(XgboostMemory& memory)
      : left_children(memory),
        right_children(memory),
        split_indices(memory),
        split_conditions(memory),
        default_left(memory),
        split_type(memory),
        base_weights(memory),
        leaf_weights(memory),
        categories(memory),
        categories_nodes(memory),
        categories_segments(memory),
        categories_sizes(memory) {}

  std::int64_t id = -1;
  std::int64_t num_nodes = -1;
  std::int64_t size_leaf_vector = -1;

  XgboostColumn<std::int32_t> left_children;
  XgboostColumn<std::int32_t> right_children;
  XgboostColumn<std::int32_t> split_indices;
  XgboostColumn<float> split_conditions;
  XgboostColumn<std::uint8_t> default_left;
  XgboostColumn<std::uint8_t> split_type;  ///< 1: by category; empty in files before 1.3
  XgboostColumn<float> base_weights;
  XgboostColumn<float> leaf_weights;  ///< since 3.2, of trees with leaf vectors
  XgboostColumn<std::int32_t> categories;
  XgboostColumn<std::int32_t> categories_nodes;
  XgboostColumn<std::int32_t> categories_segments;
  XgboostColumn<std::int32_t> categories_sizes;

  /// Ready for the next tree; the room of the lists stays.
  void clear();
};

/// Checks the lists against each other and puts them together. Whether the features exist is left
/// to the caller: a file tells their number behind the trees.
///
/// where  "tree 3", for messages.
/// Throws FormatError: invalid_argument for a tree that contradicts itself ("xgboost: tree 3 node
/// 17: left child 40 of 31 nodes"), resource_exhausted beyond the memory.
/// Cost: linear in the lists.
[[nodiscard]] XgboostTree make_xgboost_tree(const XgboostTreeColumns& columns,
                                            const std::string& where, XgboostMemory& memory);

}  // namespace ml_inference
