// SPDX-License-Identifier: MIT
#include "api/own_dialect.h"

namespace ml_inference {
namespace {

// A digit and a comma.
constexpr std::size_t kCellSizeMin = 2;

}  // namespace

bool OwnDialect::takes(std::string_view content_type) const { return is_json(content_type); }

std::size_t OwnDialect::memory_size_max(const Question& question) const {
  return question.model.json.memory_size_max(question.body);
}

std::size_t OwnDialect::cell_size_min() const { return kCellSizeMin; }

Result<void> OwnDialect::read(const Question& question, PredictMemory& memory) const {
  question.model.json.read(question.body, memory.tape, memory.call, memory.faults);
  return {};
}

void OwnDialect::write(const Question& question, const PredictMemory& memory,
                       std::span<const double> answers, HttpResponse& response) const {
  question.model.json.append_answer(response.body, memory.call.form, answers);
}

void OwnDialect::write_faults(const FaultList& faults, HttpResponse& response) const {
  response.status = 422;
  faults.append_to(response.body);
}

}  // namespace ml_inference
