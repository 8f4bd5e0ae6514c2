// SPDX-License-Identifier: MIT
// A version of a model and everything that dialects know of it beforehand.
#pragma once

#include "api/model_tensors.h"
#include "api/predict_json.h"
#include "serving/model_catalog.h"
#include "serving/work_kind.h"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace ml_inference {

/// Threads: immutable, but for the statistics and the kind of work, which any thread
/// may count.
struct SpokenModel {
  SpokenModel(const CatalogModel& of, const ModelVersion& version);

  std::string name;          ///< what clients call it
  std::int64_t number;       ///< of the version
  std::string version_text;  ///< the same as text
  std::shared_ptr<const ServedModel> model;
  std::shared_ptr<ModelStatistics> statistics;
  std::shared_ptr<WorkKind> work;  ///< what workers do for it
  PredictDialect json;
  ModelTensors tensors;

  [[nodiscard]] const Schema& schema() const { return model->schema(); }
};

/// Makes them, each once, for all event loops; anew when the configuration of a model changes.
/// Threads: every member may be called from any thread.
class SpokenModels {
 public:
  /// version  one that is available (asserted).
  [[nodiscard]] std::shared_ptr<const SpokenModel> of(const CatalogModel& model,
                                                      const ModelVersion& version);

 private:
  struct Entry {
    std::weak_ptr<const SpokenModel> spoken;  // whoever speaks with a model keeps it
    TensorNames tensor_names;                 // that it was made with
    WorkLimits work_limits;
  };

  std::mutex mutex_;
  std::map<const ServedModel*, Entry> models_;  // by what answers; guarded by mutex_
};

}  // namespace ml_inference
