// SPDX-License-Identifier: MIT
// Rows whose values are bins, and the histograms of them.
#pragma once

#include "data/matrix.h"
#include "training/feature_bins.h"
#include "training/gradient_sum.h"
#include "training/work_team.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ml_inference {

/// Up to eight features whose bins of one row are the bytes of one word, the first feature's the
/// lowest: a row is read once for eight additions, which do not wait for one another.
struct BinGroup {
  std::vector<std::size_t> features;
  std::size_t stride = 0;  ///< bins set aside for each feature: 4, 16, 64 or 256
  std::size_t offset = 0;  ///< of the first feature's bins in a histogram

  /// How many bins the group has in a histogram.
  [[nodiscard]] std::size_t bin_count() const { return features.size() * stride; }
};

/// Where the bins of each feature are: features of about as many bins are grouped, so that a
/// feature of two bins costs a histogram no more than four.
/// Threads: immutable.
class BinLayout {
 public:
  static constexpr std::size_t kGroupSize = 8;

  explicit BinLayout(std::vector<FeatureBins> features);

  [[nodiscard]] std::size_t feature_count() const { return features_.size(); }
  [[nodiscard]] const FeatureBins& feature(std::size_t index) const { return features_[index]; }
  [[nodiscard]] std::span<const BinGroup> groups() const { return groups_; }

  /// Bins of a histogram of all features.
  [[nodiscard]] std::size_t bin_count() const { return bin_count_; }

  struct Place {
    std::size_t group;
    unsigned shift;      ///< of the feature's byte in its group's word
    std::size_t offset;  ///< of its bins in a histogram
  };
  [[nodiscard]] const Place& place(std::size_t feature) const { return places_[feature]; }

 private:
  void add_groups(std::size_t stride, std::span<const std::size_t> members);

  std::vector<FeatureBins> features_;
  std::vector<BinGroup> groups_;
  std::vector<Place> places_;  // by feature
  std::size_t bin_count_ = 0;
};

/// The bins of some rows of a matrix, numbered from 0 in the order in which they were chosen.
/// Memory: 8 bytes a row and group. Threads: immutable.
class BinnedRows {
 public:
  /// layout  outlives this.
  BinnedRows(const BinLayout& layout, MatrixView<const float> rows,
             std::span<const std::uint32_t> chosen, WorkTeam& team);

  [[nodiscard]] const BinLayout& layout() const { return layout_; }
  [[nodiscard]] std::size_t row_count() const { return row_count_; }

  /// One word a row.
  [[nodiscard]] std::span<const std::uint64_t> words(std::size_t group) const {
    return words_[group];
  }

  [[nodiscard]] std::size_t bin(std::size_t row, std::size_t feature) const {
    const BinLayout::Place& place = layout_.place(feature);
    return words_[place.group][row] >> place.shift & 0xFF;
  }

 private:
  const BinLayout& layout_;
  std::size_t row_count_;
  std::vector<std::vector<std::uint64_t>> words_;  // by group
};

/// Adds rows to one group's part of a histogram.
///
/// words      of the group.
/// chosen     which rows; empty for the rows from 0.
/// gradients  one for each of these rows, in their order.
/// sums       [group.bin_count()]: by feature of the group and bin.
void add_to_histogram(const BinGroup& group, std::span<const std::uint64_t> words,
                      std::span<const std::uint32_t> chosen, std::span<const GradientSum> gradients,
                      std::span<GradientSum> sums);

}  // namespace ml_inference
