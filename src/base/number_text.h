// SPDX-License-Identifier: MIT
// Numbers as Python prints them, because our users compare our answers with Python's.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ml_inference {

/// Appends `value` as Python's repr() and json.dumps() write a float: the shortest decimal that
/// reads back as the same double, with ".0" when it is whole, and an exponent below 1e-4 and from
/// 1e16 on ("0.0001", "1e-05", "1e+16", "100.0"). Not-a-number is "NaN", the infinities "Infinity"
/// and "-Infinity", as json.dumps() writes them.
/// Source: CPython 3.11, float_repr_style "short" (Python/pystrtod.c, format code 'r').
void append_number(std::string& out, double value);

/// append_number() into a string of its own.
[[nodiscard]] std::string number_text(double value);

/// "1 row", "2 rows". noun  whose plural takes an s.
[[nodiscard]] std::string count_text(std::size_t count, std::string_view noun);

}  // namespace ml_inference
