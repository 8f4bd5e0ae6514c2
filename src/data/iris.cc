// SPDX-License-Identifier: MIT
#include "data/iris.h"

namespace ml_inference {
namespace {

// Three rows a line.
// clang-format off
constexpr std::array<float, kIrisRowCount * kIrisFeatureNames.size()> kRows = {
    5.1F, 3.5F, 1.4F, 0.2F,  4.9F, 3.0F, 1.4F, 0.2F,  4.7F, 3.2F, 1.3F, 0.2F,
    4.6F, 3.1F, 1.5F, 0.2F,  5.0F, 3.6F, 1.4F, 0.2F,  5.4F, 3.9F, 1.7F, 0.4F,
    4.6F, 3.4F, 1.4F, 0.3F,  5.0F, 3.4F, 1.5F, 0.2F,  4.4F, 2.9F, 1.4F, 0.2F,
    4.9F, 3.1F, 1.5F, 0.1F,  5.4F, 3.7F, 1.5F, 0.2F,  4.8F, 3.4F, 1.6F, 0.2F,
    4.8F, 3.0F, 1.4F, 0.1F,  4.3F, 3.0F, 1.1F, 0.1F,  5.8F, 4.0F, 1.2F, 0.2F,
    5.7F, 4.4F, 1.5F, 0.4F,  5.4F, 3.9F, 1.3F, 0.4F,  5.1F, 3.5F, 1.4F, 0.3F,
    5.7F, 3.8F, 1.7F, 0.3F,  5.1F, 3.8F, 1.5F, 0.3F,  5.4F, 3.4F, 1.7F, 0.2F,
    5.1F, 3.7F, 1.5F, 0.4F,  4.6F, 3.6F, 1.0F, 0.2F,  5.1F, 3.3F, 1.7F, 0.5F,
    4.8F, 3.4F, 1.9F, 0.2F,  5.0F, 3.0F, 1.6F, 0.2F,  5.0F, 3.4F, 1.6F, 0.4F,
    5.2F, 3.5F, 1.5F, 0.2F,  5.2F, 3.4F, 1.4F, 0.2F,  4.7F, 3.2F, 1.6F, 0.2F,
    4.8F, 3.1F, 1.6F, 0.2F,  5.4F, 3.4F, 1.5F, 0.4F,  5.2F, 4.1F, 1.5F, 0.1F,
    5.5F, 4.2F, 1.4F, 0.2F,  4.9F, 3.1F, 1.5F, 0.2F,  5.0F, 3.2F, 1.2F, 0.2F,
    5.5F, 3.5F, 1.3F, 0.2F,  4.9F, 3.6F, 1.4F, 0.1F,  4.4F, 3.0F, 1.3F, 0.2F,
    5.1F, 3.4F, 1.5F, 0.2F,  5.0F, 3.5F, 1.3F, 0.3F,  4.5F, 2.3F, 1.3F, 0.3F,
    4.4F, 3.2F, 1.3F, 0.2F,  5.0F, 3.5F, 1.6F, 0.6F,  5.1F, 3.8F, 1.9F, 0.4F,
    4.8F, 3.0F, 1.4F, 0.3F,  5.1F, 3.8F, 1.6F, 0.2F,  4.6F, 3.2F, 1.4F, 0.2F,
    5.3F, 3.7F, 1.5F, 0.2F,  5.0F, 3.3F, 1.4F, 0.2F,  7.0F, 3.2F, 4.7F, 1.4F,
    6.4F, 3.2F, 4.5F, 1.5F,  6.9F, 3.1F, 4.9F, 1.5F,  5.5F, 2.3F, 4.0F, 1.3F,
    6.5F, 2.8F, 4.6F, 1.5F,  5.7F, 2.8F, 4.5F, 1.3F,  6.3F, 3.3F, 4.7F, 1.6F,
    4.9F, 2.4F, 3.3F, 1.0F,  6.6F, 2.9F, 4.6F, 1.3F,  5.2F, 2.7F, 3.9F, 1.4F,
    5.0F, 2.0F, 3.5F, 1.0F,  5.9F, 3.0F, 4.2F, 1.5F,  6.0F, 2.2F, 4.0F, 1.0F,
    6.1F, 2.9F, 4.7F, 1.4F,  5.6F, 2.9F, 3.6F, 1.3F,  6.7F, 3.1F, 4.4F, 1.4F,
    5.6F, 3.0F, 4.5F, 1.5F,  5.8F, 2.7F, 4.1F, 1.0F,  6.2F, 2.2F, 4.5F, 1.5F,
    5.6F, 2.5F, 3.9F, 1.1F,  5.9F, 3.2F, 4.8F, 1.8F,  6.1F, 2.8F, 4.0F, 1.3F,
    6.3F, 2.5F, 4.9F, 1.5F,  6.1F, 2.8F, 4.7F, 1.2F,  6.4F, 2.9F, 4.3F, 1.3F,
    6.6F, 3.0F, 4.4F, 1.4F,  6.8F, 2.8F, 4.8F, 1.4F,  6.7F, 3.0F, 5.0F, 1.7F,
    6.0F, 2.9F, 4.5F, 1.5F,  5.7F, 2.6F, 3.5F, 1.0F,  5.5F, 2.4F, 3.8F, 1.1F,
    5.5F, 2.4F, 3.7F, 1.0F,  5.8F, 2.7F, 3.9F, 1.2F,  6.0F, 2.7F, 5.1F, 1.6F,
    5.4F, 3.0F, 4.5F, 1.5F,  6.0F, 3.4F, 4.5F, 1.6F,  6.7F, 3.1F, 4.7F, 1.5F,
    6.3F, 2.3F, 4.4F, 1.3F,  5.6F, 3.0F, 4.1F, 1.3F,  5.5F, 2.5F, 4.0F, 1.3F,
    5.5F, 2.6F, 4.4F, 1.2F,  6.1F, 3.0F, 4.6F, 1.4F,  5.8F, 2.6F, 4.0F, 1.2F,
    5.0F, 2.3F, 3.3F, 1.0F,  5.6F, 2.7F, 4.2F, 1.3F,  5.7F, 3.0F, 4.2F, 1.2F,
    5.7F, 2.9F, 4.2F, 1.3F,  6.2F, 2.9F, 4.3F, 1.3F,  5.1F, 2.5F, 3.0F, 1.1F,
    5.7F, 2.8F, 4.1F, 1.3F,  6.3F, 3.3F, 6.0F, 2.5F,  5.8F, 2.7F, 5.1F, 1.9F,
    7.1F, 3.0F, 5.9F, 2.1F,  6.3F, 2.9F, 5.6F, 1.8F,  6.5F, 3.0F, 5.8F, 2.2F,
    7.6F, 3.0F, 6.6F, 2.1F,  4.9F, 2.5F, 4.5F, 1.7F,  7.3F, 2.9F, 6.3F, 1.8F,
    6.7F, 2.5F, 5.8F, 1.8F,  7.2F, 3.6F, 6.1F, 2.5F,  6.5F, 3.2F, 5.1F, 2.0F,
    6.4F, 2.7F, 5.3F, 1.9F,  6.8F, 3.0F, 5.5F, 2.1F,  5.7F, 2.5F, 5.0F, 2.0F,
    5.8F, 2.8F, 5.1F, 2.4F,  6.4F, 3.2F, 5.3F, 2.3F,  6.5F, 3.0F, 5.5F, 1.8F,
    7.7F, 3.8F, 6.7F, 2.2F,  7.7F, 2.6F, 6.9F, 2.3F,  6.0F, 2.2F, 5.0F, 1.5F,
    6.9F, 3.2F, 5.7F, 2.3F,  5.6F, 2.8F, 4.9F, 2.0F,  7.7F, 2.8F, 6.7F, 2.0F,
    6.3F, 2.7F, 4.9F, 1.8F,  6.7F, 3.3F, 5.7F, 2.1F,  7.2F, 3.2F, 6.0F, 1.8F,
    6.2F, 2.8F, 4.8F, 1.8F,  6.1F, 3.0F, 4.9F, 1.8F,  6.4F, 2.8F, 5.6F, 2.1F,
    7.2F, 3.0F, 5.8F, 1.6F,  7.4F, 2.8F, 6.1F, 1.9F,  7.9F, 3.8F, 6.4F, 2.0F,
    6.4F, 2.8F, 5.6F, 2.2F,  6.3F, 2.8F, 5.1F, 1.5F,  6.1F, 2.6F, 5.6F, 1.4F,
    7.7F, 3.0F, 6.1F, 2.3F,  6.3F, 3.4F, 5.6F, 2.4F,  6.4F, 3.1F, 5.5F, 1.8F,
    6.0F, 3.0F, 4.8F, 1.8F,  6.9F, 3.1F, 5.4F, 2.1F,  6.7F, 3.1F, 5.6F, 2.4F,
    6.9F, 3.1F, 5.1F, 2.3F,  5.8F, 2.7F, 5.1F, 1.9F,  6.8F, 3.2F, 5.9F, 2.3F,
    6.7F, 3.3F, 5.7F, 2.5F,  6.7F, 3.0F, 5.2F, 2.3F,  6.3F, 2.5F, 5.0F, 1.9F,
    6.5F, 3.0F, 5.2F, 2.0F,  6.2F, 3.4F, 5.4F, 2.3F,  5.9F, 3.0F, 5.1F, 1.8F,
};
// clang-format on

constexpr std::array<std::int32_t, kIrisRowCount> kClasses = [] {
  std::array<std::int32_t, kIrisRowCount> classes{};
  constexpr std::size_t kRowsOfAClass = kIrisRowCount / kIrisClassNames.size();
  for (std::size_t row = 0; row < kIrisRowCount; ++row) {
    classes[row] = static_cast<std::int32_t>(row / kRowsOfAClass);
  }
  return classes;
}();

}  // namespace

MatrixView<const float> iris_rows() { return {kRows, kIrisRowCount, kIrisFeatureNames.size()}; }

std::span<const std::int32_t> iris_classes() { return kClasses; }

}  // namespace ml_inference
