// SPDX-License-Identifier: MIT
// Any bytes: the first ones choose a forest, the others are the rows. Every engine, with every SIMD
// target of the machine, gives the answer of the reference to the last bit.
#include "base/assert.h"
#include "base/simd_targets.h"
#include "engines/engine.h"
#include "engines/packed_engine.h"
#include "engines/plain_engine.h"
#include "model/reference_predict.h"
#include "model/testing/random_forest.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace {

using ml_inference::Engine;
using ml_inference::Forest;
using ml_inference::MatrixView;
using ml_inference::NumberType;

// What is read past the end is 0.
class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

  template <class T>
  T take() {
    T value{};
    const std::size_t count = std::min(sizeof(T), size_);
    std::copy_n(data_, count, reinterpret_cast<std::uint8_t*>(&value));
    data_ += count;
    size_ -= count;
    return value;
  }

  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
};

ml_inference::testing::RandomForestShape shape_of(Bytes& bytes) {
  const auto sizes = bytes.take<std::uint32_t>();
  const auto flags = bytes.take<std::uint16_t>();
  const auto is = [flags](unsigned bit) { return (flags >> bit & 1) != 0; };
  const bool has_base = is(0);
  const std::size_t output_count = 1 + sizes / 8 % 9;
  return {
      .feature_count = 1 + sizes % 8,
      .output_count = output_count,
      // An average of no trees is refused, where trees take the outputs in turn.
      .tree_count = output_count + sizes / 128 % 80,
      .depth = sizes / 16384 % 13,
      .aggregation = has_base ? ml_inference::Aggregation::sum : ml_inference::Aggregation::average,
      .leaf_width = is(1) || is(2) ? 1U : 0U,
      .feature_type = is(3) ? NumberType::float32 : NumberType::float64,
      .sum_type = is(4) ? NumberType::float32 : NumberType::float64,
      .category_rule = static_cast<ml_inference::CategoryRule>(flags >> 12 & 3),
      .has_base = has_base,
      .base_last = is(5),
      .strict = is(6),
      .zero_is_missing = is(7),
      .categorical = is(8),
      .linear = is(2)};
}

void expect_equal(const Engine& engine, MatrixView<const double> rows,
                  const std::vector<double>& expected) {
  std::vector<double> got(expected.size(), -1.0);
  engine.predict(rows, got);
  ASSERT(std::ranges::equal(std::as_bytes(std::span(got)), std::as_bytes(std::span(expected))));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes(data, size);
  const auto shape = shape_of(bytes);
  const Forest forest =
      ml_inference::testing::make_random_forest(shape, bytes.take<std::uint64_t>());
  std::vector<double> rows;
  while (bytes.size() > 0) rows.push_back(bytes.take<double>());
  const std::size_t row_count = rows.size() / shape.feature_count;
  rows.resize(row_count * shape.feature_count);
  const MatrixView<const double> view(rows, row_count, shape.feature_count);
  std::vector<double> expected(row_count * shape.output_count);
  ml_inference::reference_predict(forest, view, expected);
  expect_equal(*ml_inference::make_plain_engine(forest, ""), view, expected);
  const auto packed = ml_inference::make_packed_engine(forest).value();
  for (const std::string_view target : ml_inference::simd_targets()) {
    ASSERT(ml_inference::limit_simd_targets(target).has_value());
    expect_equal(*packed, view, expected);
    ASSERT(ml_inference::limit_simd_targets("").has_value());
  }
  return 0;
}
