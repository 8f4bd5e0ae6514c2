// SPDX-License-Identifier: MIT
// Small LightGBM files for tests, as texts that a test changes.
#pragma once

#include <string>
#include <string_view>

namespace ml_inference::testing {

/// Features "width", "kind" (categorical) and "colour" (unused); "binary sigmoid:0.5"; a tree of
/// two tests, numerical and categorical; a tree of one leaf; a linear tree.
[[nodiscard]] std::string small_lightgbm();

/// small_lightgbm() with this as its only tree.
/// lines  "num_leaves=1\n..."
[[nodiscard]] std::string lightgbm_of_tree(std::string_view lines);

/// The text with the first `old_text` in it replaced, which has to be there.
[[nodiscard]] std::string with(std::string text, std::string_view old_text,
                               std::string_view new_text);

/// The message that read_lightgbm_file() gives; empty when the file is read.
std::string lightgbm_refusal(std::string_view bytes);

}  // namespace ml_inference::testing
