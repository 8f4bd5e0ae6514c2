// SPDX-License-Identifier: MIT
// Any bytes as an XGBoost file: they are read or refused, never more, and what is read can be
// walked from the root of each tree to every leaf without leaving it.
//
//   make fuzz, or build/fuzz/src/formats/xgboost_fuzz tests/corpus/xgboost tests/golden/xgboost
#include "base/assert.h"
#include "formats/format_error.h"
#include "formats/xgboost/reader.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace {

using namespace ml_inference;

void walk(const XgboostFile& file, const XgboostTree& tree) {
  std::vector<std::int32_t> open{0};
  std::size_t reached = 0;
  while (!open.empty()) {
    const std::int32_t number = open.back();
    open.pop_back();
    ASSERT(++reached <= tree.nodes.size());
    const XgboostNode& node = tree.nodes.at(static_cast<std::size_t>(number));
    if (node.is_leaf()) {
      if (tree.size_leaf_vector > 1) ASSERT(tree.leaf_vector(number).size() == file.output_count());
      continue;
    }
    ASSERT(static_cast<std::uint32_t>(node.split_index) < file.num_feature);
    for (const std::int32_t category : tree.category_set(number)) ASSERT(category >= 0);
    open.push_back(node.left);
    open.push_back(node.right);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static_cast<void>(begins_like_xgboost(bytes));
  try {
    const XgboostFile file = read_xgboost_file(bytes);
    for (const XgboostTree& tree : file.trees) walk(file, tree);
  } catch (const FormatError& refusal) {
    ASSERT(refusal.error.code != Code::internal);
    ASSERT(refusal.error.message.starts_with("xgboost: "));
  }
  return 0;
}
