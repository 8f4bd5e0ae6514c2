// SPDX-License-Identifier: MIT
#include "api/spoken_model.h"

#include "base/assert.h"

#include <utility>

namespace ml_inference {

SpokenModel::SpokenModel(const CatalogModel& of, const ModelVersion& version)
    : name(of.name),
      number(version.number),
      version_text(std::to_string(version.number)),
      model(version.model),
      statistics(version.statistics),
      work(std::make_shared<WorkKind>(of.work_limits)),
      json(model->schema()),
      tensors(model->schema(), of.tensor_names) {}

std::shared_ptr<const SpokenModel> SpokenModels::of(const CatalogModel& model,
                                                    const ModelVersion& version) {
  ASSERT(version.model != nullptr);
  const std::lock_guard lock(mutex_);
  const Entry& known = models_[version.model.get()];
  const bool is_current =
      known.tensor_names == model.tensor_names && known.work_limits == model.work_limits;
  if (auto found = known.spoken.lock(); found && is_current) return found;
  auto made = std::make_shared<const SpokenModel>(model, version);
  // Those of models that are gone: a name has seldom more than a few versions.
  std::erase_if(models_, [](const auto& entry) { return entry.second.spoken.expired(); });
  models_[version.model.get()] = {made, model.tensor_names, model.work_limits};
  return made;
}

}  // namespace ml_inference
