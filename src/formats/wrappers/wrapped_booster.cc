// SPDX-License-Identifier: MIT
#include "formats/wrappers/wrapped_booster.h"

#include "formats/format_error.h"
#include "formats/lightgbm/lightgbm_model.h"
#include "formats/lightgbm/reader.h"
#include "formats/python/access.h"
#include "formats/python/arrays.h"
#include "formats/sklearn/part.h"
#include "formats/xgboost/reader.h"
#include "formats/xgboost/xgboost_model.h"
#include "model/limits.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

std::optional<PyValue> find(const PyValue& object, std::string_view name, std::string_view where) {
  std::optional<PyValue> found = find_attribute(object, name, where);
  if (found && found->is_none()) found.reset();
  return found;
}

// The object itself, or the Booster in a wrapper.
PyValue booster_of(const PyValue& object, std::string_view where) {
  if (class_of(object).ends_with(".Booster")) return object;
  const auto booster = find(object, "_Booster", where);
  if (!booster) refuse(Code::invalid_argument, "{} is not fitted: it has no _Booster", where);
  return *booster;
}

// The labels of a classifier's classes; none where the wrapper keeps the numbers 0, 1, 2 ...
std::vector<Label> class_labels(const PyValue& object, std::string_view where) {
  for (const std::string_view name : {"classes_", "_classes"}) {
    const std::string path = fmt::format("{}.{}", where, name);
    if (const auto classes = find(object, name, where)) return labels_of(*classes, path);
  }
  const auto encoder = find(object, "_le", where);
  if (!encoder || !encoder->is(PyKind::object)) return {};
  const std::string path = fmt::format("{}._le", where);
  const auto classes = find(*encoder, "classes_", path);
  return classes ? labels_of(*classes, path + ".classes_") : std::vector<Label>{};
}

std::string bytes_of(const PyValue& value, std::string_view where) {
  if (is_text(value)) return text_of(value, where);
  if (!value.is(PyKind::bytes)) {
    refuse(Code::data_loss, "{} is {}, expected bytes", where, value_text(value));
  }
  return std::string(value.load().view());
}

// --- XGBoost

Model read_xgboost_object(const PyValue& object, const std::string& where) {
  const PyValue booster = booster_of(object, where);
  const std::string handle_where = where + ".handle";
  const std::string handle = bytes_of(attribute_of(booster, "handle", where), handle_where);
  if (handle.starts_with("CONFIG-offset:")) {
    refuse(Code::unimplemented,
           "{} is in the binary format of XGBoost before 1.3, expected JSON or UBJSON: load it with "
           "the version that wrote it, and save_model(\"model.json\")",
           handle_where);
  }
  XgboostFile file = read_xgboost_file(handle);
  const bool is_wrapper = !class_of(object).ends_with(".Booster");
  if (!is_wrapper) return make_xgboost_model(file);
  // Up to 1.3 only the wrapper knows how many trees a round has.
  if (const auto limit = find(object, "best_ntree_limit", where);
      limit && !file.best_ntree_limit) {
    const std::int64_t count = integer_of(*limit, where + ".best_ntree_limit");
    if (count > 0 && count <= std::int64_t{kTreeCountMax}) {
      file.best_ntree_limit = static_cast<std::uint32_t>(count);
    }
  }
  answer_as_wrapper(file);
  return make_xgboost_model(file, class_labels(object, where));
}

// --- LightGBM

Model read_lightgbm_object(const PyValue& object, const std::string& where) {
  const PyValue booster = booster_of(object, where);
  auto handle = find(booster, "_handle", where);
  if (!handle) handle = attribute_of(booster, "handle", where);
  LightgbmFile file = read_lightgbm_file(bytes_of(*handle, where + "._handle"));
  const auto best = find(booster, "best_iteration", where);
  const std::int64_t rounds = best ? integer_of(*best, where + ".best_iteration") : 0;
  if (rounds > 0 && static_cast<std::uint64_t>(rounds) < file.iteration_count()) {
    file.trees.resize(static_cast<std::size_t>(rounds) * file.num_tree_per_iteration);
  }
  return make_lightgbm_model(file, class_labels(object, where));
}

}  // namespace

bool is_wrapped_booster(std::string_view class_name) {
  return class_name.starts_with("xgboost.") || class_name.starts_with("lightgbm.");
}

Model read_wrapped_booster(const PyValue& object, std::string_view where) {
  if (class_of(object).starts_with("xgboost.")) {
    return read_xgboost_object(object, fmt::format("xgboost: {}", where));
  }
  return read_lightgbm_object(object, fmt::format("lightgbm: {}", where));
}

}  // namespace ml_inference
