// SPDX-License-Identifier: MIT
#include "api/rest_request.h"

#include "api/limits.h"
#include "base/printable_text.h"
#include "serving/numbered_names.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

namespace ml_inference {
namespace {

// Room for the header of the answer and what stands around its rows.
constexpr std::size_t kFrameSize = 2'048;

// A word in the place of a number, as the tape remembers it.
constexpr std::size_t kWordSize = 16;

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

std::unexpected<Error> invalid(std::string message) {
  return fail(Code::invalid_argument, std::move(message));
}

std::string shown(std::string_view name) { return printable_text(echoed_key(name)); }

// Calls the function with each index of an object's keys, as long as it gives no error.
template <class Function>
Result<void> for_keys(const std::vector<JsonNode>& nodes, std::size_t index, Function function) {
  for (std::size_t key = index + 1; key < nodes[index].end; key = nodes[key + 1].end) {
    RETURN_IF_ERROR(function(key));
  }
  return {};
}

std::string known_names(std::span<const JsonMember> members) {
  std::string names;
  for (const JsonMember& member : members) {
    names.append(names.empty() ? "" : ", ").append(member.name);
  }
  return names;
}

Result<void> check_row_count(std::size_t count, std::string_view what) {
  if (count == 0) return invalid(fmt::format("{} has no row", what));
  if (count > kRowsPerRequestMax) {
    return invalid(
        fmt::format("{} has {} rows, expected at most {}", what, count, kRowsPerRequestMax));
  }
  return {};
}

// Reads an object of columns.
class ColumnReader {
 public:
  ColumnReader(const JsonRows& rows, const std::vector<JsonNode>& nodes, std::string_view name,
               PredictMemory& memory, const RowRules& rules)
      : rows_(rows), nodes_(nodes), name_(name), memory_(memory), rules_(rules) {}

  Result<void> read(std::size_t index) {
    RETURN_IF_ERROR(check(index));
    const std::size_t width = rows_.schema().takes_any_width ? 0 : features_.size();
    PredictCall& call = memory_.call;
    call.form = RowForm::list;
    call.request.row_count = row_count_;
    call.request.cells.resize(row_count_ * width);
    std::size_t column = 0;
    return for_keys(nodes_, index, [&](std::size_t key) -> Result<void> {
      if (width > 0 && !memory_.faults.is_full()) fill(key, features_[column]);
      ++column;
      return {};
    });
  }

 private:
  // What each column is, before any memory is taken for the cells.
  Result<void> check(std::size_t index) {
    std::vector<std::string> names;
    std::size_t first = kNone;
    RETURN_IF_ERROR(for_keys(nodes_, index, [&](std::size_t key) -> Result<void> {
      const JsonNode& column = nodes_[key + 1];
      if (column.kind != JsonKind::array) {
        return invalid(fmt::format("{}.{} is no list", name_, shown(nodes_[key].text)));
      }
      if (first == kNone) first = key;
      if (const std::size_t count = nodes_[first + 1].count; column.count != count) {
        return invalid(fmt::format("{}.{} has {} values, {}.{} has {}", name_,
                                   shown(nodes_[key].text), column.count, name_,
                                   shown(nodes_[first].text), count));
      }
      names.emplace_back(nodes_[key].text);
      return {};
    }));
    row_count_ = first == kNone ? 0 : nodes_[first + 1].count;
    RETURN_IF_ERROR(check_row_count(row_count_, name_));
    ASSIGN_OR_RETURN(features_, column_features(rows_, names, name_));
    return {};
  }

  void fill(std::size_t key, std::size_t feature) {
    const std::size_t width = rows_.schema().feature_count();
    const RowFaults faults{.list = memory_.faults, .base = {std::string(name_)}};
    Location where{echoed_key(nodes_[key].text), std::size_t{0}};
    std::size_t row = 0;
    for (std::size_t cell = key + 2; cell < nodes_[key + 1].end; cell = nodes_[cell].end) {
      if (memory_.faults.is_full()) return memory_.faults.leave_rows();
      where.back() = row;
      memory_.call.request.cells[row * width + feature] =
          rows_.read_cell(nodes_, cell, feature, where, faults, rules_);
      ++row;
    }
  }

