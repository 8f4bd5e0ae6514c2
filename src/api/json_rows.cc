// SPDX-License-Identifier: MIT
#include "api/json_rows.h"

#include "api/cell_faults.h"
#include "api/limits.h"
#include "base/assert.h"
#include "base/base64.h"
#include "base/json_text.h"
#include "serving/numbered_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

namespace ml_inference {
namespace {

// A cell that no value has filled yet, while a row is read by name. No JSON number is this NaN.
const double kUnset = std::numeric_limits<double>::quiet_NaN();

std::string length_context(std::string_view limit, std::size_t allowed, std::size_t actual) {
  return fmt::format(R"({{"field_type":"List","{}":{},"actual_length":{}}})", limit, allowed,
                     actual);
}

// Whether the value may be short enough. One that is surely too long, with a byte a node or more
// and all of its texts, is not worth the work and the memory.
bool may_be_echoed(const std::vector<JsonNode>& nodes, std::size_t index) {
  const std::size_t end = nodes[index].end;
  if (end - index > kEchoSizeMax) return false;
  std::size_t size = 0;
  for (std::size_t node = index; node < end && size <= kEchoSizeMax; ++node) {
    size += nodes[node].text.size();
  }
  return size <= kEchoSizeMax;
}

}  // namespace

// A key of the request may be as long as its body.
std::string echoed_key(std::string_view key) {
  if (key.size() <= kEchoedKeySizeMax) return std::string(key);
  std::size_t size = kEchoedKeySizeMax;
  while (size > 0 && (static_cast<unsigned char>(key[size]) & 0xC0) == 0x80) --size;
  return std::string(key.substr(0, size)) + "...";
}

void PredictCall::clear() {
  request.cells.clear();
  request.packed = {};
  request.row_count = 0;
  form = RowForm::single;
}

void add_json_fault(const JsonFault& fault, FaultList& faults) {
  std::string reason;
  append_json_string(reason, fault.message);
  faults.add({.type = "json_invalid",
              .location = {"body", fault.offset},
              .message = "JSON decode error",
              .input = "{}",
              .context = R"({"error":)" + reason + "}"});
}

void add_fault(const std::vector<JsonNode>& nodes, std::size_t index, RequestFault fault,
               FaultList& faults) {
  if (faults.is_full()) return faults.add_unlisted(1);
  fault.input.clear();
  if (may_be_echoed(nodes, index)) append_json(fault.input, nodes, index);
  if (fault.input.empty() || fault.input.size() > kEchoSizeMax) fault.input = "null";
  faults.add(std::move(fault));
}

// Walks the rows of one document and fills one call.
class JsonRows::Reader {
 public:
  Reader(const JsonRows& rows, const std::vector<JsonNode>& nodes, PredictCall& call,
         const RowFaults& faults, const RowRules& rules)
      : rows_(rows),
        schema_(rows.schema_),
        nodes_(nodes),
        call_(call),
        faults_(faults.list),
        base_(faults.base),
        rules_(rules) {}

  // The row that is being read, for locations: none for the single form.
  using RowIndex = std::optional<std::size_t>;

  void read_list(std::size_t index) {
    const JsonNode& node = nodes_[index];
    call_.form = RowForm::list;
    if (node.count > kRowsPerRequestMax) {
      return fault("too_long", location(std::nullopt),
                   fmt::format("List should have at most {} items after validation, not {}",
                               kRowsPerRequestMax, node.count),
                   index, length_context("max_length", kRowsPerRequestMax, node.count));
    }
    // A vector that grows holds its old and its new self.
    call_.request.cells.reserve(std::min(node.count * schema_.feature_count(), nodes_.size()));
    std::size_t row = 0;
    for (std::size_t child = index + 1; child < node.end; child = nodes_[child].end) {
      if (faults_.is_full()) return faults_.leave_rows();
      read_row(child, row++);
    }
  }

  // The row itself, where an object of one member holds it.
  [[nodiscard]] std::size_t unwrapped(std::size_t index) const {
    const JsonNode& node = nodes_[index];
    const bool is_wrapped = node.kind == JsonKind::object && node.count == 1 &&
                            !rules_.row_name.empty() && nodes_[index + 1].text == rules_.row_name;
    return is_wrapped && !rows_.feature_index(rules_.row_name) ? index + 2 : index;
  }

