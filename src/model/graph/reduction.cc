// SPDX-License-Identifier: MIT
#include "model/graph/reduction.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

namespace ml_inference {
namespace {

struct NamedReduction {
  std::string_view name;
  Reduction reduction;
};
constexpr NamedReduction kReductions[] = {
    {"ReduceL1", Reduction::l1},          {"ReduceL2", Reduction::l2},
    {"ReduceLogSum", Reduction::log_sum}, {"ReduceLogSumExp", Reduction::log_sum_exp},
    {"ReduceMax", Reduction::largest},    {"ReduceMean", Reduction::mean},
    {"ReduceMin", Reduction::smallest},   {"ReduceProd", Reduction::product},
    {"ReduceSum", Reduction::sum},        {"ReduceSumSquare", Reduction::sum_square},
};

// What one element adds, and how it is added to what there is.
template <class T>
T accumulated(Reduction reduction, T sum, T value) {
  switch (reduction) {
    case Reduction::sum:
    case Reduction::mean:
    case Reduction::log_sum: return sum + value;
    case Reduction::product: return sum * value;
    case Reduction::smallest: return std::isnan(value) || value < sum ? value : sum;
    case Reduction::largest: return std::isnan(value) || value > sum ? value : sum;
    case Reduction::l1: return sum + std::abs(value);
    case Reduction::l2:
    case Reduction::sum_square: return sum + value * value;
    case Reduction::log_sum_exp: return sum + std::exp(value);
  }
  return sum;
}

template <class T>
T start_of(Reduction reduction, T first) {
  switch (reduction) {
    case Reduction::product: return 1;
    case Reduction::smallest:
    case Reduction::largest: return first;
    default: return 0;
  }
}

template <class T>
T finished(Reduction reduction, T sum, std::size_t count) {
  switch (reduction) {
    case Reduction::mean: return sum / static_cast<T>(count);
    case Reduction::l2: return std::sqrt(sum);
    case Reduction::log_sum:
    case Reduction::log_sum_exp: return std::log(sum);
    default: return sum;
  }
}

// Calls visit(first element, step) for each line along the axis.
template <class Visit>
void for_each_line(const AxisView& view, const Visit& visit) {
  for (std::size_t outer = 0; outer < view.outer; ++outer) {
    for (std::size_t inner = 0; inner < view.inner; ++inner) {
      visit(outer, inner, outer * view.axis * view.inner + inner);
    }
  }
}

}  // namespace

std::optional<Reduction> reduction_named(std::string_view name) {
  const auto* found = std::ranges::find(kReductions, name, &NamedReduction::name);
  if (found == std::end(kReductions)) return std::nullopt;
  return found->reduction;
}

template <class T>
double Reduce::reduce(std::span<const double> values, std::size_t begin) const {
  const auto at = [&](std::size_t index) {
    return static_cast<T>(values[order_.empty() ? begin + index : order_[begin + index]]);
  };
  T sum = start_of<T>(reduction_, at(0));
  for (std::size_t index = 0; index < group_size_; ++index) {
    sum = accumulated(reduction_, sum, at(index));
  }
  return static_cast<double>(finished(reduction_, sum, group_size_));
}

void Reduce::run_row(std::size_t row, std::span<const Operand> in,
                     std::span<const OperationResult> out) const {
  const std::span<double> to = out[0].row(row);
  for (std::size_t index = 0; index < to.size(); ++index) {
    to[index] = type_ == ElementType::float32 ? reduce<float>(in[0].row(row), index * group_size_)
                                              : reduce<double>(in[0].row(row), index * group_size_);
    if (type_ == ElementType::int64) to[index] = std::trunc(to[index]);
  }
}

void ArgBest::run_row(std::size_t row, std::span<const Operand> in,
                      std::span<const OperationResult> out) const {
  const std::span<const double> from = in[0].row(row);
  const std::span<double> to = out[0].row(row);
  for_each_line(view_, [&](std::size_t outer, std::size_t inner, std::size_t begin) {
    std::size_t best = 0;
    for (std::size_t index = 1; index < view_.axis; ++index) {
      const double value = from[begin + index * view_.inner];
      const double so_far = from[begin + best * view_.inner];
      const bool is_better = options_.largest ? value > so_far : value < so_far;
      if (is_better || (options_.last && value == so_far)) best = index;
    }
    to[outer * view_.inner + inner] = static_cast<double>(best);
  });
}

template <class T>
void Softmax::run_line(std::span<const double> from, std::span<double> to,
                       std::size_t begin) const {
  const auto at = [&](std::size_t index) { return begin + index * view_.inner; };
  T largest = -std::numeric_limits<T>::infinity();
  for (std::size_t index = 0; index < view_.axis; ++index) {
    largest = std::max(largest, static_cast<T>(from[at(index)]));
  }
  T sum = 0;
  for (std::size_t index = 0; index < view_.axis; ++index) {
    const T power = std::exp(static_cast<T>(from[at(index)]) - largest);
    to[at(index)] = static_cast<double>(power);
    sum += power;
  }
  for (std::size_t index = 0; index < view_.axis; ++index) {
    const T share = logarithm_ ? static_cast<T>(from[at(index)]) - largest - std::log(sum)
                               : static_cast<T>(to[at(index)]) / sum;
    to[at(index)] = static_cast<double>(share);
  }
}

void Softmax::run_row(std::size_t row, std::span<const Operand> in,
                      std::span<const OperationResult> out) const {
  for_each_line(view_, [&](std::size_t, std::size_t, std::size_t begin) {
    if (type_ == ElementType::float32) {
      run_line<float>(in[0].row(row), out[0].row(row), begin);
    } else {
      run_line<double>(in[0].row(row), out[0].row(row), begin);
    }
  });
}

void CumulativeSum::run_row(std::size_t row, std::span<const Operand> in,
                            std::span<const OperationResult> out) const {
  const std::span<const double> from = in[0].row(row);
  const std::span<double> to = out[0].row(row);
  for_each_line(view_, [&](std::size_t, std::size_t, std::size_t begin) {
    double sum = 0;
    for (std::size_t step = 0; step < view_.axis; ++step) {
      const std::size_t index = options_.reverse ? view_.axis - 1 - step : step;
      const std::size_t at = begin + index * view_.inner;
      if (options_.exclusive) to[at] = sum;
      sum = rounded(type_, sum + from[at]);
      if (!options_.exclusive) to[at] = sum;
    }
  });
}

void Top::run(std::size_t row_count, std::span<const Operand> in,
              std::span<const OperationResult> out, Workspace& workspace) const {
  const Workspace::Block block(workspace, view_.axis);
  const std::span<double> places = block.values();
  for (std::size_t row = 0; row < row_count; ++row) {
    const std::span<const double> from = in[0].row(row);
    for_each_line(view_, [&](std::size_t outer, std::size_t inner, std::size_t begin) {
      for (std::size_t index = 0; index < view_.axis; ++index) {
        places[index] = static_cast<double>(index);
      }
      const auto value = [&](double place) {
        return from[begin + static_cast<std::size_t>(place) * view_.inner];
      };
      const auto end = places.begin() + static_cast<std::ptrdiff_t>(count_);
      std::partial_sort(places.begin(), end, places.end(), [&](double left, double right) {
        const double a = value(left);
        const double b = value(right);
        // NaN counts as the last, so that this stays an order.
        if (std::isnan(a) || std::isnan(b)) {
          return std::isnan(a) == std::isnan(b) ? left < right : std::isnan(b);
        }
        if (a == b) return left < right;
        return largest_ ? a > b : a < b;
      });
      for (std::size_t index = 0; index < count_; ++index) {
        const std::size_t to = (outer * count_ + index) * view_.inner + inner;
        out[0].row(row)[to] = value(places[index]);
        out[1].row(row)[to] = places[index];
      }
    });
  }
}

void Normalize::run_row(std::size_t row, std::span<const Operand> in,
                        std::span<const OperationResult> out) const {
  const std::span<const double> all = in[0].row(row);
  for (std::size_t begin = 0; begin < all.size(); begin += width_) {
    const std::span<const double> from = all.subspan(begin, width_);
    const std::span<double> to = out[0].row(row).subspan(begin, width_);
    // Of float64 the product is rounded once, of float32 each is one already.
    const auto square = [](double value) { return static_cast<float>(value * value); };
    float norm = norm_ == Norm::largest ? std::numeric_limits<float>::lowest() : 0.0F;
    for (const double value : from) {
      const auto x = static_cast<float>(value);
      if (norm_ == Norm::largest) norm = std::max(norm, x);
      if (norm_ == Norm::l1) norm += std::abs(x);
      if (norm_ == Norm::l2) norm += square(value);
    }
    for (std::size_t index = 0; index < width_; ++index) {
      const auto x = static_cast<float>(from[index]);
      float result = x;
      if (norm != 0) result = x / norm;
      if (norm != 0 && norm_ == Norm::l2) {
        const float share = std::sqrt(square(from[index]) / norm);
        result = from[index] < 0 ? -share : share;
      }
      to[index] = static_cast<double>(result);
    }
  }
}

// Columns are taken four at once, then two, then one, and each way adds the lanes up otherwise.
float MatrixProduct::in_lanes(std::span<const double> left, std::span<const double> right,
                              std::size_t j) const {
  float lane[8] = {};
  for (std::size_t k = 0; k < shape_.inner; ++k) {
    const float product =
        static_cast<float>(left[k]) * static_cast<float>(right[j * shape_.inner + k]);
    lane[k % 8] += product;
  }
  const std::size_t behind_fours = shape_.columns - shape_.columns % 4;
  if (j < behind_fours) {
    return (((lane[0] + lane[1]) + lane[2]) + lane[3]) +
           (((lane[4] + lane[5]) + lane[6]) + lane[7]);
  }
  if (j - behind_fours < (shape_.columns % 4) / 2 * 2) {
    return ((lane[0] + lane[2]) + (lane[4] + lane[6])) +
           ((lane[1] + lane[3]) + (lane[5] + lane[7]));
  }
  return ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

template <class T>
T MatrixProduct::element(std::span<const double> left, std::span<const double> right, std::size_t i,
                         std::size_t j) const {
  T sum = 0;
  for (std::size_t k = 0; k < shape_.inner; ++k) {
    const std::size_t a = shape_.left_is_transposed ? k * shape_.rows + i : i * shape_.inner + k;
    const std::size_t b =
        shape_.right_is_transposed ? j * shape_.inner + k : k * shape_.columns + j;
    sum = std::fma(static_cast<T>(left[a]), static_cast<T>(right[b]), sum);
  }
  return sum;
}

template <class T>
void MatrixProduct::run_as(std::size_t row, std::span<const Operand> in,
                           std::span<double> to) const {
  const bool has_lanes = std::is_same_v<T, float> && shape_.rows == 1 && shape_.right_is_transposed;
  for (std::size_t i = 0; i < shape_.rows; ++i) {
    for (std::size_t j = 0; j < shape_.columns; ++j) {
      T sum = has_lanes ? static_cast<T>(in_lanes(in[0].row(row), in[1].row(row), j))
                        : element<T>(in[0].row(row), in[1].row(row), i, j);
      sum *= static_cast<T>(shape_.alpha);
      const std::size_t index = i * shape_.columns + j;
      if (addend_) {
        const double addend = in[2].row(row)[addend_->empty() ? index : (*addend_)[index]];
        sum += static_cast<T>(shape_.beta) * static_cast<T>(addend);
      }
      to[index] = static_cast<double>(sum);
    }
  }
}

void MatrixProduct::run_row(std::size_t row, std::span<const Operand> in,
                            std::span<const OperationResult> out) const {
  if (type_ == ElementType::float32) return run_as<float>(row, in, out[0].row(row));
  run_as<double>(row, in, out[0].row(row));
}

}  // namespace ml_inference
