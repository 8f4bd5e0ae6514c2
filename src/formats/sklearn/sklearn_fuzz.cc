// SPDX-License-Identifier: MIT
// Objects of Python as models of scikit-learn: whatever the values are, the model is read or
// refused, and one that is read answers. The input is a pickle, uncompressed, of a real model; most
// mutations change what a pickle says and leave its structure as it is: numbers, the elements of
// arrays, names of attributes and classes, and which value stands where.
//
//   make fuzz, or build/fuzz/src/formats/sklearn_fuzz tests/corpus/sklearn
#include "base/assert.h"
#include "formats/load_model.h"
#include "model/estimator.h"
#include "model/workspace.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace ml_inference;  // NOLINT: one file

// --- mutations

constexpr std::array<std::string_view, 46> kNames{"AdaBoostClassifier",
                                                  "AdaBoostRegressor",
                                                  "BaggingClassifier",
                                                  "BaggingRegressor",
                                                  "DecisionTreeClassifier",
                                                  "DecisionTreeRegressor",
                                                  "DummyClassifier",
                                                  "DummyRegressor",
                                                  "ExtraTreesClassifier",
                                                  "GradientBoostingClassifier",
                                                  "GradientBoostingRegressor",
                                                  "HistGradientBoostingClassifier",
                                                  "HistGradientBoostingRegressor",
                                                  "IsolationForest",
                                                  "MinMaxScaler",
                                                  "Pipeline",
                                                  "RandomForestClassifier",
                                                  "SimpleImputer",
                                                  "StandardScaler",
                                                  "XGBClassifier",
                                                  "_baseline_prediction",
                                                  "_max_samples",
                                                  "_predictors",
                                                  "_preprocessor",
                                                  "bin_thresholds_",
                                                  "categories_",
                                                  "class_prior_",
                                                  "classes_",
                                                  "constant",
                                                  "estimator_weights_",
                                                  "estimators_",
                                                  "estimators_features_",
                                                  "feature_names_in_",
                                                  "indicator_",
                                                  "init_",
                                                  "is_categorical_",
                                                  "learning_rate",
                                                  "loss",
                                                  "n_features_in_",
                                                  "n_outputs_",
                                                  "n_trees_per_iteration_",
                                                  "steps",
                                                  "strategy",
                                                  "tree_",
                                                  "nodes",
                                                  "values"};

constexpr std::array<std::int64_t, 12> kIntegers{-2,
                                                 -1,
                                                 0,
                                                 1,
                                                 2,
                                                 3,
                                                 255,
                                                 256,
                                                 65'536,
                                                 2'147'483'647,
                                                 std::numeric_limits<std::int64_t>::min(),
                                                 std::numeric_limits<std::int64_t>::max()};

constexpr std::array<double, 9> kReals{-1,
                                       0,
                                       0.5,
                                       1e300,
                                       -1e300,
                                       5e-324,
                                       std::numeric_limits<double>::infinity(),
                                       -std::numeric_limits<double>::infinity(),
                                       std::numeric_limits<double>::quiet_NaN()};

// Where a piece of eight bytes may be a number of an array.
std::size_t place(std::mt19937& random, std::size_t size, std::size_t need) {
  return size < need ? 0 : random() % (size - need + 1);
}

void put_integer(std::string& bytes, std::mt19937& random) {
  const std::int64_t value = kIntegers[random() % kIntegers.size()];
  std::memcpy(bytes.data() + place(random, bytes.size(), 8), &value, sizeof value);
}

void put_real(std::string& bytes, std::mt19937& random) {
  const double value = kReals[random() % kReals.size()];
  std::memcpy(bytes.data() + place(random, bytes.size(), 8), &value, sizeof value);
}

void put_byte(std::string& bytes, std::mt19937& random) {
  bytes[random() % bytes.size()] = static_cast<char>(random());
}

// One number of an opcode BININT1 or BININT2, or of a reference to the memo.
void put_small(std::string& bytes, std::mt19937& random) {
  const std::size_t from = random() % bytes.size();
  const std::size_t at = bytes.find_first_of("KMhq", from);
  if (at == std::string::npos || at + 1 >= bytes.size()) return;
  bytes[at + 1] = static_cast<char>(random() % 4 == 0 ? random() : random() % 8);
}

// A name in place of another one: SHORT_BINUNICODE and its size stand in front.
void put_name(std::string& bytes, std::mt19937& random) {
  const std::string_view from = kNames[random() % kNames.size()];
  const std::string_view to = kNames[random() % kNames.size()];
  const std::size_t at = bytes.find(from);
  if (at == std::string::npos || at == 0) return;
  if (static_cast<unsigned char>(bytes[at - 1]) != from.size()) return;
  bytes.replace(at, from.size(), to);
  bytes[at - 1] = static_cast<char>(to.size());
}

// A stretch of the pickle a second time, elsewhere, or not at all.
void move_piece(std::string& bytes, std::mt19937& random) {
  const std::size_t size = std::min<std::size_t>(1 + random() % 64, bytes.size());
  const std::size_t from = place(random, bytes.size(), size);
  const std::string piece = bytes.substr(from, size);
  if (random() % 2 == 0) {
    bytes.erase(from, size);
  } else {
    bytes.insert(random() % bytes.size(), piece);
  }
}

constexpr std::array kMutations{put_integer, put_real, put_byte, put_small, put_name, move_piece};

// --- questions

// A few rows, as far as the model lets them in.
void ask(const Model& model) {
  const Schema& schema = model.schema();
  const std::size_t width = schema.feature_count();
  constexpr std::size_t kWidthMax = 4096;
  if (width > kWidthMax || schema.answer_width() > kWidthMax) return;
  constexpr std::array<double, 6> kValues{0,   -1,   0.75,
                                          5.1, 1e30, std::numeric_limits<double>::quiet_NaN()};
  std::vector<double> row(width);
  std::vector<double> answer(schema.answer_width());
  Workspace workspace;
  for (const double value : kValues) {
    std::ranges::fill(row, value);
    if (cell_fault(schema.input, value) != CellFault::none) continue;
    if (model.estimator().may_refuse() && model.estimator().refusal(row, workspace)) continue;
    model.estimator().predict({row, 1, width}, answer, workspace);
  }
}

}  // namespace

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t size_max);

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t size_max, unsigned seed) {
  std::mt19937 random(seed);
  if (size < 16 || random() % 4 == 0) return LLVMFuzzerMutate(data, size, size_max);
  std::string bytes(reinterpret_cast<const char*>(data), size);
  for (unsigned left = 1 + random() % 3; left > 0 && bytes.size() >= 16; --left) {
    kMutations[random() % kMutations.size()](bytes, random);
  }
  if (bytes.size() > size_max) bytes.resize(size_max);
  std::memcpy(data, bytes.data(), bytes.size());
  return bytes.size();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Result<Model> model = load_model(bytes, "fuzz");
  if (!model) {
    ASSERT(model.error().code != Code::internal);
    ASSERT(model.error().message.starts_with("fuzz: "));
    return 0;
  }
  ask(*model);
  return 0;
}
