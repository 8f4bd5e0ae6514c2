// SPDX-License-Identifier: MIT
#include "engines/table_engine.h"

#include "base/assert.h"
#include "engines/exact_threshold.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

constexpr std::size_t kRowsAtOnce = 256;

// More buckets than a feature has thresholds, so that a bucket holds one or none of them where they
// are spread evenly; and not so many that they crowd out the rest of a core's first cache.
constexpr std::size_t kBucketsPerThreshold = 8;
constexpr std::size_t kBucketCountMax = 4'096;

// How one feature is cut into ranges. A value is in range r when r thresholds are below it; the
// last range but one holds what is above all of them, the last one missing values.
class Ranges {
 public:
  // thresholds  finite, ascending, unique: a test is value <= threshold.
  explicit Ranges(std::vector<double> thresholds) : thresholds_(std::move(thresholds)) {
    if (thresholds_.empty()) return;
    low_ = thresholds_.front();
    const double width = thresholds_.back() - low_;
    const std::size_t bucket_count =
        std::min(kBucketsPerThreshold * thresholds_.size(), kBucketCountMax);
    last_ = static_cast<double>(bucket_count - 1);
    scale_ = width > 0 ? static_cast<double>(bucket_count) / width : 0;
    buckets_.resize(bucket_count);
    for (const double threshold : thresholds_) ++buckets_[bucket_of(threshold)].end;
    std::uint32_t begin = 0;
    for (Bucket& bucket : buckets_) {
      bucket.begin = begin;
      bucket.end = begin += bucket.end;
      if (bucket.begin < bucket.end) bucket.first = thresholds_[bucket.begin];
    }
  }

  [[nodiscard]] std::size_t count() const {
    return thresholds_.empty() ? 1 : thresholds_.size() + 2;
  }

  // bucket_of() never falls where its value rises. So thresholds in earlier buckets are below the
  // value and those in later ones are not, and only those in its own have to be compared.
  [[nodiscard]] std::size_t range_of(double value) const {
    if (thresholds_.empty()) return 0;
    if (std::isnan(value)) return thresholds_.size() + 1;
    const Bucket& bucket = buckets_[bucket_of(value)];
    // Without a branch, which nobody could foretell; a second threshold is rare.
    std::size_t range = bucket.begin + static_cast<std::size_t>(value > bucket.first);
    for (std::size_t index = bucket.begin + 1; index < bucket.end; ++index) {
      range += static_cast<std::size_t>(value > thresholds_[index]);
    }
    return range;
  }

 private:
  // Thresholds that lie close together; none is above `first` when there is none.
  struct Bucket {
    double first = std::numeric_limits<double>::infinity();
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };

  [[nodiscard]] std::size_t bucket_of(double value) const {
    const double place = (value - low_) * scale_;
    if (!(place > 0)) return 0;  // an infinity times zero too
    return static_cast<std::size_t>(std::min(place, last_));
  }

  std::vector<double> thresholds_;
  std::vector<Bucket> buckets_;
  double low_ = 0;
  double last_ = 0;  // bucket
  double scale_ = 0;
};

// The ranges of every feature; nothing when they make too many cells, or the forest has nodes that
// they cannot say.
std::optional<std::vector<Ranges>> ranges_of(const Forest& forest) {
  std::vector<std::vector<double>> thresholds(forest.feature_count());
  const bool is_float32 = forest.shape().feature_type == NumberType::float32;
  for (const ForestNode& node : forest.nodes()) {
    if (node.is_leaf()) {
      if (node.is_linear()) return std::nullopt;
      continue;
    }
    if (node.is_categorical() || node.zero_is_missing()) return std::nullopt;
    const double largest = is_float32 ? static_cast<double>(largest_that_passes<float>(node))
                                      : largest_that_passes<double>(node);
    // A test of every value, or of none: nobody trains such.
    if (!std::isfinite(largest)) return std::nullopt;
    thresholds[node.feature()].push_back(largest);
  }
  const std::size_t cell_size = forest.output_count() * sizeof(double) + 1;
  std::size_t cell_count = 1;
  std::vector<Ranges> ranges;
  for (std::vector<double>& of_feature : thresholds) {
    std::ranges::sort(of_feature);
    of_feature.erase(std::ranges::unique(of_feature).begin(), of_feature.end());
    if (!of_feature.empty() && !std::isfinite(of_feature.back() - of_feature.front())) {
      return std::nullopt;
    }
    const std::size_t count = of_feature.empty() ? 1 : of_feature.size() + 2;
    if (count > kTableSizeMax / cell_size / cell_count) return std::nullopt;
    cell_count *= count;
    ranges.emplace_back(std::move(of_feature));
  }
  return ranges;
}

class TableEngine final : public Engine {
 public:
  TableEngine(Forest forest, std::vector<Ranges> ranges)
      : feature_count_(forest.feature_count()),
        output_count_(forest.output_count()),
        is_float32_(forest.shape().feature_type == NumberType::float32),
        ranges_(std::move(ranges)),
        engine_(make_engine(std::move(forest))) {
    for (const Ranges& of_feature : ranges_) cell_count_ *= of_feature.count();
    states_ = std::make_unique<std::atomic<std::uint8_t>[]>(cell_count_);
    answers_ = std::make_unique_for_overwrite<double[]>(cell_count_ * output_count_);
  }

