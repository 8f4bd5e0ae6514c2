// SPDX-License-Identifier: MIT
// What the bodies of the REST dialects beside our own and OIP have in common: members of objects,
// tables by column.
#pragma once

#include "api/json_rows.h"
#include "api/json_tape.h"
#include "api/prediction.h"
#include "base/result.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// A member of an object that a dialect knows.
struct JsonMember {
  std::string_view name;
  std::size_t index = 0;  ///< of its value among the nodes; 0: it is not there

  [[nodiscard]] bool is_there() const { return index != 0; }
};

/// Parses a body, NaN and Infinity included: all of these servers' clients may write them.
/// Errors: invalid_argument: no JSON, with the byte.
[[nodiscard]] Result<void> parse_rest_body(std::string_view body, JsonTape& tape);

/// Fills the members that the object nodes[index] has.
/// what  the object's name in messages: "the body".
/// Errors: invalid_argument: no object; a member that is unknown, or there twice.
[[nodiscard]] Result<void> find_members(const std::vector<JsonNode>& nodes, std::size_t index,
                                        std::string_view what, std::span<JsonMember> members);

/// The member's text; empty where it is not there, or null.
/// Errors: invalid_argument: another value.
[[nodiscard]] Result<std::string_view> member_text(const std::vector<JsonNode>& nodes,
                                                   const JsonMember& member);

/// Reads the member's value, a list of rows with one at least.
/// Errors: invalid_argument: no list, or an empty one.
[[nodiscard]] Result<void> read_row_list(const JsonRows& rows, const std::vector<JsonNode>& nodes,
                                         const JsonMember& member, PredictMemory& memory,
                                         const RowRules& rules);

/// Reads the member's value as columns: an object with a list of values for each feature, all of
/// one length; or rows, as they are or as the only member of an object, by rules.row_name.
/// Errors: invalid_argument: neither; columns of different lengths, unknown ones, too few.
[[nodiscard]] Result<void> read_columns(const JsonRows& rows, const std::vector<JsonNode>& nodes,
                                        const JsonMember& member, PredictMemory& memory,
                                        const RowRules& rules);

/// Which feature each column of a table holds, by the names in its header. Of a model whose file
/// names no features, columns of other names stand in the order of the features, as the library
/// takes them.
/// what  the table's name in messages.
/// Errors: invalid_argument: a column that is no feature, or stands twice; features without one.
[[nodiscard]] Result<std::vector<std::size_t>> column_features(const JsonRows& rows,
                                                               std::span<const std::string> names,
                                                               std::string_view what);

/// What rows may be here: those of numpy and pandas.
/// row_name  what an object of a row calls the row itself; outlives the rules.
[[nodiscard]] RowRules rest_rules(std::string_view row_name);

/// Bytes that reading a body of JSON, predicting and writing take at most, all together.
/// cell_count_max   cells that its rows can have.
/// row_count_max    rows.
/// row_size         bytes of the answer that a row takes at most.
[[nodiscard]] std::size_t rest_memory_size_max(const Question& question, std::size_t cell_count_max,
                                               std::size_t row_count_max, std::size_t row_size);

/// Rows that a body has at most where each has all of its cells.
[[nodiscard]] std::size_t full_row_count_max(const Question& question, std::size_t value_count);

}  // namespace ml_inference
