// SPDX-License-Identifier: MIT
#include "training/binned_rows.h"

#include "base/assert.h"

#include <algorithm>
#include <utility>

namespace ml_inference {
namespace {

constexpr std::array<std::size_t, 4> kStrides = {4, 16, 64, 256};

std::size_t stride_of(const FeatureBins& feature) {
  return *std::ranges::lower_bound(kStrides, feature.value_bin_count() + 1);
}

// A loop for each stride and number of features, so that the places of the sums are constants of
// its instructions. The sums are two words, which g++ adds as one vector.
template <std::size_t kStride, std::size_t kFeatureCount>
void add_rows(const std::uint64_t* words, std::span<const std::uint32_t> chosen,
              std::span<const GradientSum> gradients, GradientSum* sums) {
  const auto add = [sums](std::uint64_t word, GradientSum gradient) {
    for (std::size_t feature = 0; feature < kFeatureCount; ++feature) {
      sums[feature * kStride + (word >> (8 * feature) & 0xFF)] += gradient;
    }
  };
  if (chosen.empty()) {
    for (std::size_t index = 0; index < gradients.size(); ++index) {
      add(words[index], gradients[index]);
    }
  } else {
    for (std::size_t index = 0; index < gradients.size(); ++index) {
      add(words[chosen[index]], gradients[index]);
    }
  }
}

template <std::size_t kStride>
void add_rows(std::size_t feature_count, const std::uint64_t* words,
              std::span<const std::uint32_t> chosen, std::span<const GradientSum> gradients,
              GradientSum* sums) {
  switch (feature_count) {
    case 1: return add_rows<kStride, 1>(words, chosen, gradients, sums);
    case 2: return add_rows<kStride, 2>(words, chosen, gradients, sums);
    case 3: return add_rows<kStride, 3>(words, chosen, gradients, sums);
    case 4: return add_rows<kStride, 4>(words, chosen, gradients, sums);
    case 5: return add_rows<kStride, 5>(words, chosen, gradients, sums);
    case 6: return add_rows<kStride, 6>(words, chosen, gradients, sums);
    case 7: return add_rows<kStride, 7>(words, chosen, gradients, sums);
    default: return add_rows<kStride, 8>(words, chosen, gradients, sums);
  }
}

}  // namespace

BinLayout::BinLayout(std::vector<FeatureBins> features)
    : features_(std::move(features)), places_(features_.size()) {
  for (const std::size_t stride : kStrides) {
    std::vector<std::size_t> members;
    for (std::size_t feature = 0; feature < features_.size(); ++feature) {
      if (stride_of(features_[feature]) == stride) members.push_back(feature);
    }
    add_groups(stride, members);
  }
}

void BinLayout::add_groups(std::size_t stride, std::span<const std::size_t> members) {
  for (std::size_t begin = 0; begin < members.size(); begin += kGroupSize) {
    const auto features = members.subspan(begin, std::min(kGroupSize, members.size() - begin));
    for (std::size_t slot = 0; slot < features.size(); ++slot) {
      places_[features[slot]] = {.group = groups_.size(),
                                 .shift = static_cast<unsigned>(8 * slot),
                                 .offset = bin_count_ + slot * stride};
    }
    groups_.push_back(
        {.features = {features.begin(), features.end()}, .stride = stride, .offset = bin_count_});
    bin_count_ += groups_.back().bin_count();
  }
}

BinnedRows::BinnedRows(const BinLayout& layout, MatrixView<const float> rows,
                       std::span<const std::uint32_t> chosen, WorkTeam& team)
    : layout_(layout), row_count_(chosen.size()), words_(layout.groups().size()) {
  team.run(words_.size(), [&](std::size_t, std::size_t index) {
    const BinGroup& group = layout.groups()[index];
    std::vector<std::uint64_t>& words = words_[index];
    words.resize(row_count_);
    for (std::size_t row = 0; row < row_count_; ++row) {
      const std::span<const float> values = rows.row(chosen[row]);
      for (std::size_t slot = 0; slot < group.features.size(); ++slot) {
        const std::size_t feature = group.features[slot];
        const std::uint64_t bin = layout.feature(feature).bin_of(values[feature]);
        words[row] |= bin << (8 * slot);
      }
    }
  });
}

void add_to_histogram(const BinGroup& group, std::span<const std::uint64_t> words,
                      std::span<const std::uint32_t> chosen, std::span<const GradientSum> gradients,
                      std::span<GradientSum> sums) {
  DCHECK(sums.size() == group.bin_count());
  const std::size_t count = group.features.size();
  switch (group.stride) {
    case 4: return add_rows<4>(count, words.data(), chosen, gradients, sums.data());
    case 16: return add_rows<16>(count, words.data(), chosen, gradients, sums.data());
    case 64: return add_rows<64>(count, words.data(), chosen, gradients, sums.data());
    default: return add_rows<256>(count, words.data(), chosen, gradients, sums.data());
  }
}

}  // namespace ml_inference
