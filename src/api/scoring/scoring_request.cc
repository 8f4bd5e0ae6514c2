// SPDX-License-Identifier: MIT
#include "api/scoring/scoring_request.h"

#include "api/cell_faults.h"
#include "api/limits.h"
#include "api/rest_answer.h"
#include "api/rest_request.h"
#include "base/printable_text.h"
#include "data/csv_record.h"
#include "data/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

// What SageMaker's formats call a row in an object of its own.
constexpr std::string_view kRowName = "features";

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::unexpected<Error> invalid(std::string message) {
  return fail(Code::invalid_argument, std::move(message));
}

Result<void> read_params(const Question& question, const std::vector<JsonNode>& nodes,
                         const JsonMember& params, AnswerForm& form) {
  std::string_view method;
  if (params.is_there() && nodes[params.index].kind != JsonKind::null) {
    std::array members{JsonMember{.name = "predict_method"}};
    RETURN_IF_ERROR(find_members(nodes, params.index, "params", members));
    ASSIGN_OR_RETURN(method, member_text(nodes, members[0]));
  }
  return want_method(question.model.tensors, method, false, "params.predict_method", form);
}

// The names of a data frame's columns; those that pandas numbers as texts.
Result<std::vector<std::string>> column_names(const std::vector<JsonNode>& nodes,
                                              std::size_t index) {
  if (nodes[index].kind != JsonKind::array) return invalid("dataframe_split.columns is no list");
  std::vector<std::string> names;
  for (std::size_t item = index + 1; item < nodes[index].end; item = nodes[item].end) {
    const JsonKind kind = nodes[item].kind;
    if (kind != JsonKind::string && kind != JsonKind::number) {
      return invalid("dataframe_split.columns has a value that is neither a text nor a number");
    }
    names.emplace_back(nodes[item].text);
  }
  return names;
}

// Whether the columns are 0, 1, 2 ...: those of a data frame without names.
bool are_numbered(const std::vector<std::string>& names) {
  for (std::size_t column = 0; column < names.size(); ++column) {
    if (names[column] != std::to_string(column)) return false;
  }
  return true;
}

Result<void> read_split_rows(const Question& question, const std::vector<JsonNode>& nodes,
                             std::size_t data, const std::vector<std::size_t>& features,
                             PredictMemory& memory) {
  const JsonRows& rows = question.model.json.rows();
  const RowFaults faults{.list = memory.faults, .base = {"dataframe_split", "data"}};
  PredictRequest& request = memory.call.request;
  const std::size_t width = rows.schema().takes_any_width ? 0 : features.size();
  memory.call.form = RowForm::list;
  Location where{std::size_t{0}, std::size_t{0}};
  for (std::size_t item = data + 1; item < nodes[data].end; item = nodes[item].end) {
    if (memory.faults.is_full()) break;
    const JsonNode& row = nodes[item];
    if (row.kind != JsonKind::array || row.count != features.size()) {
      return invalid(fmt::format("dataframe_split.data.{} is no list of {} values",
                                 request.row_count, features.size()));
    }
    where[0] = request.row_count;
    const std::size_t begin = request.cells.size();
    request.cells.resize(begin + width);
    std::size_t column = 0;
    for (std::size_t cell = item + 1; width > 0 && cell < row.end; cell = nodes[cell].end) {
      where[1] = column;
      const std::size_t feature = features[column++];
      request.cells[begin + feature] =
          rows.read_cell(nodes, cell, feature, where, faults, rest_rules({}));
    }
    ++request.row_count;
  }
  return {};
}

