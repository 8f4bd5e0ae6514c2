// SPDX-License-Identifier: MIT
#include "model/testing/random_forest.h"

#include "model/forest_builder.h"

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

}  // namespace

Forest make_random_forest(const RandomForestShape& shape, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  ForestBuilder builder(shape.feature_count, shape.output_count, shape.aggregation);
  std::vector<double> values(shape.output_count);
  for (std::size_t tree = 0; tree < shape.tree_count; ++tree) {
    const std::vector<Drawn> nodes = draw_tree(shape, random);
    builder.start_tree(nodes.size());
    for (std::size_t node = 0; node < nodes.size(); ++node) {
      if (!nodes[node].is_leaf) {
        builder.numerical_test(node, nodes[node].test);
        continue;
      }
      for (double& value : values) value = static_cast<double>(below(random, 1000)) / 997.0;
      builder.leaf(node, values);
    }
  }
  return std::move(builder).build().value();
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

}  // namespace ml_inference::testing