  [[nodiscard]] std::string_view name() const override { return kTableEngineName; }
  [[nodiscard]] std::string reason() const override {
    return "few different thresholds, before: " + engine_->reason();
  }
  [[nodiscard]] std::size_t memory_size() const override {
    return engine_->memory_size() + cell_count_ * (output_count_ * sizeof(double) + 1);
  }
  void predict(MatrixView<const float> rows, std::span<double> out) const override {
    predict_rows(rows, out);
  }
  void predict(MatrixView<const double> rows, std::span<double> out) const override {
    predict_rows(rows, out);
  }

 private:
  // Of a cell: nobody has asked, somebody is writing the answer, it is there.
  enum State : std::uint8_t { kUnknown, kWritten, kKnown };

  template <class T>
  void predict_rows(MatrixView<const T> rows, std::span<double> out) const {
    ASSERT(rows.column_count() == feature_count_);
    ASSERT(out.size() == rows.row_count() * output_count_);
    for (std::size_t begin = 0; begin < rows.row_count(); begin += kRowsAtOnce) {
      const std::size_t count = std::min(kRowsAtOnce, rows.row_count() - begin);
      predict_some(
          MatrixView<const T>(rows.values().subspan(begin * feature_count_, count * feature_count_),
                              count, feature_count_),
          out.subspan(begin * output_count_, count * output_count_));
    }
  }

  template <class T>
  void predict_some(MatrixView<const T> rows, std::span<double> out) const {
    std::array<std::uint32_t, kRowsAtOnce> cells;
    find_cells(rows, std::span(cells).first(rows.row_count()));
    std::array<std::uint32_t, kRowsAtOnce> unknown;
    std::size_t unknown_count = 0;
    for (std::size_t row = 0; row < rows.row_count(); ++row) {
      if (states_[cells[row]].load(std::memory_order_acquire) == kKnown) {
        copy(answers_.get() + cells[row] * output_count_, out.data() + row * output_count_);
      } else {
        unknown[unknown_count++] = static_cast<std::uint32_t>(row);
      }
    }
    if (unknown_count > 0) ask(rows, std::span(unknown).first(unknown_count), cells, out);
  }

  // Rows that are not in the table go to the engine, and into the table.
  template <class T>
  void ask(MatrixView<const T> rows, std::span<const std::uint32_t> unknown,
           std::span<const std::uint32_t> cells, std::span<double> out) const {
    std::vector<T> asked;
    asked.reserve(unknown.size() * feature_count_);
    for (const std::uint32_t row : unknown) {
      const std::span<const T> values = rows.row(row);
      asked.insert(asked.end(), values.begin(), values.end());
    }
    std::vector<double> answers(unknown.size() * output_count_);
    engine_->predict(MatrixView<const T>(asked, unknown.size(), feature_count_), answers);
    const double* answer = answers.data();
    for (const std::uint32_t row : unknown) {
      copy(answer, out.data() + row * output_count_);
      remember(cells[row], answer);
      answer += output_count_;
    }
  }

  void remember(std::uint32_t cell, const double* answer) const {
    std::uint8_t expected = kUnknown;
    if (!states_[cell].compare_exchange_strong(expected, kWritten, std::memory_order_relaxed)) {
      return;  // somebody else has, or is about to
    }
    copy(answer, answers_.get() + cell * output_count_);
    states_[cell].store(kKnown, std::memory_order_release);
  }

  // Of few numbers: a call of memmove() would take longer.
  void copy(const double* from, double* to) const {
    for (std::size_t output = 0; output < output_count_; ++output) to[output] = from[output];
  }

  // Feature by feature: what one is cut by stays in registers, and no row waits for another.
  template <class T>
  void find_cells(MatrixView<const T> rows, std::span<std::uint32_t> cells) const {
    std::ranges::fill(cells, 0);
    for (std::size_t feature = 0; feature < feature_count_; ++feature) {
      const Ranges& ranges = ranges_[feature];
      const auto count = static_cast<std::uint32_t>(ranges.count());
      const T* value = rows.values().data() + feature;
      for (std::uint32_t& cell : cells) {
        const double cast = is_float32_ ? static_cast<double>(static_cast<float>(*value))
                                        : static_cast<double>(*value);
        cell = cell * count + static_cast<std::uint32_t>(ranges.range_of(cast));
        value += feature_count_;
      }
    }
    // Neighbours in a file are none in the table: all these lines come at once.
    for (const std::uint32_t cell : cells) {
      __builtin_prefetch(states_.get() + cell);
      __builtin_prefetch(answers_.get() + cell * output_count_);
    }
  }

  const std::size_t feature_count_;
  const std::size_t output_count_;
  const bool is_float32_;
  const std::vector<Ranges> ranges_;
  const std::unique_ptr<const Engine> engine_;
  std::size_t cell_count_ = 1;
  std::unique_ptr<std::atomic<std::uint8_t>[]> states_;  // by cell
  std::unique_ptr<double[]> answers_;                    // [cell_count, output_count]
};

}  // namespace

bool table_engine_takes(const Forest& forest) { return ranges_of(forest).has_value(); }

std::unique_ptr<const Engine> make_table_engine(Forest forest) {
  std::optional<std::vector<Ranges>> ranges = ranges_of(forest);
  ASSERT(ranges.has_value());
  return std::make_unique<TableEngine>(std::move(forest), std::move(*ranges));
}

}  // namespace ml_inference
