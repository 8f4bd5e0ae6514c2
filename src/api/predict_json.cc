// SPDX-License-Identifier: MIT
#include "api/predict_json.h"

#include "api/limits.h"
#include "base/assert.h"
#include "base/json_text.h"
#include "base/number_text.h"
#include "serving/numbered_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

namespace ml_inference {
namespace {

// A cell that no value has filled yet, while a row is read by name. No JSON number is this NaN.
const double kUnset = std::numeric_limits<double>::quiet_NaN();

// Of one number as JSON: a sign, 17 digits, a point and an exponent.
constexpr std::size_t kNumberSizeMax = 24;

// The names and brackets around one row's numbers, and a comma.
constexpr std::size_t kRowFrameSize = 96;

// The brackets and commas of one target in them.
constexpr std::size_t kTargetFrameSize = 12;

// The names and brackets around all rows, and room for the header of the answer.
constexpr std::size_t kListFrameSize = 1'024;

// A key of the request may be as long as its body.
std::string echoed_key(std::string_view key) {
  if (key.size() <= kEchoedKeySizeMax) return std::string(key);
  std::size_t size = kEchoedKeySizeMax;
  while (size > 0 && (static_cast<unsigned char>(key[size]) & 0xC0) == 0x80) --size;
  return std::string(key.substr(0, size)) + "...";
}

std::string length_context(std::string_view limit, std::size_t allowed, std::size_t actual) {
  return fmt::format(R"({{"field_type":"List","{}":{},"actual_length":{}}})", limit, allowed,
                     actual);
}

}  // namespace

// Walks one document and fills one call.
class PredictDialect::Reader {
 public:
  Reader(const PredictDialect& dialect, const std::vector<JsonNode>& nodes, PredictCall& call,
         FaultList& faults, Location base, bool takes_truth = false)
      : dialect_(dialect),
        schema_(dialect.schema_),
        nodes_(nodes),
        call_(call),
        faults_(faults),
        base_(std::move(base)),
        takes_truth_(takes_truth) {}

  void read_document() {
    if (nodes_[0].kind != JsonKind::object) {
      return fault("model_attributes_type", {"body"},
                   "Input should be a valid dictionary or object to extract fields from", 0);
    }
    std::size_t features = 0;
    for (std::size_t key = 1; key < nodes_[0].end; key = nodes_[key + 1].end) {
      if (nodes_[key].text != "features") {
        fault("extra_forbidden", {"body", echoed_key(nodes_[key].text)},
              "Extra inputs are not permitted", key + 1);
      } else if (features != 0) {
        fault("duplicate_key", {"body", "features"}, "The key stands twice", key + 1);
      } else {
        features = key + 1;
      }
    }
    if (features == 0) return fault("missing", {"body", "features"}, "Field required", 0);
    read_features(features);
  }

  void read_line() { read_row(0, std::nullopt); }

 private:
  // The row that is being read, for locations: none for the single form.
  using RowIndex = std::optional<std::size_t>;

