// SPDX-License-Identifier: MIT
// Any bytes as a LightGBM text model: they are read or refused, never more. What is read becomes a
// model, whose sums are those of the plain oracle.
//
// Besides the library's own changes of bytes there are changes of lines and numbers, because most
// bytes of a model are digits, and most changes of them are of no interest.
//
//   make fuzz, or build/fuzz/src/formats/lightgbm_fuzz tests/corpus/lightgbm
#include "base/assert.h"
#include "formats/format_error.h"
#include "formats/lightgbm/lightgbm_model.h"
#include "formats/lightgbm/reader.h"
#include "formats/lightgbm/testing/oracle.h"
#include "model/reference_predict.h"
#include "model/workspace.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

// Of libFuzzer.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

using Random = std::minstd_rand;

constexpr std::string_view kWords[] = {
    "0",   "1",    "-1",  "2",  "-2",         "3",          "11",          "32",     "0.5",
    "nan", "-nan", "inf", "-0", "2147483647", "4294967295", "-2147483648", "1e-35F", "5e-324",
    "",    "none", "[",   "{}", "[[\"a\"]]",  "null",       "1:2",         "v2",     "1e999"};

constexpr std::string_view kLines[] = {"Tree=0",
                                       "num_leaves=1",
                                       "num_leaves=2",
                                       "leaf_value=0 1",
                                       "split_feature=0",
                                       "threshold=0",
                                       "decision_type=1",
                                       "left_child=-1",
                                       "right_child=-2",
                                       "num_cat=1",
                                       "cat_boundaries=0 1",
                                       "cat_threshold=7",
                                       "is_linear=1",
                                       "leaf_const=0 1",
                                       "num_features=0 1",
                                       "leaf_features=0",
                                       "leaf_coeff=1",
                                       "average_output",
                                       "end of trees",
                                       "",
                                       "objective=binary sigmoid:1",
                                       "feature importances:",
                                       "pandas_categorical:[[\"a\",1,true]]"};

std::size_t below(Random& random, std::size_t end) { return end == 0 ? 0 : random() % end; }

// The part of the text around a place that separators end.
std::pair<std::size_t, std::size_t> part(const std::string& text, std::size_t at,
                                         const char* separators) {
  const std::size_t before = at == 0 ? std::string::npos : text.find_last_of(separators, at - 1);
  const std::size_t begin = before == std::string::npos ? 0 : before + 1;
  const std::size_t end = std::min(text.find_first_of(separators, begin), text.size());
  return {begin, end - begin};
}

void change(std::string& text, Random& random) {
  const std::size_t at = below(random, text.size());
  const auto [line, line_size] = part(text, at, "\n");
  const auto [word, word_size] = part(text, at, "\n =:,");
  switch (below(random, 6)) {
    case 0: text.erase(line, line_size + 1); break;
    case 1: text.insert(line, text.substr(line, line_size) + "\n"); break;
    case 2: text.insert(line, std::string(kLines[below(random, std::size(kLines))]) + "\n"); break;
    case 3: text.insert(word, std::string(kWords[below(random, std::size(kWords))]) + " "); break;
    case 4: text.erase(word, word_size); break;
    default: text.replace(word, word_size, kWords[below(random, std::size(kWords))]);
  }
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  Random random(seed);
  if (below(random, 3) == 0) return LLVMFuzzerMutate(data, size, max_size);
  std::string text(reinterpret_cast<const char*>(data), size);
  change(text, random);
  const std::size_t new_size = std::min(text.size(), max_size);
  std::copy_n(text.begin(), new_size, data);
  return new_size;
}

namespace {

using namespace ml_inference;

// A row of a million cells is as good as one of a thousand, and a thousand times slower.
constexpr std::size_t kCellCountMax = 4'096;

constexpr double kValues[] = {0.0,
                              1.0,
                              33.5,
                              -1e300,
                              5e-324,
                              -1.0000000180025095e-35,
                              2147483648.0,
                              std::numeric_limits<double>::infinity(),
                              -std::numeric_limits<double>::infinity(),
                              std::numeric_limits<double>::quiet_NaN()};

// The forest of a file gives every row the sums of the plain walk over it, to the last bit.
void compare(const LightgbmFile& file, const Forest& forest) {
  if (file.features.size() + forest.output_count() > kCellCountMax) return;
  for (const double value : kValues) {
    const std::vector<double> row(file.features.size(), value);
    const std::vector<double> expected = testing::lightgbm_raw_scores(file, row);
    std::vector<double> sums(forest.output_count());
    reference_predict(forest, MatrixView<const double>(row, 1, row.size()), sums);
    ASSERT(sums.size() == expected.size());
    for (std::size_t sum = 0; sum < sums.size(); ++sum) {
      const bool are_nan = std::isnan(sums[sum]) && std::isnan(expected[sum]);
      ASSERT(are_nan || sums[sum] == expected[sum]);
    }
  }
}

// Answers, link and all, to any rows.
void answer(const Model& model) {
  const Schema& schema = model.schema();
  if (schema.feature_count() + schema.answer_width() > kCellCountMax) return;
  Workspace workspace;
  std::vector<double> out(schema.answer_width());
  for (const double value : kValues) {
    const std::vector<double> row(schema.feature_count(), value);
    model.estimator().predict(MatrixView<const double>(row, 1, row.size()), out, workspace);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    const LightgbmFile file = read_lightgbm_file(bytes);
    ASSERT(begins_like_lightgbm(bytes));
    const Model model = make_lightgbm_model(file);
    ASSERT(model.only_forest() != nullptr);
    answer(model);
    compare(file, *model.only_forest());
  } catch (const FormatError& refusal) {
    ASSERT(refusal.error.code != Code::internal);
    ASSERT(refusal.error.message.starts_with("lightgbm: "));
  }
  return 0;
}
