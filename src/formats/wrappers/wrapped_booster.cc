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
#include <cmath>
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

Asker asker_of(const PyValue& object) {
  const std::string_view name = class_of(object);
  if (name.ends_with(".Booster")) return Asker::booster;
  return name.ends_with("Classifier") ? Asker::classifier : Asker::regressor;
}

// The labels that a classifier's label encoder gives back; none where it has no encoder.
std::vector<Label> encoder_labels(const PyValue& object, std::string_view where) {
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

// Up to 1.3 the names stand beside the model.
void name_features(XgboostFile& file, const PyValue& booster, const std::string& where) {
  const auto names = find(booster, "feature_names", where);
  if (!names || !file.feature_names.empty()) return;
  const std::string path = where + ".feature_names";
  const PyItems items(*names, path);
  if (items.size() != file.num_feature) {
    refuse(Code::invalid_argument, "{} has {} names, expected {}", path, items.size(),
           file.num_feature);
  }
  for (std::size_t index = 0; index < items.size(); ++index) {
    file.feature_names.push_back(text_of(items[index], path));
  }
}

// Up to 1.3 only the wrapper knows how many trees a round has.
void keep_tree_limit(XgboostFile& file, const PyValue& object, const std::string& where) {
  const auto limit = find(object, "best_ntree_limit", where);
  if (!limit || file.best_ntree_limit) return;
  const std::int64_t count = integer_of(*limit, where + ".best_ntree_limit");
  if (count > 0 && count <= std::int64_t{kTreeCountMax}) {
    file.best_ntree_limit = static_cast<std::uint32_t>(count);
  }
}

Model read_xgboost_object(const PyValue& object, const std::string& where) {
  const PyValue booster = booster_of(object, where);
  const std::string handle_where = where + ".handle";
  const std::string handle = bytes_of(attribute_of(booster, "handle", where), handle_where);
  if (handle.starts_with("CONFIG-offset:")) {
    refuse(
        Code::unimplemented,
        "{} is in the binary format of XGBoost before 1.3, expected JSON or UBJSON: load it with "
        "the version that wrote it, and save_model(\"model.json\")",
        handle_where);
  }
  XgboostFile file = read_xgboost_file(handle);
  name_features(file, booster, where);
  const Asker asker = asker_of(object);
  if (asker == Asker::booster) return make_xgboost_model(file);
  keep_tree_limit(file, object, where);
  const auto missing = find(object, "missing", where);
  if (missing && is_number(*missing)) {
    const double value = number_of(*missing, where + ".missing");
    if (!std::isnan(value)) file.missing = static_cast<float>(value);
  }
  answer_as_wrapper(file, asker);
  // Its classes are 0, 1, 2 ... where it has no encoder, as since 1.6, whatever classes_ says.
  return make_xgboost_model(file, encoder_labels(object, where));
}

// --- LightGBM

void check_count(const PyValue& object, const char* name, std::size_t expected,
                 const std::string& where) {
  const auto count = find(object, name, where);
  if (!count) return;
  const std::string path = fmt::format("{}.{}", where, name);
  const std::int64_t number = integer_of(*count, path);
  if (number == static_cast<std::int64_t>(expected)) return;
  refuse(Code::invalid_argument, "{} is {}, expected {} as the Booster has", path, number,
         expected);
}

// Since 4.0 the wrapper hands it to predict(), which leaves out trees then, for these objectives.
void refuse_early_stop(const LightgbmFile& file, const PyValue& object, const std::string& where) {
  constexpr std::string_view kStopped[] = {"binary", "multiclass", "multiclassova", "lambdarank",
                                           "rank_xendcg"};
  const auto others = find(object, "_other_params", where);
  if (!others || file.version != "v4") return;
  if (std::ranges::find(kStopped, file.objective.name) == std::end(kStopped)) return;
  const std::string path = where + "._other_params";
  const auto stop = find_entry(*others, "pred_early_stop", path);
  if (!stop || stop->is_none()) return;
  if (is_number(*stop) && number_of(*stop, path + ".pred_early_stop") == 0) return;
  refuse(Code::unimplemented, "{}.pred_early_stop is {}, expected none or False", path,
         value_text(*stop));
}

void check_lightgbm_wrapper(const LightgbmFile& file, const PyValue& object,
                            const std::string& where) {
  const std::size_t feature_count = std::size_t{file.max_feature_idx} + 1;
  check_count(object, "_n_features", feature_count, where);
  check_count(object, "_n_features_in", feature_count, where);
  if (asker_of(object) == Asker::classifier) {
    const auto classes = find(object, "_n_classes", where);
    // One class and two classes have one sum.
    const bool is_one = classes && is_number(*classes) && number_of(*classes, where) == 1;
    const std::size_t sum_count = file.num_tree_per_iteration;
    if (!is_one || sum_count != 1) {
      check_count(object, "_n_classes", std::max<std::size_t>(sum_count, 2), where);
    }
  }
  refuse_early_stop(file, object, where);
}

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
  const Asker asker = asker_of(object);
  if (asker == Asker::booster) return make_lightgbm_model(file);
  check_lightgbm_wrapper(file, object, where);
  const auto classes = find(object, "_classes", where);
  return make_lightgbm_model(
      file, classes ? labels_of(*classes, where + "._classes") : encoder_labels(object, where),
      asker);
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
