// SPDX-License-Identifier: MIT
#include "serving/served_model.h"

#include "base/assert.h"
#include "engines/engine.h"
#include "engines/table_engine.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <limits>
#include <map>
#include <mutex>
#include <utility>

namespace ml_inference {
namespace {

std::unique_ptr<const Engine> engine_for(Forest forest, ModelUse use) {
  if (use == ModelUse::long_files && table_engine_takes(forest)) {
    return make_table_engine(std::move(forest));
  }
  return make_engine(std::move(forest));
}

// Of all refusals those of the first rows, whatever the order in which they are found.
class FirstRefusals {
 public:
  // count_max  at least 1.
  explicit FirstRefusals(std::size_t count_max) : count_max_(count_max) {}

  // Whether it matters if the row is refused, or any behind it.
  [[nodiscard]] bool wants(std::size_t row) const { return row < end_.load(); }

  void add(std::size_t row, std::string reason) {
    const std::lock_guard lock(mutex_);
    if (!wants(row)) return;
    reasons_.emplace(row, std::move(reason));
    if (reasons_.size() > count_max_) reasons_.erase(std::prev(reasons_.end()));
    if (reasons_.size() == count_max_) end_.store(reasons_.rbegin()->first);
  }

  [[nodiscard]] std::vector<RowRefusal> take() {
    std::vector<RowRefusal> refusals;
    for (auto& [row, reason] : reasons_) refusals.push_back({row, std::move(reason)});
    return refusals;
  }