  void read_features(std::size_t index) {
    const JsonNode& node = nodes_[index];
    const bool has_rows =
        node.kind == JsonKind::array && node.count > 0 &&
        (nodes_[index + 1].kind == JsonKind::array || nodes_[index + 1].kind == JsonKind::object);
    if (!has_rows) return read_row(index, std::nullopt);
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

  void read_row(std::size_t index, RowIndex row) {
    const std::size_t begin = call_.request.cells.size();
    switch (nodes_[index].kind) {
      case JsonKind::array: read_positional(index, row); break;
      case JsonKind::object: read_named(index, row); break;
      default: fault("list_type", location(row), "Input should be a valid list", index); return;
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

  void read_named(std::size_t index, RowIndex row) {
    if (schema_.takes_any_width) return;  // nobody looks at the cells
    const std::size_t begin = call_.request.cells.size();
    if (faults_.empty()) call_.request.cells.resize(begin + schema_.feature_count(), kUnset);
    given_.assign(schema_.feature_count(), false);
    for (std::size_t key = index + 1; key < nodes_[index].end; key = nodes_[key + 1].end) {
      const std::string_view name = nodes_[key].text;
      const std::optional<std::size_t> feature = dialect_.feature_index(name);
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
      if (faults_.is_full()) {
        faults_.add_unlisted(1);
        continue;
      }
      fault("missing", location(row, schema_.feature_names[feature]), "Field required", index);
    }
  }

  // A missing value is written as null, since JSON has no NaN.
  Cell cell_of(const JsonNode& node, std::size_t feature) const {
    switch (node.kind) {
      case JsonKind::null: {
        const Cell cell = dialect_.cells_.missing(feature);
        if (cell.refusal == CellRefusal::none) return cell;
        return {.refusal = CellRefusal::not_a_number};
      }
      case JsonKind::number: return dialect_.cells_.number(feature, node.number);
      case JsonKind::string: return dialect_.cells_.text(feature, node.text);
      case JsonKind::boolean:
        return takes_truth_ ? dialect_.cells_.truth_or_number(feature, node.truth)
                            : dialect_.cells_.truth(feature, node.truth);
      default: return {.refusal = CellRefusal::not_a_number};
    }
  }

  double read_cell(std::size_t index, RowIndex row, std::size_t feature,
                   std::variant<std::string, std::size_t> where) {
    const Cell cell = cell_of(nodes_[index], feature);
    switch (cell.refusal) {
      case CellRefusal::none: break;
      case CellRefusal::not_a_number:
        fault("float_type", location(row, std::move(where)), "Input should be a valid number",
              index);
        break;
      case CellRefusal::missing:
      case CellRefusal::infinite:
        fault("finite_number", location(row, std::move(where)), "Input should be a finite number",
              index);
        break;
      case CellRefusal::too_large:
        fault("finite_number", location(row, std::move(where)),
              "Input should be a finite number, at most 3.4028235e+38 in magnitude", index);
        break;
      case CellRefusal::unknown_category:
        fault("enum", location(row, std::move(where)),
              "Input should be one of the feature's categories", index);
        break;
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
    if (faults_.is_full()) return faults_.add_unlisted(1);
    std::string input;
    if (may_be_echoed(index)) append_json(input, nodes_, index);
    if (input.empty() || input.size() > kEchoSizeMax) input = "null";
    faults_.add({.type = type,
                 .location = std::move(where),
                 .message = std::move(message),
                 .input = std::move(input),
                 .context = std::move(context)});
  }

  // Whether the value may be short enough. One that is surely too long, with a byte a node or more
  // and all of its texts, is not worth the work and the memory.
  [[nodiscard]] bool may_be_echoed(std::size_t index) const {
    const std::size_t end = nodes_[index].end;
    if (end - index > kEchoSizeMax) return false;
    std::size_t size = 0;
    for (std::size_t node = index; node < end && size <= kEchoSizeMax; ++node) {
      size += nodes_[node].text.size();
    }
    return size <= kEchoSizeMax;
  }

  // Of a file without feature names, whoever made the row cannot know the names that we gave them.
  [[nodiscard]] std::string unknown_name_text() const {
    std::string text = "Extra inputs are not permitted";
    const std::vector<std::string>& names = schema_.feature_names;
    if (!dialect_.number_prefix_) return text;
    return text + fmt::format(": the features are '{}' to '{}', as in a file without names",
                              names.front(), names.back());
  }

  const PredictDialect& dialect_;
  const Schema& schema_;
  const std::vector<JsonNode>& nodes_;
  PredictCall& call_;
  FaultList& faults_;
  Location base_;            // where the rows are
  bool takes_truth_;         // as a number, where a feature takes numbers
  std::vector<bool> given_;  // by feature, of the row that is read by name
};

std::optional<std::size_t> PredictDialect::feature_index(std::string_view name) const {
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

PredictDialect::PredictDialect(const Schema& schema)
    : schema_(schema), number_prefix_(numbered_name_prefix(schema)), cells_(schema_) {
  // Numbered names tell their numbers: a file of some hundred bytes may have a million of them.
  for (std::size_t feature = 0; !number_prefix_ && feature < schema_.feature_count(); ++feature) {
    feature_indices_.emplace(schema_.feature_names[feature], feature);
  }
  for (const TargetAnswer& answer : target_answers(schema_)) {
    TargetText& text = targets_.emplace_back(TargetText{answer, {}, {}});
    for (const Label& label : text.target.class_labels) {
      std::string quoted;
      append_json_string(quoted, label_text(label));
      const bool is_text = std::holds_alternative<std::string>(label);
      text.prediction_json.push_back(is_text ? quoted : label_text(label));
      text.key_json.push_back(quoted + ":");
    }
  }
  row_size_max_ = row_size_max();
}

std::size_t PredictDialect::row_size_max() const {
  std::size_t size = kRowFrameSize + schema_.answer_width() * (kNumberSizeMax + 1);
  for (const TargetText& target : targets_) {
    std::size_t longest = kNumberSizeMax;
    for (const std::string& text : target.prediction_json) longest = std::max(longest, text.size());
    // The class or the number, its index and its confidence, with brackets and commas.
    size += longest + 2 * kNumberSizeMax + kTargetFrameSize;
    for (const std::string& key : target.key_json) size += key.size();
  }
  return size;
}

std::size_t PredictDialect::memory_size_max(std::string_view body) const {
  const std::size_t nodes = JsonTape::node_count_max(body);
  // A cell has a node of its own, but in the row by name that is found to lack some.
  const std::size_t cells = nodes + schema_.feature_count();
  const std::size_t row_nodes = 1 + (schema_.takes_any_width ? 0 : schema_.feature_count());
  const std::size_t rows = std::min(nodes / row_nodes + 1, kRowsPerRequestMax);
  const std::size_t faults = body.size() + kFaultCountMax * kEchoSizeMax;
  const std::size_t read = nodes * sizeof(JsonNode) + body.size() + faults;  // decoded strings too
  const std::size_t refused = 3 * faults;  // and their text, which holds two of itself as it grows
  const std::size_t answered =
      2 * rows * schema_.answer_width() * sizeof(double) + kListFrameSize + rows * row_size_max_;
  return cells * sizeof(double) + std::max({read, refused, answered});
}

void PredictDialect::clear(PredictCall& call) {
  call.request.cells.clear();
  call.request.row_count = 0;
  call.form = RowForm::single;
}

void PredictDialect::read(std::string_view body, JsonTape& tape, PredictCall& call,
                          FaultList& faults) const {
  clear(call);
  if (body.empty()) {
    faults.add(
        {.type = "missing", .location = {"body"}, .message = "Field required", .input = "null"});
    return;
  }
  if (const auto parsed = tape.parse(body); !parsed) {
    std::string reason;
    append_json_string(reason, parsed.error().message);
    faults.add({.type = "json_invalid",
                .location = {"body", parsed.error().offset},
                .message = "JSON decode error",
                .input = "{}",
                .context = R"({"error":)" + reason + "}"});
    return;
  }
  Reader(*this, tape.nodes(), call, faults, {"body", "features"}).read_document();
}

void PredictDialect::read_row(std::string_view line, JsonTape& tape, PredictCall& call,
                              FaultList& faults) const {
  clear(call);
  if (const auto parsed = tape.parse(line); !parsed) {
    faults.add({.type = "json_invalid",
                .location = {"row"},
                .message = fmt::format("no JSON at byte {}: {}", parsed.error().offset + 1,
                                       parsed.error().message),
                .input = "null"});
    return;
  }
  Reader(*this, tape.nodes(), call, faults, {"row"}, true).read_line();
}

void PredictDialect::append_answer(std::string& out, RowForm form,
                                   std::span<const double> answers) const {
  const std::size_t width = schema_.answer_width();
  if (form == RowForm::single) return append_row(out, answers);
  // A string that grows holds its old and its new self; and the header goes in front.
  out.reserve(out.size() + kListFrameSize + answers.size() / width * row_size_max_);
  out += R"({"predictions":[)";
  for (std::size_t begin = 0; begin < answers.size(); begin += width) {
    if (begin != 0) out += ',';
    append_row(out, answers.subspan(begin, width));
  }
  out += "]}";
}

void PredictDialect::append_prediction(std::string& out, const TargetText& target,
                                       std::span<const double> answer) {
  if (target.target.task == Task::regression) {
    append_json_number(out, target.outputs(answer)[0]);
  } else {
    out += target.prediction_json[target.best_class(answer)];
  }
}

void PredictDialect::append_probabilities(std::string& out, const TargetText& target,
                                          std::span<const double> answer) {
  const std::span<const double> outputs = target.outputs(answer);
  out += '{';
  for (std::size_t index = 0; index < outputs.size(); ++index) {
    if (index != 0) out += ',';
    out += target.key_json[index];
    append_json_number(out, outputs[index]);
  }
  out += '}';
}

// One score is a number, several are a list, as the library's arrays have them.
void PredictDialect::append_scores(std::string& out, const TargetText& target,
                                   std::span<const double> answer) {
  const std::span<const double> scores = target.scores(answer);
  if (scores.size() == 1) return append_json_number(out, scores[0]);
  out += '[';
  for (std::size_t index = 0; index < scores.size(); ++index) {
    if (index != 0) out += ',';
    append_json_number(out, scores[index]);
  }
  out += ']';
}

template <class Write>
void PredictDialect::append_member(std::string& out, std::string_view name, Write write) const {
  out += name;
  if (targets_.size() == 1) return write(targets_.front());
  out += '[';
  for (const TargetText& target : targets_) {
    if (&target != &targets_.front()) out += ',';
    write(target);
  }
  out += ']';
}

void PredictDialect::append_row(std::string& out, std::span<const double> answer) const {
  const Target& first = schema_.targets.front();
  append_member(out, R"({"prediction":)",
                [&](const TargetText& target) { append_prediction(out, target, answer); });
  if (first.task == Task::classification) {
    append_member(out, R"(,"prediction_index":)", [&](const TargetText& target) {
      out += std::to_string(target.best_class(answer));
    });
    if (first.has_probabilities) {
      append_member(out, R"(,"probabilities":)",
                    [&](const TargetText& target) { append_probabilities(out, target, answer); });
      append_member(out, R"(,"confidence":)", [&](const TargetText& target) {
        append_json_number(out, target.outputs(answer)[target.best_class(answer)]);
      });
    }
  }
  if (first.score_count > 0) {
    append_member(out, R"(,"scores":)",
                  [&](const TargetText& target) { append_scores(out, target, answer); });
  }
  out += '}';
}

void PredictDialect::append_no_answer(std::string& out) const {
  const Target& first = schema_.targets.front();
  out += R"({"prediction":null)";
  if (first.task == Task::classification) {
    out += R"(,"prediction_index":null)";
    if (first.has_probabilities) out += R"(,"probabilities":null,"confidence":null)";
  }
  if (first.score_count > 0) out += R"(,"scores":null)";
  out += '}';
}

std::string PredictDialect::prediction_text(std::span<const double> answer) const {
  const TargetText& first = targets_.front();
  if (schema_.task() == Task::regression) return number_text(first.outputs(answer)[0]);
  return label_text(first.target.class_labels[first.best_class(answer)]);
}

}  // namespace ml_inference
