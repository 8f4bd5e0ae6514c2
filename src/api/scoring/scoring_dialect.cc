// SPDX-License-Identifier: MIT
#include "api/scoring/scoring_dialect.h"

#include "api/limits.h"
#include "api/predict_csv.h"
#include "api/rest_answer.h"
#include "api/rest_request.h"
#include "api/scoring/content_type.h"
#include "api/scoring/scoring_request.h"
#include "api/tensor_output.h"
#include "base/number_text.h"

#include <algorithm>
#include <string>

namespace ml_inference {
namespace {

// What stands around a row as a line of JSON.
constexpr std::size_t kLineFrameSize = 24;

// A line's cells: those of the outputs, one after another.
void append_csv_line(std::string& out, const AnswerForm& form, const ModelTensors& tensors,
                     std::span<const double> answer) {
  bool is_first = true;
  for (const WantedOutput& output : form.outputs) {
    const OutputTensor& tensor = *output.tensor;
    for (std::size_t column = 0; column < tensor.width; ++column) {
      if (!is_first) out += ',';
      is_first = false;
      if (tensor.type == TensorType::bytes) {
        append_csv_cell(out, tensors.text(tensor, answer, column));
      } else if (tensor.type == TensorType::int64) {
        out += std::to_string(static_cast<std::int64_t>(tensors.number(tensor, answer, column)));
      } else if (tensor.type == TensorType::boolean) {
        out += tensors.number(tensor, answer, column) != 0 ? "True" : "False";
      } else {
        append_number(out, tensors.number(tensor, answer, column));
      }
    }
  }
  out += '\n';
}

template <class Function>
void for_rows(const SpokenModel& model, std::span<const double> answers, Function function) {
  const std::size_t width = model.schema().answer_width();
  for (std::size_t begin = 0; begin < answers.size(); begin += width) {
    function(answers.subspan(begin, width));
  }
}

std::size_t line_count(std::string_view body) {
  return static_cast<std::size_t>(std::ranges::count(body, '\n')) + 1;
}

}  // namespace

bool ScoringDialect::takes(std::string_view content_type) const {
  return parse_scoring_type(content_type).has_value();
}

std::size_t ScoringDialect::memory_size_max(const Question& question) const {
  const Schema& schema = question.model.schema();
  const std::size_t row_size = row_value_size_max(question.model) + kLineFrameSize;
  const ScoringForm form = parse_scoring_type(question.content_type).value_or(ScoringType()).form;
  const std::size_t lines = form == ScoringForm::json ? 0 : line_count(question.body);
  // Of JSON lines each has a root of its own.
  const std::size_t values = JsonTape::node_count_max(question.body) + lines;
  // A list of cells that grows holds its old and its new self.
  const std::size_t cells = 3 * (values + schema.feature_count());
  const std::size_t rows = schema.takes_any_width && form != ScoringForm::json
                               ? std::min(lines, kRowsPerRequestMax)
                               : full_row_count_max(question, values);
  return rest_memory_size_max(question, cells, rows, row_size);
}

Result<void> ScoringDialect::read(const Question& question, PredictMemory& memory) const {
  const ScoringType type = parse_scoring_type(question.content_type).value_or(ScoringType());
  switch (type.form) {
    case ScoringForm::csv: return read_scoring_csv(question, type.header, memory);
    case ScoringForm::json_lines: return read_scoring_lines(question, memory);
    case ScoringForm::json: break;
  }
  return read_scoring_json(question, memory);
}

void ScoringDialect::write(const Question& question, const PredictMemory& memory,
                           std::span<const double> answers, HttpResponse& response) const {
  const SpokenModel& model = question.model;
  const AnswerForm& form = memory.form;
  std::string& out = response.body;
  switch (wanted_scoring_form(question.accept)) {
    case ScoringForm::csv:
      response.content_type = "text/csv; charset=utf-8";
      return for_rows(model, answers, [&](std::span<const double> answer) {
        append_csv_line(out, form, model.tensors, answer);
      });
    case ScoringForm::json_lines:
      response.content_type = "application/jsonlines";
      return for_rows(model, answers, [&](std::span<const double> answer) {
        out += R"({"prediction":)";
        append_row_value(out, form, model, answer);
        out += "}\n";
      });
    case ScoringForm::json: break;
  }
  out += R"({"predictions":)";
  append_row_values(out, form, model, answers);
  out += '}';
}

void ScoringDialect::write_faults(const FaultList& faults, HttpResponse& response) const {
  write_error(Dialect::scoring, 400, faults.summary(), response);
}

}  // namespace ml_inference
