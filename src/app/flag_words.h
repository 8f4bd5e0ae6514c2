// SPDX-License-Identifier: MIT
// What trainers call their options in messages, in the words of whoever typed flags.
#pragma once

#include <string>
#include <string_view>

namespace ml_inference {

/// The message with the names of options replaced by those of the train command's flags:
/// "max_features: expected 1 to 4" -> "--max-features: expected 1 to 4". What stands in quotes is
/// the data's and stays.
[[nodiscard]] std::string with_flag_names(std::string_view message);

}  // namespace ml_inference