  void read_row(std::size_t index, RowIndex row) {
    const std::size_t begin = call_.request.cells.size();
    index = unwrapped(index);
    switch (nodes_[index].kind) {
      case JsonKind::array: read_positional(index, row); break;
      case JsonKind::object: read_named(index, row); break;
      default:
        if (!rules_.takes_lists || schema_.feature_count() != 1) {
          return fault("list_type", location(row), "Input should be a valid list", index);
        }
        if (!schema_.takes_any_width) {
          const double cell = read_cell(index, row, 0, std::size_t{0});
          if (faults_.empty()) call_.request.cells.push_back(cell);
        }
    }
    ++call_.request.row_count;
    const std::size_t width = schema_.takes_any_width ? 0 : schema_.feature_count();
    ASSERT(!faults_.empty() || call_.request.cells.size() == begin + width);
  }

  void read_positional(std::size_t index, RowIndex row) {
    if (schema_.takes_any_width) return;  // nobody looks at the cells
    const JsonNode& node = nodes_[index];
    const std::size_t expected = schema_.feature_count();
    if (node.count < expected) {
      fault("too_short", location(row),
            fmt::format("List should have at least {} item{} after validation, not {}", expected,
                        expected == 1 ? "" : "s", node.count),
            index, length_context("min_length", expected, node.count));
    } else if (node.count > expected) {
      fault("too_long", location(row),
            fmt::format("List should have at most {} item{} after validation, not {}", expected,
                        expected == 1 ? "" : "s", node.count),
            index, length_context("max_length", expected, node.count));
    }
    std::size_t position = 0;
    for (std::size_t child = index + 1; child < node.end; child = nodes_[child].end) {
      // Beyond the last feature nothing is expected, and the row is refused already.
      const std::size_t feature = std::min(position, expected - 1);
      const double cell = read_cell(child, row, feature, position++);
      // With a fault the call means nothing, and takes no more memory.
      if (faults_.empty()) call_.request.cells.push_back(cell);
    }
  }

  // What a feature is that no key names; nothing where it has to be named.
  [[nodiscard]] std::optional<double> absent_value(std::size_t feature) const {
    if (!rules_.absent_is_missing) return std::nullopt;
    const Cell cell = rows_.cells_.missing(feature);
    return cell.refusal == CellRefusal::none ? std::optional(cell.value) : std::nullopt;
  }

  void read_named(std::size_t index, RowIndex row) {
    if (schema_.takes_any_width) return;  // nobody looks at the cells
    const std::size_t begin = call_.request.cells.size();
    if (faults_.empty()) call_.request.cells.resize(begin + schema_.feature_count(), kUnset);
    given_.assign(schema_.feature_count(), false);
    for (std::size_t key = index + 1; key < nodes_[index].end; key = nodes_[key + 1].end) {
      const std::string_view name = nodes_[key].text;
      const std::optional<std::size_t> feature = rows_.feature_index(name);
      if (!feature) {
        fault("extra_forbidden", location(row, echoed_key(name)), unknown_name_text(), key + 1);
      } else if (given_[*feature]) {
        fault("duplicate_key", location(row, std::string(name)), "The key stands twice", key + 1);
      } else {
        given_[*feature] = true;
        const double cell = read_cell(key + 1, row, *feature, std::string(name));
        if (faults_.empty()) call_.request.cells[begin + *feature] = cell;
      }
    }
    for (std::size_t feature = 0; feature < given_.size(); ++feature) {
      if (given_[feature]) continue;
      if (const auto missing = absent_value(feature)) {
        if (faults_.empty()) call_.request.cells[begin + feature] = *missing;
        continue;
      }
      if (faults_.is_full()) {
        faults_.add_unlisted(1);
        continue;
      }
      fault("missing", location(row, schema_.feature_names[feature]), "Field required", index);
    }
  }

 private:
  double read_cell(std::size_t index, RowIndex row, std::size_t feature,
                   std::variant<std::string, std::size_t> where) {
    const Cell cell = rows_.cell_of(nodes_, index, feature, rules_);
    if (cell.refusal != CellRefusal::none) {
      const CellFaultText text = cell_fault_message(cell.refusal);
      fault(text.type, location(row, std::move(where)), std::string(text.message), index);
    }
    return cell.value;
  }

  [[nodiscard]] Location location(RowIndex row) const {
    Location where = base_;
    if (row) where.emplace_back(*row);
    return where;
  }

  [[nodiscard]] Location location(RowIndex row, std::variant<std::string, std::size_t> cell) const {
    Location where = location(row);
    where.push_back(std::move(cell));
    return where;
  }

  void fault(std::string_view type, Location where, std::string message, std::size_t index,
             std::string context = {}) {
    add_fault(nodes_, index,
              {.type = type,
               .location = std::move(where),
               .message = std::move(message),
               .input = {},
               .context = std::move(context)},
              faults_);
  }

  // Of a file without feature names, whoever made the row cannot know the names that we gave them.
  [[nodiscard]] std::string unknown_name_text() const {
    std::string text = "Extra inputs are not permitted";
    const std::vector<std::string>& names = schema_.feature_names;
    if (!rows_.number_prefix_) return text;
    return text + fmt::format(": the features are '{}' to '{}', as in a file without names",
                              names.front(), names.back());
  }