Result<void> read_split(const Question& question, const std::vector<JsonNode>& nodes,
                        std::size_t index, PredictMemory& memory) {
  std::array members{JsonMember{.name = "columns"}, JsonMember{.name = "index"},
                     JsonMember{.name = "data"}};
  RETURN_IF_ERROR(find_members(nodes, index, "dataframe_split", members));
  const JsonMember& columns = members[0];
  const JsonMember data{.name = "dataframe_split.data", .index = members[2].index};
  if (!data.is_there()) return invalid("dataframe_split has no data");
  const JsonRows& rows = question.model.json.rows();
  if (!columns.is_there()) return read_row_list(rows, nodes, data, memory, rest_rules({}));
  ASSIGN_OR_RETURN(const std::vector<std::string> names, column_names(nodes, columns.index));
  const bool is_positional = are_numbered(names) && !rows.feature_index("0");
  if (is_positional) return read_row_list(rows, nodes, data, memory, rest_rules({}));
  ASSIGN_OR_RETURN(const std::vector<std::size_t> features,
                   column_features(rows, names, "dataframe_split.columns"));
  const JsonNode& list = nodes[data.index];
  if (list.kind != JsonKind::array || list.count == 0 || list.count > kRowsPerRequestMax) {
    return invalid(
        fmt::format("dataframe_split.data is no list of 1 to {} rows", kRowsPerRequestMax));
  }
  return read_split_rows(question, nodes, data.index, features, memory);
}

// Reads the lines of a CSV text.
class CsvRows {
 public:
  CsvRows(const Question& question, PredictMemory& memory)
      : rows_(question.model.json.rows()), memory_(memory), reader_(text_of(question.body)) {}

  Result<void> read(CsvHeader header) {
    memory_.call.form = RowForm::list;
    CsvRecord record;
    ASSIGN_OR_RETURN(bool is_there, next(record));
    if (!is_there) return invalid("the body has no line");
    if (header == CsvHeader::present || (header == CsvHeader::unsaid && !is_row(record))) {
      RETURN_IF_ERROR(read_header(record));
      ASSIGN_OR_RETURN(is_there, next(record));
    }
    for (; is_there && !memory_.faults.is_full();) {
      RETURN_IF_ERROR(read_row(record));
      ASSIGN_OR_RETURN(is_there, next(record));
    }
    if (memory_.call.request.row_count == 0) return invalid("the body has no row");
    return {};
  }

 private:
  static std::string_view text_of(std::string_view body) {
    if (body.starts_with(kByteOrderMark)) body.remove_prefix(kByteOrderMark.size());
    return body;
  }

  // To a client a broken body is its fault, as any other.
  Result<bool> next(CsvRecord& record) {
    Result<bool> read = reader_.next(record);
    if (!read) return invalid(std::move(read).error().message);
    return read;
  }

  [[nodiscard]] const Schema& schema() const { return rows_.schema(); }

  // Whether a first line of which nobody says what it is holds cells.
  [[nodiscard]] bool is_row(const CsvRecord& record) const {
    if (schema().takes_any_width) return parse_number(record.cell(0)).has_value();
    if (record.ends.size() != schema().feature_count()) return false;
    bool has_numbers = false;
    bool has_names = true;
    for (std::size_t feature = 0; feature < record.ends.size(); ++feature) {
      const std::string_view cell = record.cell(feature);
      has_names = has_names && rows_.feature_index(cell).has_value();
      if (schema().categories_of(feature) != nullptr) continue;
      if (!parse_number(cell) && !parse_truth(cell)) return false;
      has_numbers = true;
    }
    return has_numbers || !has_names;
  }

  Result<void> read_header(const CsvRecord& record) {
    std::vector<std::string> names;
    for (std::size_t column = 0; column < record.ends.size(); ++column) {
      names.emplace_back(record.cell(column));
    }
    ASSIGN_OR_RETURN(features_, column_features(rows_, names, "the header"));
    return {};
  }

