// SPDX-License-Identifier: MIT
// The models in tests/golden/lightgbm, and what the library answered.
#pragma once

#include <boost/json.hpp>

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace ml_inference::testing {

/// "4.7.0/binary" for "4.7.0/binary.txt" and "4.7.0/binary.json", ascending.
[[nodiscard]] std::vector<std::string> lightgbm_golden_names(const std::filesystem::path& folder);

/// "4_7_0_binary": the name for GoogleTest.
[[nodiscard]] std::string test_name(std::string golden_name);

[[nodiscard]] std::string file_text(const std::filesystem::path& path);

/// JSON with every number as the nearest double of its text, which Boost.JSON 1.81 does not
/// promise.
[[nodiscard]] boost::json::value exact_json(const std::string& text);

/// A number; null is NaN, "Infinity" and "-Infinity" are what they say.
[[nodiscard]] double number_of(const boost::json::value& value);

/// All numbers of a list of numbers, or of lists of them.
[[nodiscard]] std::vector<double> numbers_of(const boost::json::value& list);

}  // namespace ml_inference::testing