  const JsonRows& rows_;
  const Schema& schema_;
  const std::vector<JsonNode>& nodes_;
  PredictCall& call_;
  FaultList& faults_;
  const Location& base_;
  const RowRules& rules_;
  std::vector<bool> given_;  // by feature, of the row that is read by name
};

JsonRows::JsonRows(const Schema& schema)
    : schema_(schema), number_prefix_(numbered_name_prefix(schema)), cells_(schema_) {
  // Numbered names tell their numbers: a file of some hundred bytes may have a million of them.
  for (std::size_t feature = 0; !number_prefix_ && feature < schema_.feature_count(); ++feature) {
    feature_indices_.emplace(schema_.feature_names[feature], feature);
  }
}

void JsonRows::read(const std::vector<JsonNode>& nodes, std::size_t index, PredictCall& call,
                    const RowFaults& faults, const RowRules& rules) const {
  const JsonNode& node = nodes[index];
  const bool has_rows =
      node.kind == JsonKind::array && node.count > 0 &&
      (nodes[index + 1].kind == JsonKind::array || nodes[index + 1].kind == JsonKind::object);
  if (has_rows) return read_list(nodes, index, call, faults, rules);
  read_row(nodes, index, call, faults, rules);
}

void JsonRows::read_list(const std::vector<JsonNode>& nodes, std::size_t index, PredictCall& call,
                         const RowFaults& faults, const RowRules& rules) const {
  Reader(*this, nodes, call, faults, rules).read_list(index);
}

void JsonRows::read_row(const std::vector<JsonNode>& nodes, std::size_t index, PredictCall& call,
                        const RowFaults& faults, const RowRules& rules) const {
  Reader(*this, nodes, call, faults, rules).read_row(index, std::nullopt);
}

Cell JsonRows::base64_cell(const std::vector<JsonNode>& nodes, std::size_t index,
                           std::size_t feature) const {
  const bool is_text = nodes[index].count == 1 && nodes[index + 1].text == "b64" &&
                       nodes[index + 2].kind == JsonKind::string;
  const auto bytes = is_text ? decode_base64(nodes[index + 2].text) : std::nullopt;
  return bytes ? cells_.text(feature, *bytes) : Cell{.refusal = CellRefusal::not_a_number};
}

// A missing value is written as null, since JSON has no NaN.
Cell JsonRows::cell_of(const std::vector<JsonNode>& nodes, std::size_t index, std::size_t feature,
                       const RowRules& rules) const {
  const JsonNode& node = nodes[index];
  switch (node.kind) {
    case JsonKind::null: {
      const Cell cell = cells_.missing(feature);
      if (cell.refusal == CellRefusal::none) return cell;
      return {.refusal = CellRefusal::not_a_number};
    }
    case JsonKind::number: return cells_.number(feature, node.number);
    case JsonKind::string: return cells_.text(feature, node.text);
    case JsonKind::boolean:
      return rules.takes_truth ? cells_.truth_or_number(feature, node.truth)
                               : cells_.truth(feature, node.truth);
    case JsonKind::array:
      if (rules.takes_lists && node.count == 1) return cell_of(nodes, index + 1, feature, rules);
      break;
    case JsonKind::object:
      if (rules.takes_base64) return base64_cell(nodes, index, feature);
      break;
    default: break;
  }
  return {.refusal = CellRefusal::not_a_number};
}

double JsonRows::read_cell(const std::vector<JsonNode>& nodes, std::size_t index,
                           std::size_t feature, const Location& where, const RowFaults& faults,
                           const RowRules& rules) const {
  const Cell cell = cell_of(nodes, index, feature, rules);
  if (cell.refusal == CellRefusal::none) return cell.value;
  const CellFaultText text = cell_fault_message(cell.refusal);
  Location location = faults.base;
  location.insert(location.end(), where.begin(), where.end());
  add_fault(
      nodes, index,
      {.type = text.type, .location = std::move(location), .message = std::string(text.message)},
      faults.list);
  return cell.value;
}

std::optional<std::size_t> JsonRows::feature_index(std::string_view name) const {
  if (!number_prefix_) {
    const auto found = feature_indices_.find(name);
    if (found == feature_indices_.end()) return std::nullopt;
    return found->second;
  }
  if (!name.starts_with(*number_prefix_)) return std::nullopt;
  const std::string_view digits = name.substr(number_prefix_->size());
  std::size_t index = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), index);
  const bool is_name = index < schema_.feature_count() && schema_.feature_names[index] == name;
  return is_name ? std::optional(index) : std::nullopt;
}

}  // namespace ml_inference
