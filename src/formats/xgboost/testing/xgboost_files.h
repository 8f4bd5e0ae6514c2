// SPDX-License-Identifier: MIT
// Small XGBoost files for tests, and ways to spoil them.
#pragma once

#include <string>
#include <string_view>

namespace ml_inference::testing {

/// A regression in JSON: 3 features, a tree of 5 nodes and one of a single leaf. XGBoost 2.1.4
/// would read it.
[[nodiscard]] std::string small_xgboost_json();

/// Likewise with one tree of 5 nodes that tests feature 1 for the categories 2 and 40 at its root.
[[nodiscard]] std::string categorical_xgboost_json();

/// A tree with leaf vectors of two values, as 2.0 writes it (by node), or as 3.2 does (by leaf).
[[nodiscard]] std::string vector_xgboost_json(bool is_by_leaf);

/// The same document in UBJSON, with the types that XGBoost writes.
[[nodiscard]] std::string as_xgboost_ubjson(std::string_view json);

/// `text` with `from`, which has to be in it, replaced once.
[[nodiscard]] std::string replaced(std::string text, std::string_view from, std::string_view to);

/// The message with which read_xgboost_file() refuses the bytes, or "read".
[[nodiscard]] std::string xgboost_refusal(std::string_view bytes);

}  // namespace ml_inference::testing
