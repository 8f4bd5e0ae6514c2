// SPDX-License-Identifier: MIT
#include "engines/scalar_engine.h"

#include "base/assert.h"
#include "engines/packed_nodes.h"
#include "model/forest_walk.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <type_traits>
#include <vector>

namespace ml_inference {
namespace {

// How many trees are walked at once. Their loads do not depend on one another, so the processor
// overlaps them, the better the more there are: over the Iris rows 8 lanes take 640 ns, 12 and 16
// take 570, although their indices no longer fit the registers.
constexpr std::size_t kLaneCount = 16;

// Adds kCount outputs of the leaves, in their order, to `sums`. In registers: through memory, each
// addition would wait for the store of the one before.
template <std::size_t kCount, class Sum>
void add_outputs(std::span<const Sum* const> leaves, std::size_t first, Sum* sums) {
  std::array<Sum, kCount> partial;
  for (std::size_t output = 0; output < kCount; ++output) partial[output] = sums[first + output];
  for (const Sum* const leaf : leaves) {
    for (std::size_t output = 0; output < kCount; ++output) partial[output] += leaf[first + output];
  }
  for (std::size_t output = 0; output < kCount; ++output) sums[first + output] = partial[output];
}

template <class Sum>
void add_leaves(std::span<const Sum* const> leaves, std::size_t output_count, Sum* sums) {
  std::size_t first = 0;
  for (; output_count - first >= 4; first += 4) add_outputs<4>(leaves, first, sums);
  switch (output_count - first) {
    case 3: return add_outputs<3>(leaves, first, sums);
    case 2: return add_outputs<2>(leaves, first, sums);
    case 1: return add_outputs<1>(leaves, first, sums);
    default: return;
  }
}

// Nodes: Float32Nodes or Float64Nodes. Sum: float or double, as the forest's sum_type says.
template <class Nodes, class Sum>
class ScalarEngine final : public Engine {
 public:
  explicit ScalarEngine(const Forest& forest);

  [[nodiscard]] std::string_view name() const override { return kScalarEngineName; }
  [[nodiscard]] std::size_t memory_size() const override {
    return nodes_.memory_size() + std::span(groups_).size_bytes() +
           std::span(leaf_values_).size_bytes() + std::span(first_outputs_).size_bytes();
  }
  void predict(MatrixView<const float> rows, std::span<double> out) const override {
    predict_rows(rows, out);
  }
  void predict(MatrixView<const double> rows, std::span<double> out) const override {
    predict_rows(rows, out);
  }

 private:
  using Feature = typename Nodes::Feature;

  // Trees that are walked together.
  struct Group {
    std::array<std::uint32_t, kLaneCount> roots;
    std::size_t tree_count;  // how many of the lanes are in use
  };

  void add_groups(std::span<const std::uint32_t> roots);
  template <class T>
  void predict_rows(MatrixView<const T> rows, std::span<double> out) const;
  void predict_row(std::span<const Feature> row, double* out, std::span<Sum> scratch) const;
  template <bool kMayMiss>
  void sum_up(const Feature* row, Sum* sums) const;
  template <bool kMayMiss>
  void walk(const Feature* row, std::array<std::uint32_t, kLaneCount>& nodes) const;
  void add_narrow(std::span<const Sum* const> leaves, const std::uint32_t* first_outputs,
                  Sum* sums) const;