 private:
  const std::size_t count_max_;
  std::atomic<std::size_t> end_ = std::numeric_limits<std::size_t>::max();  // written under mutex_
  std::mutex mutex_;
  std::map<std::size_t, std::string> reasons_;  // guarded by mutex_; by row
};

// Packed cells that are unpacked at a time, unless an engine wants more rows: 64 KiB, which a
// core's cache holds and the heap keeps.
constexpr std::size_t kUnpackedCellCount = 8'192;

}  // namespace

void PredictRequest::append_cells(std::vector<double>& out) const {
  if (packed.empty()) return static_cast<void>(out.insert(out.end(), cells.begin(), cells.end()));
  const std::size_t begin = out.size();
  out.resize(begin + packed.size());
  packed.copy(0, std::span(out).subspan(begin));
}

ServedModel::ServedModel(Model model, std::string name, ModelUse use)
    : model_(std::move(model)),
      name_(std::move(name)),
      predict_cost_{.steps_per_row = model_.size().steps_per_row} {
  model_.run_forests_by([this, use](Forest forest) {
    std::unique_ptr<const Engine> engine = engine_for(std::move(forest), use);
    const std::string_view engine_name = engine->name();
    memory_size_ += engine->memory_size();
    predict_cost_.full_speed_row_count =
        std::max(predict_cost_.full_speed_row_count, engine->full_speed_row_count());
    if (engine_name_.find(engine_name) == std::string::npos) {
      if (!engine_name_.empty()) {
        engine_name_ += '+';
        engine_reason_ += "; ";
      }
      engine_name_ += engine_name;
      engine_reason_ += engine->reason();
    }
    return engine;
  });
  if (engine_name_.empty()) {
    engine_name_ = "none";
    engine_reason_ = "there are no trees";
  }
}

Result<std::shared_ptr<const ServedModel>> ServedModel::make(Model model, std::string name,
                                                             ModelUse use) {
  const std::shared_ptr<const ServedModel> served(
      new ServedModel(std::move(model), std::move(name), use));
  PredictScratch scratch;
  PredictRequest zeros;
  zeros.row_count = 1;
  if (!served->schema().takes_any_width) {
    zeros.cells.assign(served->schema().feature_count(), 0.0);
  }
  served->predict(zeros, scratch);
  return served;
}

// Every row has the answer of any row: rows need no memory, however many features they have.
void ServedModel::predict_unseen(std::size_t row_count, PredictScratch& scratch) const {
  const std::size_t width = schema().answer_width();
  const std::span<double> answers = scratch.answers;
  const std::size_t feature_count = schema().feature_count();
  const Workspace::Block row(scratch.workspace, feature_count);
  std::ranges::fill(row.values(), 0.0);
  const std::span<const double> zeros = row.values();
  model_.estimator().predict({zeros, 1, feature_count}, answers.first(width), scratch.workspace);
  for (std::size_t index = 1; index < row_count; ++index) {
    std::ranges::copy(answers.first(width), answers.subspan(index * width).begin());
  }
}

std::size_t ServedModel::steps_per_row() const {
  return model_.size().steps_per_row * (model_.estimator().may_refuse() ? 2 : 1);
}

std::span<const double> ServedModel::predict(const PredictRequest& request, PredictScratch& scratch,
                                             const WorkPlace& place) const {
  const std::size_t feature_count = schema().feature_count();
  const std::size_t width = schema().answer_width();
  scratch.answers.resize(request.row_count * width);
  if (schema().takes_any_width && request.row_count > 0) {
    predict_unseen(request.row_count, scratch);
    return scratch.answers;
  }
  ASSERT((request.packed.empty() ? request.cells.size() : request.packed.size()) ==
         request.row_count * feature_count);
  do_rows(request.row_count, predict_cost_, place, scratch.workspace,
          [&](std::size_t first, std::size_t count, Workspace& workspace) {
            predict_rows(request, first, count,
                         std::span(scratch.answers).subspan(first * width, count * width),
                         workspace);
          });
  return scratch.answers;
}

// Packed rows are unpacked by and by: no memory for all of them.
void ServedModel::predict_rows(const PredictRequest& request, std::size_t first, std::size_t count,
                               std::span<double> answers, Workspace& workspace) const {
  const std::size_t feature_count = schema().feature_count();
  if (request.packed.empty()) {
    const auto cells =
        std::span(request.cells).subspan(first * feature_count, count * feature_count);
    return model_.estimator().predict({cells, count, feature_count}, answers, workspace);
  }
  const std::size_t width = schema().answer_width();
  const std::size_t block_row_count = std::min(
      count, std::max(predict_cost_.full_speed_row_count, kUnpackedCellCount / feature_count));
  const Workspace::Block block(workspace, block_row_count * feature_count);
  for (std::size_t begin = 0; begin < count; begin += block_row_count) {
    const std::size_t rows = std::min(block_row_count, count - begin);
    const std::span<double> cells = block.values().first(rows * feature_count);
    request.packed.copy((first + begin) * feature_count, cells);
    model_.estimator().predict({cells, rows, feature_count},
                               answers.subspan(begin * width, rows * width), workspace);
  }
}

std::optional<std::string> ServedModel::refusal(std::span<const double> row,
                                                PredictScratch& scratch) const {
  if (!model_.estimator().may_refuse() || schema().takes_any_width) return std::nullopt;
  return model_.estimator().refusal(row, scratch.workspace);
}

std::vector<RowRefusal> ServedModel::refusals(const PredictRequest& request, std::size_t count_max,
                                              PredictScratch& scratch,
                                              const WorkPlace& place) const {
  if (!model_.estimator().may_refuse() || schema().takes_any_width) return {};
  const std::size_t width = schema().feature_count();
  FirstRefusals found(count_max);
  const RowCost cost{.steps_per_row = predict_cost_.steps_per_row};
  do_rows(request.row_count, cost, place, scratch.workspace,
          [&](std::size_t first, std::size_t count, Workspace& workspace) {
            const Workspace::Block unpacked(workspace, request.packed.empty() ? 0 : width);
            for (std::size_t row = first; row < first + count && found.wants(row); ++row) {
              std::span<const double> cells = unpacked.values();
              if (request.packed.empty()) {
                cells = std::span(request.cells).subspan(row * width, width);
              } else {
                request.packed.copy(row * width, unpacked.values());
              }
              auto reason = model_.estimator().refusal(cells, workspace);
              if (reason) found.add(row, *std::move(reason));
            }
          });
  return found.take();
}

}  // namespace ml_inference
