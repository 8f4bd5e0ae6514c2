// SPDX-License-Identifier: MIT
#include "formats/lightgbm/testing/lightgbm_files.h"

#include "base/assert.h"
#include "formats/format_error.h"
#include "formats/lightgbm/reader.h"

namespace ml_inference::testing {
namespace {

constexpr std::string_view kHeader = R"(tree
version=v4
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx=2
objective=binary sigmoid:0.5
feature_names=width kind colour
feature_infos=[0:7] 2:0:-1 none
tree_sizes=1 2 3
)";

constexpr std::string_view kTrees = R"(
Tree=0
num_leaves=3
num_cat=1
split_feature=0 1
split_gain=4 2
threshold=1.0000000180025095e-35 0
decision_type=10 1
left_child=1 -1
right_child=-2 -3
leaf_value=0.25 -0.5 1.5
leaf_weight=1 2 3
leaf_count=1 2 3
internal_value=0 0
internal_weight=6 4
internal_count=6 4
cat_boundaries=0 2
cat_threshold=5 4294967295
is_linear=0
shrinkage=0.1


Tree=1
num_leaves=1
num_cat=0
split_feature=
threshold=
decision_type=
left_child=
right_child=
leaf_value=0.125
is_linear=0
shrinkage=1


Tree=2
num_leaves=2
num_cat=0
split_feature=2
threshold=2.5
decision_type=0
left_child=-1
right_child=-2
leaf_value=1 -1
is_linear=1
leaf_const=-nan 0.5
num_features=0 2
leaf_features= 0 2
leaf_coeff= 2.5 -0.001
shrinkage=0.1


)";

constexpr std::string_view kTail = R"(end of trees

feature_importances:
width=1

parameters:
[boosting: gbdt]
[categorical_feature: 1]
end of parameters

pandas_categorical:null
)";

}  // namespace

std::string small_lightgbm() {
  return std::string(kHeader) + std::string(kTrees) + std::string(kTail);
}

std::string lightgbm_of_tree(std::string_view lines) {
  return with(std::string(kHeader), "tree_sizes=1 2 3", "tree_sizes=1") + "\nTree=0\n" +
         std::string(lines) + "\n\n" + std::string(kTail);
}

std::string with(std::string text, std::string_view old_text, std::string_view new_text) {
  const std::size_t at = text.find(old_text);
  ASSERT(at != std::string::npos);
  return text.replace(at, old_text.size(), new_text);
}

std::string lightgbm_refusal(std::string_view bytes) {
  try {
    static_cast<void>(read_lightgbm_file(bytes));
  } catch (const FormatError& refusal) {
    return refusal.error.message;
  }
  return "";
}

}  // namespace ml_inference::testing