  Result<void> read_row(const CsvRecord& record) {
    PredictRequest& request = memory_.call.request;
    if (request.row_count == kRowsPerRequestMax) {
      return invalid(fmt::format("the body has more than {} rows", kRowsPerRequestMax));
    }
    const std::size_t row = request.row_count++;
    if (schema().takes_any_width) return {};
    const std::size_t width = schema().feature_count();
    if (record.ends.size() != width) {
      return invalid(
          fmt::format("line {} has {} cells, expected {}", record.line, record.ends.size(), width));
    }
    request.cells.resize((row + 1) * width);
    for (std::size_t column = 0; column < width; ++column) {
      const std::size_t feature = features_.empty() ? column : features_[column];
      const Cell cell = rows_.cells().csv(feature, record.cell(column));
      if (cell.refusal != CellRefusal::none) add_fault(row, feature, cell.refusal);
      request.cells[row * width + feature] = cell.value;
    }
    return {};
  }

  void add_fault(std::size_t row, std::size_t feature, CellRefusal refusal) {
    if (memory_.faults.is_full()) return memory_.faults.add_unlisted(1);
    const CellFaultText text = cell_fault_message(refusal);
    memory_.faults.add({.type = text.type,
                        .location = {"rows", row, schema().feature_names[feature]},
                        .message = std::string(text.message),
                        .input = "null"});
  }

  const JsonRows& rows_;
  PredictMemory& memory_;
  CsvRecordReader reader_;
  std::vector<std::size_t> features_;  // by column; empty: as they stand
};

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

Result<void> read_scoring_json(const Question& question, PredictMemory& memory) {
  RETURN_IF_ERROR(parse_rest_body(question.body, memory.tape));
  const std::vector<JsonNode>& nodes = memory.tape.nodes();
  std::array members{JsonMember{.name = "dataframe_split"}, JsonMember{.name = "dataframe_records"},
                     JsonMember{.name = "instances"}, JsonMember{.name = "inputs"},
                     JsonMember{.name = "params"}};
  RETURN_IF_ERROR(find_members(nodes, 0, "the body", members));
  const auto& [split, records, instances, inputs, params] = members;
  RETURN_IF_ERROR(read_params(question, nodes, params, memory.form));
  const auto count = std::count_if(members.begin(), members.end() - 1,
                                   [](const JsonMember& member) { return member.is_there(); });
  if (count != 1) {
    return invalid(
        fmt::format("the body has {} of dataframe_split, dataframe_records, instances "
                    "and inputs, expected exactly one",
                    count));
  }
  const JsonRows& rows = question.model.json.rows();
  const RowRules rules = rest_rules(kRowName);
  if (split.is_there()) return read_split(question, nodes, split.index, memory);
  if (records.is_there()) return read_row_list(rows, nodes, records, memory, rules);
  if (instances.is_there()) return read_row_list(rows, nodes, instances, memory, rules);
  return read_columns(rows, nodes, inputs, memory, rules);
}

Result<void> read_scoring_csv(const Question& question, CsvHeader header, PredictMemory& memory) {
  RETURN_IF_ERROR(want_method(question.model.tensors, {}, false, {}, memory.form));
  return CsvRows(question, memory).read(header);
}

Result<void> read_scoring_lines(const Question& question, PredictMemory& memory) {
  RETURN_IF_ERROR(want_method(question.model.tensors, {}, false, {}, memory.form));
  const JsonRows& rows = question.model.json.rows();
  memory.call.form = RowForm::list;
  std::string_view rest = question.body;
  for (std::size_t number = 1; !rest.empty() && !memory.faults.is_full(); ++number) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (is_blank(line)) continue;
    if (memory.call.request.row_count == kRowsPerRequestMax) {
      return invalid(fmt::format("the body has more than {} rows", kRowsPerRequestMax));
    }
    if (const auto parsed = parse_rest_body(line, memory.tape); !parsed) {
      return invalid(fmt::format("line {}: {}", number, parsed.error().message));
    }
    rows.read_row(memory.tape.nodes(), 0, memory.call,
                  {.list = memory.faults, .base = {"rows", memory.call.request.row_count}},
                  rest_rules(kRowName));
  }
  if (memory.call.request.row_count == 0 && memory.faults.empty()) {
    return invalid("the body has no row");
  }
  return {};
}

}  // namespace ml_inference