  std::size_t feature_count_;
  std::size_t output_count_;
  std::size_t leaf_width_;
  std::vector<Group> groups_;
  Nodes nodes_;
  std::vector<Sum> leaf_values_;              // [leaf_count, leaf_width]
  std::vector<std::uint32_t> first_outputs_;  // by tree
  std::vector<Sum> starts_;                   // by output, what its sum begins with
  std::vector<Sum> divisors_;                 // by output
  std::vector<Sum> ends_;                     // by output, what is added last; empty for nothing
};

template <class Nodes, class Sum>
ScalarEngine<Nodes, Sum>::ScalarEngine(const Forest& forest)
    : feature_count_(forest.feature_count()),
      output_count_(forest.output_count()),
      leaf_width_(forest.leaf_width()),
      nodes_(forest),
      first_outputs_(forest.first_outputs().begin(), forest.first_outputs().end()),
      starts_(output_count_) {
  add_groups(forest.roots());
  leaf_values_.reserve(forest.leaf_count() * leaf_width_);
  for (std::size_t leaf = 0; leaf < forest.leaf_count(); ++leaf) {
    for (const double value : forest.leaf_values(leaf)) {
      leaf_values_.push_back(static_cast<Sum>(value));
    }
  }
  for (const double divisor : divisors(forest)) divisors_.push_back(static_cast<Sum>(divisor));
  const std::vector<double>& base = forest.shape().base;
  if (base.empty()) return;
  (forest.shape().base_last ? ends_ : starts_).assign(base.begin(), base.end());
}

template <class Nodes, class Sum>
void ScalarEngine<Nodes, Sum>::add_groups(std::span<const std::uint32_t> roots) {
  for (std::size_t begin = 0; begin < roots.size(); begin += kLaneCount) {
    const std::size_t tree_count = std::min(kLaneCount, roots.size() - begin);
    Group& group = groups_.emplace_back();
    group.tree_count = tree_count;
    // Lanes not in use walk the group's first tree again; their leaves are not added.
    group.roots.fill(roots[begin]);
    std::copy_n(roots.begin() + static_cast<std::ptrdiff_t>(begin), tree_count,
                group.roots.begin());
  }
}

template <class Nodes, class Sum>
template <class T>
void ScalarEngine<Nodes, Sum>::predict_rows(MatrixView<const T> rows, std::span<double> out) const {
  ASSERT(rows.column_count() == feature_count_);
  ASSERT(out.size() == rows.row_count() * output_count_);
  std::vector<Sum> scratch(std::is_same_v<Sum, double> ? 0 : output_count_);
  std::vector<Feature> rounded_row(std::is_same_v<T, Feature> ? 0 : feature_count_);
  for (std::size_t index = 0; index < rows.row_count(); ++index) {
    double* const row_out = out.data() + index * output_count_;
    if constexpr (std::is_same_v<T, Feature>) {
      predict_row(rows.row(index), row_out, scratch);
    } else {
      std::ranges::transform(rows.row(index), rounded_row.begin(),
                             [](T value) { return static_cast<Feature>(value); });
      predict_row(rounded_row, row_out, scratch);
    }
  }
}

// Float64 sums are added up where they are to stand.
template <class Nodes, class Sum>
void ScalarEngine<Nodes, Sum>::predict_row(std::span<const Feature> row, double* out,
                                           std::span<Sum> scratch) const {
  Sum* sums = scratch.data();
  if constexpr (std::is_same_v<Sum, double>) sums = out;
  const bool misses = std::ranges::any_of(row, [](Feature value) { return std::isnan(value); });
  misses ? sum_up<true>(row.data(), sums) : sum_up<false>(row.data(), sums);
  if constexpr (!std::is_same_v<Sum, double>) std::ranges::copy(scratch, out);
}

template <class Nodes, class Sum>
template <bool kMayMiss>
void ScalarEngine<Nodes, Sum>::sum_up(const Feature* row, Sum* sums) const {
  std::ranges::copy(starts_, sums);
  const std::uint32_t* first_outputs = first_outputs_.data();
  for (const Group& group : groups_) {
    std::array<std::uint32_t, kLaneCount> nodes = group.roots;
    walk<kMayMiss>(row, nodes);
    std::array<const Sum*, kLaneCount> reached;
    for (std::size_t lane = 0; lane < group.tree_count; ++lane) {
      reached[lane] = leaf_values_.data() + nodes_.leaf(nodes[lane]) * leaf_width_;
    }
    const std::span<const Sum* const> leaves(reached.data(), group.tree_count);
    if (leaf_width_ == output_count_) {
      add_leaves(leaves, output_count_, sums);
    } else {
      add_narrow(leaves, first_outputs, sums);
    }
    first_outputs += group.tree_count;
  }
  for (std::size_t output = 0; output < output_count_; ++output) sums[output] /= divisors_[output];
  for (std::size_t output = 0; output < ends_.size(); ++output) sums[output] += ends_[output];
}

// Most rows reach a leaf long before the deepest one: the group ends with its last lane.
template <class Nodes, class Sum>
template <bool kMayMiss>
void ScalarEngine<Nodes, Sum>::walk(const Feature* row,
                                    std::array<std::uint32_t, kLaneCount>& nodes) const {
  for (bool moved = true; moved;) {
    std::uint32_t changed_bits = 0;
    for (std::uint32_t& node : nodes) {
      const std::uint32_t next = nodes_.template step<kMayMiss>(node, row);
      changed_bits |= next ^ node;
      node = next;
    }
    moved = changed_bits != 0;
  }
}

template <class Nodes, class Sum>
void ScalarEngine<Nodes, Sum>::add_narrow(std::span<const Sum* const> leaves,
                                          const std::uint32_t* first_outputs, Sum* sums) const {
  for (std::size_t lane = 0; lane < leaves.size(); ++lane) {
    Sum* const first_sum = sums + first_outputs[lane];
    for (std::size_t value = 0; value < leaf_width_; ++value) {
      first_sum[value] += leaves[lane][value];
    }
  }
}

bool takes(const ForestNode& node) {
  return node.is_leaf() ? !node.is_linear() : !node.is_categorical() && !node.zero_is_missing();
}

}  // namespace

bool scalar_engine_takes(const Forest& forest) {
  const bool is_wider = forest.shape().feature_type == NumberType::float64 &&
                        forest.shape().sum_type == NumberType::float32;
  return !is_wider && std::ranges::all_of(forest.nodes(), takes);
}

std::unique_ptr<const Engine> make_scalar_engine(const Forest& forest) {
  ASSERT(scalar_engine_takes(forest));
  if (forest.shape().feature_type == NumberType::float64) {
    return std::make_unique<ScalarEngine<Float64Nodes, double>>(forest);
  }
  if (forest.shape().sum_type == NumberType::float32) {
    return std::make_unique<ScalarEngine<Float32Nodes, float>>(forest);
  }
  return std::make_unique<ScalarEngine<Float32Nodes, double>>(forest);
}

}  // namespace ml_inference