  const JsonRows& rows_;
  const std::vector<JsonNode>& nodes_;
  const std::string_view name_;
  PredictMemory& memory_;
  const RowRules& rules_;
  std::vector<std::size_t> features_;  // by column
  std::size_t row_count_ = 0;
};

}  // namespace

Result<void> parse_rest_body(std::string_view body, JsonTape& tape) {
  if (body.empty()) return invalid("the body is empty, expected JSON");
  if (const auto parsed = tape.parse(body, JsonNumbers::with_infinite); !parsed) {
    return invalid(fmt::format("the JSON is broken at byte {}: {}", parsed.error().offset,
                               parsed.error().message));
  }
  return {};
}

Result<void> find_members(const std::vector<JsonNode>& nodes, std::size_t index,
                          std::string_view what, std::span<JsonMember> members) {
  if (nodes[index].kind != JsonKind::object) {
    return invalid(
        fmt::format("{} is no object, expected one with {}", what, known_names(members)));
  }
  return for_keys(nodes, index, [&](std::size_t key) -> Result<void> {
    const auto found = std::ranges::find(members, nodes[key].text, &JsonMember::name);
    if (found == members.end()) {
      return invalid(fmt::format("'{}' is unknown in {}, expected {}", shown(nodes[key].text), what,
                                 known_names(members)));
    }
    if (found->is_there()) return invalid(fmt::format("{} stands twice in {}", found->name, what));
    found->index = key + 1;
    return {};
  });
}

Result<std::string_view> member_text(const std::vector<JsonNode>& nodes, const JsonMember& member) {
  if (!member.is_there() || nodes[member.index].kind == JsonKind::null) return std::string_view();
  if (nodes[member.index].kind != JsonKind::string) {
    return invalid(fmt::format("{} is no text", member.name));
  }
  return nodes[member.index].text;
}

Result<void> read_row_list(const JsonRows& rows, const std::vector<JsonNode>& nodes,
                           const JsonMember& member, PredictMemory& memory, const RowRules& rules) {
  const JsonNode& node = nodes[member.index];
  if (node.kind != JsonKind::array) {
    return invalid(fmt::format("{} is no list of rows", member.name));
  }
  RETURN_IF_ERROR(check_row_count(node.count, member.name));
  rows.read_list(nodes, member.index, memory.call,
                 {.list = memory.faults, .base = {std::string(member.name)}}, rules);
  return {};
}

Result<void> read_columns(const JsonRows& rows, const std::vector<JsonNode>& nodes,
                          const JsonMember& member, PredictMemory& memory, const RowRules& rules) {
  const JsonNode& node = nodes[member.index];
  if (node.kind == JsonKind::array) return read_row_list(rows, nodes, member, memory, rules);
  if (node.kind != JsonKind::object) {
    return invalid(fmt::format("{} is neither an object of columns nor a list", member.name));
  }
  const bool is_wrapped = node.count == 1 && nodes[member.index + 1].text == rules.row_name &&
                          !rows.feature_index(rules.row_name);
  if (is_wrapped) {
    const JsonMember inner{.name = member.name, .index = member.index + 2};
    return read_row_list(rows, nodes, inner, memory, rules);
  }
  return ColumnReader(rows, nodes, member.name, memory, rules).read(member.index);
}

Result<std::vector<std::size_t>> column_features(const JsonRows& rows,
                                                 std::span<const std::string> names,
                                                 std::string_view what) {
  const Schema& schema = rows.schema();
  if (schema.takes_any_width) return std::vector<std::size_t>(names.size());
  const bool knows_none = std::ranges::none_of(
      names, [&](const std::string& name) { return rows.feature_index(name).has_value(); });
  std::vector<std::size_t> features;
  if (knows_none && names.size() == schema.feature_count() && numbered_name_prefix(schema)) {
    for (std::size_t column = 0; column < names.size(); ++column) features.push_back(column);
    return features;
  }
  std::vector<bool> is_there(schema.feature_count());
  for (const std::string& name : names) {
    const std::optional<std::size_t> feature = rows.feature_index(name);
    if (!feature) return invalid(fmt::format("{}: '{}' is no feature", what, shown(name)));
    if (is_there[*feature]) {
      return invalid(fmt::format("{}: the feature '{}' stands twice", what, shown(name)));
    }
    is_there[*feature] = true;
    features.push_back(*feature);
  }
  const auto missing = std::ranges::find(is_there, false);
  if (missing != is_there.end()) {
    const auto feature = static_cast<std::size_t>(missing - is_there.begin());
    return invalid(fmt::format("{}: the feature '{}' is missing, and {} more", what,
                               schema.feature_names[feature],
                               schema.feature_count() - features.size() - 1));
  }
  return features;
}

RowRules rest_rules(std::string_view row_name) {
  return {.takes_truth = true, .takes_lists = true, .takes_base64 = true, .row_name = row_name};
}

std::size_t full_row_count_max(const Question& question, std::size_t value_count) {
  const Schema& schema = question.model.schema();
  const std::size_t row_values = schema.takes_any_width ? 1 : schema.feature_count();
  return std::min(value_count / row_values + 1, kRowsPerRequestMax);
}

// A row of faults holds what it echoes, and its text is kept while the answer is written.
std::size_t rest_memory_size_max(const Question& question, std::size_t cell_count_max,
                                 std::size_t row_count_max, std::size_t row_size) {
  const std::size_t size = question.body.size();
  const std::size_t nodes = JsonTape::node_count_max(question.body);
  const std::size_t faults = size + kFaultCountMax * kEchoSizeMax;
  // The text decoded, and once more where words stand in the place of numbers.
  const std::size_t read = nodes * (sizeof(JsonNode) + 2 * kWordSize) + 2 * size + faults;
  const std::size_t answered =
      2 * row_count_max * (question.model.schema().answer_width() * sizeof(double) + row_size);
  return kFrameSize + cell_count_max * sizeof(double) + read + answered;
}

}  // namespace ml_inference
