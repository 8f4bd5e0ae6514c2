// SPDX-License-Identifier: MIT
#include "api/torchserve/torchserve_dialect.h"

#include "api/rest_answer.h"
#include "api/rest_request.h"

#include <string>

namespace ml_inference {
namespace {

// A digit and a comma.
constexpr std::size_t kCellSizeMin = 2;

// Where the rows stand: in the only member of an envelope, or bare.
std::size_t rows_index(const std::vector<JsonNode>& nodes, const JsonRows& rows) {
  if (nodes[0].kind != JsonKind::object || nodes[0].count != 1) return 0;
  const std::string_view name = nodes[1].text;
  const bool is_envelope = name == "data" || name == "instances";
  return is_envelope && !rows.feature_index(name) ? 2 : 0;
}

}  // namespace

// TorchServe leaves it to its handlers what a body is, and curl names a type of its own.
bool TorchServeDialect::takes(std::string_view) const { return true; }

std::size_t TorchServeDialect::memory_size_max(const Question& question) const {
  const std::size_t nodes = JsonTape::node_count_max(question.body);
  return rest_memory_size_max(question, nodes + question.model.schema().feature_count(),
                              full_row_count_max(question, nodes),
                              row_value_size_max(question.model));
}

std::size_t TorchServeDialect::cell_size_min() const { return kCellSizeMin; }

Result<void> TorchServeDialect::read(const Question& question, PredictMemory& memory) const {
  RETURN_IF_ERROR(parse_rest_body(question.body, memory.tape));
  RETURN_IF_ERROR(want_method(question.model.tensors, {}, false, {}, memory.form));
  const std::vector<JsonNode>& nodes = memory.tape.nodes();
  const JsonRows& rows = question.model.json.rows();
  rows.read(nodes, rows_index(nodes, rows), memory.call, {.list = memory.faults, .base = {"data"}},
            rest_rules({}));
  return {};
}

void TorchServeDialect::write(const Question& question, const PredictMemory& memory,
                              std::span<const double> answers, HttpResponse& response) const {
  if (memory.call.form == RowForm::single) {
    return append_row_value(response.body, memory.form, question.model, answers);
  }
  append_row_values(response.body, memory.form, question.model, answers);
}

void TorchServeDialect::write_faults(const FaultList& faults, HttpResponse& response) const {
  write_error(Dialect::torchserve, 400, faults.summary(), response);
}

}  // namespace ml_inference
