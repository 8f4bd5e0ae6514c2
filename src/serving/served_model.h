// SPDX-License-Identifier: MIT
// A model that is ready to answer: what it is, the engine that runs it, and its version's name.
#pragma once

#include "base/result.h"
#include "model/model.h"
#include "serving/packed_cells.h"
#include "serving/row_parts.h"
#include "serving/worker_pool.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ml_inference {

/// Rows on their way to a prediction, and the numbers that come back. Reused from request to
/// request, so that the steady state takes no memory.
struct PredictRequest {
  /// [row_count, feature_count] row-major, as CellReader reads them; empty for a model that takes
  /// rows of any width, and looks at none.
  std::vector<double> cells;

  /// The same, where a message holds them ready to be read: then there are no `cells`. The message
  /// outlives the request.
  PackedCells packed{};

  std::size_t row_count = 0;

  /// Appends all of them.
  void append_cells(std::vector<double>& out) const;
};

/// The memory that one prediction works in. Threads: belongs to one thread.
struct PredictScratch {
  Workspace workspace;
  std::vector<double> answers;  ///< [row_count, answer_width]
};

/// A row that the library would refuse although its cells are all in order.
struct RowRefusal {
  std::size_t row = 0;
  std::string reason;

  bool operator==(const RowRefusal&) const = default;
};

/// What a model is for.
enum class ModelUse {
  requests,   ///< rows that come now and then, in as little memory as may be
  long_files  ///< so many rows that answers are worth being remembered (engines/table_engine.h)
};

/// Threads: immutable; any number may use it, each with a scratch of its own.
class ServedModel {
 public:
  /// Prepares the model and predicts one row of zeros, so that "ready" means that it answers. Its
  /// forests are forgotten: from here on engines run them.
  /// name  for people, metrics and logs: the file, or "iris".
  [[nodiscard]] static Result<std::shared_ptr<const ServedModel>> make(
      Model model, std::string name, ModelUse use = ModelUse::requests);

  [[nodiscard]] const Schema& schema() const { return model_.schema(); }
  [[nodiscard]] const Model& model() const { return model_; }
  [[nodiscard]] const std::string& name() const { return name_; }

  /// What runs the forests: "select", or several names with a plus between them.
  [[nodiscard]] const std::string& engine_name() const { return engine_name_; }

  /// Why, for people; the reason of each name with a semicolon between them.
  [[nodiscard]] const std::string& engine_reason() const { return engine_reason_; }

  /// What the forests take in memory, in bytes.
  [[nodiscard]] std::size_t memory_size() const { return memory_size_; }

  /// Predicts the request's rows into scratch.answers and returns them:
  /// [row_count, answer_width] float64, row-major; valid until the scratch is used again.
  /// The caller has checked every cell (serving/cell_reader.h) and every row (refusals()).
  /// place  whose workers may help (serving/row_parts.h): the answers are the same, to the last
  ///        bit, whoever computes them. Once place.stop asks, the answers mean nothing.
  std::span<const double> predict(const PredictRequest& request, PredictScratch& scratch,
                                  const WorkPlace& place = {}) const;

  /// Why the library would refuse a row whose cells are all in order; nothing when it would not.
  /// row  feature_count cells; none for a model that takes rows of any width.
  [[nodiscard]] std::optional<std::string> refusal(std::span<const double> row,
                                                   PredictScratch& scratch) const;

  /// The request's first count_max rows that have a refusal(), in the order of the rows: the same
  /// ones whoever looks at them. Once place.stop asks, they mean nothing.
  [[nodiscard]] std::vector<RowRefusal> refusals(const PredictRequest& request,
                                                 std::size_t count_max, PredictScratch& scratch,
                                                 const WorkPlace& place = {}) const;

  /// About how many steps one row takes (Estimator::steps_per_row()), refusal() and predict()
  /// together: what a caller weighs a batch by.
  [[nodiscard]] std::size_t steps_per_row() const;

 private:
  ServedModel(Model model, std::string name, ModelUse use);

  void predict_unseen(std::size_t row_count, PredictScratch& scratch) const;
  void predict_rows(const PredictRequest& request, std::size_t first, std::size_t count,
                    std::span<double> answers, Workspace& workspace) const;

  Model model_;
  std::string name_;
  std::string engine_name_;
  std::string engine_reason_;
  std::size_t memory_size_ = 0;
  RowCost predict_cost_;
};

}  // namespace ml_inference
