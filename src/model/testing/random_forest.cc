// SPDX-License-Identifier: MIT
#include "model/testing/random_forest.h"

#include "model/forest_builder.h"

#include <array>
#include <cmath>
#include <limits>
#include <random>

namespace ml_inference::testing {
namespace {

constexpr std::size_t kThresholdCount = 8;

// Half of them lie between two float32 numbers.
double threshold_of(std::size_t index) {
  const double whole = static_cast<double>(index) - 3.0;
  return index % 2 == 0 ? whole : std::nextafter(whole, 100.0);
}

std::size_t below(std::mt19937_64& random, std::size_t end) { return random() % end; }

struct Drawn {
  NumericalTest test;
  std::size_t depth = 0;
  bool is_leaf = true;
};

// Draws the tests level by level; children follow their parents in the list.
std::vector<Drawn> draw_tree(const RandomForestShape& shape, std::mt19937_64& random) {
  std::vector<Drawn> nodes(1);
  for (std::size_t next = 0; next < nodes.size(); ++next) {
    if (nodes[next].depth >= shape.depth || below(random, 5) == 0) continue;
    nodes[next].is_leaf = false;
    nodes[next].test = {.feature = below(random, shape.feature_count),
                        .threshold = threshold_of(below(random, kThresholdCount)),
                        .left = nodes.size(),
                        .right = nodes.size() + 1,
                        .missing_goes_left = below(random, 2) == 0};
    const Drawn child{.depth = nodes[next].depth + 1};
    nodes.insert(nodes.end(), 2, child);
  }
  return nodes;
}

double draw_value(std::mt19937_64& random) {
  return static_cast<double>(below(random, 1000)) / 997.0;
}

// Speaks to the builder; draws what is beyond plain forests only where the shape asks for it, so
// that plain ones stay what they are.
class Speaker {
 public:
  Speaker(const RandomForestShape& shape, std::mt19937_64& random)
      : shape_(shape),
        random_(random),
        width_(shape.leaf_width == 0 ? shape.output_count : shape.leaf_width),
        builder_(forest_shape()) {}

  Forest build() && {
    std::size_t first_output = 0;
    for (std::size_t tree = 0; tree < shape_.tree_count; ++tree) {
      const std::vector<Drawn> nodes = draw_tree(shape_, random_);
      builder_.start_tree(nodes.size(), first_output);
      for (std::size_t node = 0; node < nodes.size(); ++node) {
        nodes[node].is_leaf ? add_leaf(node) : add_test(node, nodes[node].test);
      }
      first_output = (first_output + 1) % (shape_.output_count - width_ + 1);
    }
    return std::move(builder_).build().value();
  }

 private:
  [[nodiscard]] ForestShape forest_shape() const {
    ForestShape made{.feature_count = shape_.feature_count,
                     .output_count = shape_.output_count,
                     .leaf_width = shape_.leaf_width,
                     .aggregation = shape_.aggregation,
                     .feature_type = shape_.feature_type,
                     .sum_type = shape_.sum_type,
                     .category_rule = shape_.category_rule,
                     .base_last = shape_.base_last};
    for (std::size_t output = 0; shape_.has_base && output < shape_.output_count; ++output) {
      made.base.push_back(draw_value(random_) - 0.5);
    }
    return made;
  }

  bool draws(bool allowed) { return allowed && below(random_, 3) == 0; }

  void add_test(std::size_t node, NumericalTest test) {
    if (draws(shape_.categorical)) return add_categorical(node, test);
    test.is_strict = draws(shape_.strict);
    test.zero_is_missing = draws(shape_.zero_is_missing);
    builder_.numerical_test(node, test);
  }

  void add_categorical(std::size_t node, const NumericalTest& test) {
    std::vector<std::uint32_t> words(below(random_, 10));
    for (std::uint32_t& word : words) word = static_cast<std::uint32_t>(random_());
    builder_.categorical_test(node, {.feature = test.feature,
                                     .set = builder_.category_set(words),
                                     .left = test.left,
                                     .right = test.right,
                                     .strangers_go_left = below(random_, 2) == 0,
                                     .missing_goes_left = test.missing_goes_left});
  }

  void add_leaf(std::size_t node) {
    std::vector<double> values(width_);
    for (double& value : values) value = draw_value(random_);
    if (!draws(shape_.linear)) return builder_.leaf(node, values);
    std::vector<std::uint32_t> features(below(random_, 4));
    std::vector<double> coefficients;
    for (std::uint32_t& feature : features) {
      feature = static_cast<std::uint32_t>(below(random_, shape_.feature_count));
      coefficients.push_back(draw_value(random_));
    }
    builder_.linear_leaf(
        node, {.constant = draw_value(random_), .features = features, .coefficients = coefficients},
        values.front());
  }

  const RandomForestShape& shape_;
  std::mt19937_64& random_;
  const std::size_t width_;
  ForestBuilder builder_;
};

}  // namespace

Forest make_random_forest(const RandomForestShape& shape, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  return Speaker(shape, random).build();
}

std::vector<float> make_random_rows(std::size_t row_count, std::size_t feature_count,
                                    std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<float> rows(row_count * feature_count);
  for (float& value : rows) {
    const auto base = static_cast<float>(threshold_of(below(random, kThresholdCount)));
    switch (below(random, 16)) {
      case 0: value = std::numeric_limits<float>::quiet_NaN(); break;
      case 1: value = std::numeric_limits<float>::infinity(); break;
      case 2: value = -std::numeric_limits<float>::infinity(); break;
      case 3: value = std::nextafter(base, 1e9F); break;
      case 4: value = std::nextafter(base, -1e9F); break;
      case 5: value = base * 1e30F; break;
      default: value = base;
    }
  }
  return rows;
}

std::vector<double> make_random_double_rows(std::size_t row_count, std::size_t feature_count,
                                            std::uint64_t seed) {
  constexpr double kZero = 1e-35F;
  constexpr auto kSpecial =
      std::to_array<double>({0.0,         -0.0,       5e-324,     kZero,
                             -kZero,      1e-35,      1.1e-35,    -1.1e-35,
                             0.5,         -0.5,       -0.99,      -1,
                             2.5,         31.9,       32,         63,
                             64,          200,        255,        256,
                             287,         288,        16777215,   16777216,
                             2147483647,  2147483648, 4294967297, -2147483648,
                             -2147483649, 1e300,      -1e300,     3.4028235677973366e38});
  std::mt19937_64 random(seed);
  const std::vector<float> floats = make_random_rows(row_count, feature_count, random());
  std::vector<double> rows(floats.begin(), floats.end());
  for (double& value : rows) {
    switch (below(random, 6)) {
      case 0: value = kSpecial[below(random, kSpecial.size())]; break;
      case 1: value = static_cast<double>(below(random, 300)); break;
      case 2: value = std::nextafter(value, 1e9); break;
      case 3: value = std::nextafter(value, -1e9); break;
      default: break;
    }
  }
  return rows;
}

}  // namespace ml_inference::testing
