// SPDX-License-Identifier: MIT
#include "api/v1/v1_dialect.h"

#include "api/limits.h"
#include "api/rest_answer.h"
#include "api/rest_request.h"
#include "api/v1/v1_request.h"
#include "base/json_text.h"

#include <algorithm>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

// A digit and a comma.
constexpr std::size_t kCellSizeMin = 2;

// An example whose features all stand in the context, and a comma.
constexpr std::size_t kExampleSizeMin = 3;

// Brackets and commas of one class and its score, and the score's digits.
constexpr std::size_t kScoreSizeMax = 32;

bool has_examples(const Question& question) {
  return question.route.operation != Operation::predict;
}

// [["setosa",1.0],["versicolor",0.0]] for each row.
void append_classes(std::string& out, const SpokenModel& model, std::span<const double> answers) {
  std::vector<std::string> labels;
  for (const Label& label : model.schema().class_labels()) {
    append_json_string(labels.emplace_back("["), label_text(label));
    labels.back() += ',';
  }
  const TargetAnswer& target = model.tensors.targets().front();
  const std::size_t width = model.schema().answer_width();
  for (std::size_t begin = 0; begin < answers.size(); begin += width) {
    const std::span<const double> scores = target.outputs(answers.subspan(begin, width));
    out += begin == 0 ? "[" : ",[";
    for (std::size_t index = 0; index < scores.size(); ++index) {
      if (index != 0) out += ',';
      out += labels[index];
      append_json_number(out, scores[index]);
      out += ']';
    }
    out += ']';
  }
}

void append_numbers(std::string& out, const SpokenModel& model, std::span<const double> answers) {
  const TargetAnswer& target = model.tensors.targets().front();
  const std::size_t width = model.schema().answer_width();
  for (std::size_t begin = 0; begin < answers.size(); begin += width) {
    if (begin != 0) out += ',';
    append_json_number(out, target.outputs(answers.subspan(begin, width))[0]);
  }
}

}  // namespace

bool V1Dialect::takes(std::string_view content_type) const {
  // curl's own for what it posts: TensorFlow Serving's examples name no type.
  return is_json(content_type) || media_type(content_type) == "application/x-www-form-urlencoded";
}

std::size_t V1Dialect::memory_size_max(const Question& question) const {
  const std::size_t nodes = JsonTape::node_count_max(question.body);
  const SpokenModel& model = question.model;
  if (!has_examples(question)) {
    const std::size_t rows = full_row_count_max(question, nodes);
    return rest_memory_size_max(question, nodes + model.schema().feature_count(), rows,
                                row_value_size_max(model));
  }
  std::size_t row_size = kScoreSizeMax;
  for (const Label& label : model.schema().class_labels()) {
    row_size += kScoreSizeMax + 6 * label_text(label).size();
  }
  // Cells that stand there, or that a context and missing values make.
  const std::size_t rows = std::min(nodes, kRowsPerRequestMax);
  const std::size_t width = model.schema().feature_count();
  const std::size_t made = std::min(kCellsPerValueMax * nodes, rows * width);
  // A list of cells that grows holds its old and its new self.
  const std::size_t cells = 2 * (nodes + made) + 4 * width;
  return rest_memory_size_max(question, cells, rows, row_size);
}

std::size_t V1Dialect::cell_size_min() const { return kCellSizeMin; }

std::size_t V1Dialect::row_size_min(const Question& question) const {
  return has_examples(question) ? kExampleSizeMin : PredictionDialect::row_size_min(question);
}

Result<void> V1Dialect::read(const Question& question, PredictMemory& memory) const {
  RETURN_IF_ERROR(parse_rest_body(question.body, memory.tape));
  return has_examples(question) ? read_v1_examples(question, memory)
                                : read_v1_predict(question, memory);
}

void V1Dialect::write(const Question& question, const PredictMemory& memory,
                      std::span<const double> answers, HttpResponse& response) const {
  const SpokenModel& model = question.model;
  std::string& out = response.body;
  switch (question.route.operation) {
    case Operation::classify:
      out += R"({"results":[)";
      append_classes(out, model, answers);
      out += "]}";
      return;
    case Operation::regress:
      out += R"({"results":[)";
      append_numbers(out, model, answers);
      out += "]}";
      return;
    default: break;
  }
  if (memory.form.columns) {
    out += R"({"outputs":)";
    append_column_values(out, memory.form, model, answers);
  } else {
    out += R"({"predictions":)";
    append_row_values(out, memory.form, model, answers);
  }
  out += '}';
}

void V1Dialect::write_faults(const FaultList& faults, HttpResponse& response) const {
  write_error(Dialect::v1, 400, faults.summary(), response);
}

}  // namespace ml_inference
