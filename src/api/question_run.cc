// SPDX-License-Identifier: MIT
#include "api/question_run.h"

#include "api/limits.h"
#include "base/number_text.h"

#include <utility>
#include <vector>

namespace ml_inference {

QuestionRun::QuestionRun(const PredictionDialect& dialect, const Question& question,
                         PredictMemory& memory, HttpResponse& response,
                         std::optional<Clock::time_point> arrived)
    : dialect_(dialect), question_(question), memory_(memory), response_(response) {
  response_.trace.note(&RequestTrace::compute_begin);
  if (!arrived) return;
  times_.queue = begin_ - *arrived;
  begin_ = *arrived;
}

bool QuestionRun::read(const WorkPlace& place) {
  last_ = Clock::now();
  memory_.call.clear();
  memory_.form.clear();
  memory_.faults = {};
  const Result<void> read = dialect_.read(question_, memory_);
  memory_.tape.shrink();
  end(times_.input);
  if (read && memory_.faults.empty()) find_refusals(place);
  if (read && memory_.faults.empty()) return true;
  refuse(read);
  return false;
}

// What only the model itself can tell of rows whose cells are in order.
void QuestionRun::find_refusals(const WorkPlace& place) {
  const PredictRequest& rows = memory_.call.request;
  const std::vector<RowRefusal> refusals =
      model().refusals(rows, kFaultCountMax, memory_.scratch, place);
  for (const RowRefusal& refusal : refusals) {
    Location where = dialect_.rows_location();
    if (memory_.call.form == RowForm::list) where.emplace_back(refusal.row);
    memory_.faults.add({.type = "value_error",
                        .location = std::move(where),
                        .message = "Value error, " + refusal.reason,
                        .input = "null"});
  }
  if (memory_.faults.is_full() && refusals.back().row + 1 < rows.row_count) {
    memory_.faults.leave_rows();
  }
}

void QuestionRun::refuse(const Result<void>& read) {
  is_computed();
  if (!read) {
    write_error(question_.route.dialect, read.error(), response_);
  } else {
    response_.outcome = memory_.faults.summary();
    dialect_.write_faults(memory_.faults, response_);
  }
  give_up();
}

void QuestionRun::is_computed() {
  end(times_.compute);
  response_.trace.note(&RequestTrace::compute_end);
}

void QuestionRun::give_up() {
  question_.model.statistics->count_failure(Clock::now() - begin_);
  response_.trace.note(&RequestTrace::encode_end);
}

void QuestionRun::write(std::span<const double> answers, std::size_t call_row_count) {
  const std::size_t row_count = rows().row_count;
  dialect_.write(question_, memory_, answers, response_);
  end(times_.output);
  response_.trace.note(&RequestTrace::encode_end);
  response_.prediction_count = row_count;
  if (memory_.call.form == RowForm::single) {
    response_.outcome = question_.model.json.prediction_text(answers);
  } else {
    response_.outcome = count_text(row_count, "row");
  }
  question_.model.statistics->count_success(row_count, call_row_count, times_);
}

void QuestionRun::end(std::chrono::nanoseconds& phase) {
  const Clock::time_point now = Clock::now();
  phase = now - std::exchange(last_, now);
}

void answer_question(const PredictionDialect& dialect, const Question& question,
                     PredictMemory& memory, HttpResponse& response, const WorkPlace& place,
                     std::optional<QuestionRun::Clock::time_point> arrived) {
  QuestionRun run(dialect, question, memory, response, arrived);
  if (!run.read(place)) return;
  const std::span<const double> answers = run.model().predict(run.rows(), memory.scratch, place);
  run.is_computed();
  if (place.stop.stop_requested()) return run.give_up();
  run.write(answers, run.rows().row_count);
}

// All are read before the model is asked, and asked before one is written. The answers of a row do
// not depend on the rows beside it, to the last bit (ServedModel::predict()).
void answer_together(std::span<QuestionRun* const> runs) {
  PredictRequest all;
  std::vector<QuestionRun*> read;
  for (QuestionRun* const run : runs) {
    if (!run->read({})) continue;
    const PredictRequest& rows = run->rows();
    rows.append_cells(all.cells);
    all.row_count += rows.row_count;
    read.push_back(run);
  }
  if (read.empty()) return;
  const ServedModel& model = read.front()->model();
  std::span<const double> answers = model.predict(all, read.front()->scratch());
  for (QuestionRun* const run : read) run->is_computed();
  std::size_t call_row_count = all.row_count;
  for (QuestionRun* const run : read) {
    const std::size_t size = run->rows().row_count * model.schema().answer_width();
    run->write(answers.first(size), std::exchange(call_row_count, 0));
    answers = answers.subspan(size);
  }
}

}  // namespace ml_inference
