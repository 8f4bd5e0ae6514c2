// SPDX-License-Identifier: MIT
#include "api/predict_json.h"

#include "api/limits.h"
#include "base/json_text.h"
#include "base/number_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ml_inference {
namespace {

// Of one number as JSON: a sign, 17 digits, a point and an exponent.
constexpr std::size_t kNumberSizeMax = 24;

// The names and brackets around one row's numbers, and a comma.
constexpr std::size_t kRowFrameSize = 96;

// The brackets and commas of one target in them.
constexpr std::size_t kTargetFrameSize = 12;

// The names and brackets around all rows, and room for the header of the answer.
constexpr std::size_t kListFrameSize = 1'024;

}  // namespace

PredictDialect::PredictDialect(const Schema& schema) : rows_(schema) {
  for (const TargetAnswer& answer : target_answers(schema)) {
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
  std::size_t size = kRowFrameSize + schema().answer_width() * (kNumberSizeMax + 1);
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
  const std::size_t cells = nodes + schema().feature_count();
  const std::size_t row_nodes = 1 + (schema().takes_any_width ? 0 : schema().feature_count());
  const std::size_t rows = std::min(nodes / row_nodes + 1, kRowsPerRequestMax);
  const std::size_t faults = body.size() + kFaultCountMax * kEchoSizeMax;
  const std::size_t read = nodes * sizeof(JsonNode) + body.size() + faults;  // decoded strings too
  const std::size_t refused = 3 * faults;  // and their text, which holds two of itself as it grows
  const std::size_t answered =
      2 * rows * schema().answer_width() * sizeof(double) + kListFrameSize + rows * row_size_max_;
  return cells * sizeof(double) + std::max({read, refused, answered});
}

void PredictDialect::read_document(const std::vector<JsonNode>& nodes, PredictCall& call,
                                   FaultList& faults) const {
  if (nodes[0].kind != JsonKind::object) {
    return add_fault(
        nodes, 0,
        {.type = "model_attributes_type",
         .location = {"body"},
         .message = "Input should be a valid dictionary or object to extract fields from"},
        faults);
  }
  std::size_t features = 0;
  for (std::size_t key = 1; key < nodes[0].end; key = nodes[key + 1].end) {
    if (nodes[key].text != "features") {
      add_fault(nodes, key + 1,
                {.type = "extra_forbidden",
                 .location = {"body", echoed_key(nodes[key].text)},
                 .message = "Extra inputs are not permitted"},
                faults);
    } else if (features != 0) {
      add_fault(nodes, key + 1,
                {.type = "duplicate_key",
                 .location = {"body", "features"},
                 .message = "The key stands twice"},
                faults);
    } else {
      features = key + 1;
    }
  }
  if (features == 0) {
    return add_fault(
        nodes, 0,
        {.type = "missing", .location = {"body", "features"}, .message = "Field required"}, faults);
  }
  rows_.read(nodes, features, call, {.list = faults, .base = {"body", "features"}});
}

void PredictDialect::read(std::string_view body, JsonTape& tape, PredictCall& call,
                          FaultList& faults) const {
  call.clear();
  if (body.empty()) {
    faults.add(
        {.type = "missing", .location = {"body"}, .message = "Field required", .input = "null"});
    return;
  }
  if (const auto parsed = tape.parse(body); !parsed) return add_json_fault(parsed.error(), faults);
  read_document(tape.nodes(), call, faults);
}

void PredictDialect::read_row(std::string_view line, JsonTape& tape, PredictCall& call,
                              FaultList& faults) const {
  call.clear();
  if (const auto parsed = tape.parse(line); !parsed) {
    faults.add({.type = "json_invalid",
                .location = {"row"},
                .message = fmt::format("no JSON at byte {}: {}", parsed.error().offset + 1,
                                       parsed.error().message),
                .input = "null"});
    return;
  }
  rows_.read_row(tape.nodes(), 0, call, {.list = faults, .base = {"row"}}, {.takes_truth = true});
}

void PredictDialect::append_answer(std::string& out, RowForm form,
                                   std::span<const double> answers) const {
  const std::size_t width = schema().answer_width();
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
  const Target& first = schema().targets.front();
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
  const Target& first = schema().targets.front();
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
  if (schema().task() == Task::regression) return number_text(first.outputs(answer)[0]);
  return label_text(first.target.class_labels[first.best_class(answer)]);
}

}  // namespace ml_inference
