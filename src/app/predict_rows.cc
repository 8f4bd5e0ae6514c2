// SPDX-License-Identifier: MIT
#include "app/predict_rows.h"

#include "app/row_parser.h"

#include <memory>
#include <span>
#include <utility>

namespace ml_inference {
namespace {

// One worker: everything that it needs for a block, kept from one to the next.
class BlockPredictor {
 public:
  BlockPredictor(const RowsFile& rows, const LineFormat& format, ErrorPolicy policy)
      : file_name_(rows.name()),
        model_(rows.layout().model),
        parser_(rows.layout()),
        format_(format),
        lines_(format, model_.schema().answer_width()),
        policy_(policy) {}

  void work_on(WorkedBlock& block) {
    parser_.start(block.rows);
    while (!block.fault && parser_.next(batch_)) {
      answers_ = model_.predict(batch_.request, scratch_);
      std::size_t row = 0;
      for (const RowBatch::Refusal& refusal : batch_.refusals) {
        append_answers(block, refusal.row - row);
        refuse(block, refusal.reason);
        if (block.fault) return;
        row = refusal.row + 1;
      }
      append_answers(block, batch_.row_count - row);
    }
  }

 private:
  void append_answers(WorkedBlock& block, std::size_t count) {
    const std::size_t width = model_.schema().answer_width();
    for (std::size_t row = 0; row < count; ++row) {
      lines_.append(block.out, answers_.subspan(row * width, width));
    }
    answers_ = answers_.subspan(count * width);
    block.row_count += count;
  }

  void refuse(WorkedBlock& block, const std::string& reason) {
    if (policy_ == ErrorPolicy::stop) {
      block.fault = Error{Code::invalid_argument, file_name_ + ": " + reason};
      return;
    }
    ++block.row_count;
    if (block.refused_count++ == 0) block.first_refusal = reason;
    if (policy_ == ErrorPolicy::report) format_.append_reason(block.out, reason);
    if (policy_ == ErrorPolicy::null) format_.append_no_answer(block.out);
  }

  const std::string& file_name_;
  const ServedModel& model_;
  RowParser parser_;
  const LineFormat& format_;
  AnswerLines lines_;
  ErrorPolicy policy_;
  RowBatch batch_;
  PredictScratch scratch_;
  std::span<const double> answers_;  // of the rows that have no line yet
};

void add(PredictTally& tally, const WorkedBlock& block) {
  tally.row_count += block.row_count;
  if (tally.refused_count == 0) tally.first_refusal = block.first_refusal;
  tally.refused_count += block.refused_count;
}

}  // namespace

Result<PredictTally> predict_rows(const ServedModel& model, const PredictRowsOptions& options,
                                  const WriteLines& write) {
  ASSIGN_OR_RETURN(const std::unique_ptr<RowsFile> rows,
                   RowsFile::open(options.rows_path, model, options.blocks));
  const auto format = make_line_format(options.format, model.schema(), options.on_error);
  PredictTally tally;
  std::string header;
  format->append_header(header);
  if (!header.empty()) RETURN_IF_ERROR(write(header, tally));
  const BlockPipeline pipeline{
      .read = [&](RowBlock& block) { return rows->next(block); },
      .stop_reading = [&] { rows->stop(); },
      .begin_worker =
          [&] {
            const auto predictor =
                std::make_shared<BlockPredictor>(*rows, *format, options.on_error);
            return [predictor](WorkedBlock& block) { predictor->work_on(block); };
          },
      .write =
          [&](const WorkedBlock& block) {
            add(tally, block);
            return write(block.out, tally);
          }};
  RETURN_IF_ERROR(run_pipeline(pipeline, options.thread_count));
  return tally;
}

}  // namespace ml_inference
