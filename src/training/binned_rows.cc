// SPDX-License-Identifier: MIT
#include "training/binned_rows.h"

#include "base/assert.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ml_inference {
namespace {

constexpr std::array<std::size_t, 5> kStrides = {16, 32, 64, 128, 256};

// Features of more bins are columns by themselves.
constexpr std::size_t kJointBinCountMax = 16;

// Codes of a column of several features. Four two-valued ones have 81: more codes would save
// additions of rows, and take as many for the sums of nodes of few rows.
constexpr std::size_t kJointCodeCountMax = 128;

// Rows whose bins are looked up at a time: their values stay in the cache for all features.
constexpr std::size_t kBlockSize = 256;

// Rows between asking for a word and using it: about as long as memory takes.
constexpr std::size_t kPrefetchDistance = 24;

std::size_t bin_count_of(const FeatureBins& feature) { return feature.value_bin_count() + 1; }

// A loop for each stride and number of columns, so that the places of the sums are constants of
// its instructions. The sums are two words, which g++ adds as one vector.
template <std::size_t kStride, std::size_t kColumnCount>
void add_rows(const std::uint64_t* words, std::span<const std::uint32_t> chosen,
              std::span<const GradientSum> gradients, GradientSum* sums) {
  const auto add = [sums](std::uint64_t word, GradientSum gradient) {
    for (std::size_t column = 0; column < kColumnCount; ++column) {
      sums[column * kStride + (word >> (8 * column) & 0xFF)] += gradient;
    }
  };
  if (chosen.empty()) {
    for (std::size_t index = 0; index < gradients.size(); ++index) {
      add(words[index], gradients[index]);
    }
  } else {
    // The rows of a node lie apart: their words are asked for in time.
    const std::size_t early = gradients.size() - std::min(gradients.size(), kPrefetchDistance);
    for (std::size_t index = 0; index < early; ++index) {
      __builtin_prefetch(words + chosen[index + kPrefetchDistance]);
      add(words[chosen[index]], gradients[index]);
    }
    for (std::size_t index = early; index < gradients.size(); ++index) {
      add(words[chosen[index]], gradients[index]);
    }
  }
}

template <std::size_t kStride>
void add_rows(std::size_t column_count, const std::uint64_t* words,
              std::span<const std::uint32_t> chosen, std::span<const GradientSum> gradients,
              GradientSum* sums) {
  switch (column_count) {
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
  const std::vector<Column> all = columns();
  for (const std::size_t stride : kStrides) {
    std::vector<Column> chosen;
    std::ranges::copy_if(all, std::back_inserter(chosen), [&](const Column& column) {
      return *std::ranges::lower_bound(kStrides, code_count(column)) == stride;
    });
    add_groups(stride, chosen);
  }
}

// Features of few bins are put together in their order, as many as have room.
std::vector<BinLayout::Column> BinLayout::columns() const {
  std::vector<Column> columns;
  Column joint;
  for (std::size_t feature = 0; feature < features_.size(); ++feature) {
    const std::size_t bin_count = bin_count_of(features_[feature]);
    if (bin_count > kJointBinCountMax) {
      columns.push_back({feature});
      continue;
    }
    if (!joint.empty() && code_count(joint) * bin_count > kJointCodeCountMax) {
      columns.push_back(std::exchange(joint, {}));
    }
    joint.push_back(feature);
  }
  if (!joint.empty()) columns.push_back(std::move(joint));
  return columns;
}

std::size_t BinLayout::code_count(const Column& column) const {
  std::size_t count = 1;
  for (const std::size_t feature : column) count *= bin_count_of(features_[feature]);
  return count;
}

void BinLayout::add_groups(std::size_t stride, std::span<const Column> columns) {
  for (std::size_t begin = 0; begin < columns.size(); begin += kGroupSize) {
    const auto members = columns.subspan(begin, std::min(kGroupSize, columns.size() - begin));
    for (std::size_t slot = 0; slot < members.size(); ++slot) {
      std::size_t divisor = 1;
      for (const std::size_t feature : members[slot]) {
        const std::size_t bin_count = bin_count_of(features_[feature]);
        places_[feature] = {.group = groups_.size(),
                            .shift = static_cast<unsigned>(8 * slot),
                            .offset = sum_count_ + slot * stride,
                            .code_count = code_count(members[slot]),
                            .divisor = divisor,
                            .bin_count = bin_count};
        divisor *= bin_count;
      }
    }
    groups_.push_back({.column_count = members.size(), .stride = stride, .offset = sum_count_});
    sum_count_ += groups_.back().sum_count();
  }
}

std::span<const GradientSum> BinLayout::sums_of(std::size_t feature,
                                                std::span<const GradientSum> histogram,
                                                std::span<GradientSum> scratch) const {
  const Place& place = places_[feature];
  const auto of_column = histogram.subspan(place.offset, place.code_count);
  if (place.bin_count == place.code_count) return of_column;
  const auto sums = scratch.first(place.bin_count);
  std::ranges::fill(sums, GradientSum{});
  const std::size_t period = place.divisor * place.bin_count;
  for (std::size_t begin = 0; begin < place.code_count; begin += period) {
    for (std::size_t bin = 0; bin < place.bin_count; ++bin) {
      for (std::size_t lower = 0; lower < place.divisor; ++lower) {
        sums[bin] += of_column[begin + bin * place.divisor + lower];
      }
    }
  }
  return sums;
}

BinnedRows::BinnedRows(const BinLayout& layout, MatrixView<const double> rows,
                       std::span<const std::uint32_t> chosen, WorkTeam& team)
    : layout_(layout), row_count_(chosen.size()), words_(layout.groups().size()) {
  for (std::vector<std::uint64_t>& words : words_) words.resize(row_count_);
  team.run((row_count_ + kBlockSize - 1) / kBlockSize, [&](std::size_t, std::size_t block) {
    for (std::size_t feature = 0; feature < layout.feature_count(); ++feature) {
      fill(rows, chosen, feature, block * kBlockSize);
    }
  });
}

// For the block of rows that begins there.
void BinnedRows::fill(MatrixView<const double> rows, std::span<const std::uint32_t> chosen,
                      std::size_t feature, std::size_t begin) {
  const BinLayout::Place& place = layout_.place(feature);
  const std::size_t count = std::min(kBlockSize, row_count_ - begin);
  std::array<double, kBlockSize> values;
  std::array<std::uint8_t, kBlockSize> bins;
  for (std::size_t index = 0; index < count; ++index) {
    values[index] = rows.row(chosen[begin + index])[feature];
  }
  layout_.feature(feature).find(std::span(values).first(count), std::span(bins).first(count));
  std::uint64_t* const words = words_[place.group].data() + begin;
  for (std::size_t index = 0; index < count; ++index) {
    words[index] += (bins[index] * std::uint64_t{place.divisor}) << place.shift;
  }
}

void add_to_histogram(const BinGroup& group, std::span<const std::uint64_t> words,
                      std::span<const std::uint32_t> chosen, std::span<const GradientSum> gradients,
                      std::span<GradientSum> sums) {
  DCHECK(sums.size() == group.sum_count());
  const std::size_t count = group.column_count;
  switch (group.stride) {
    case 16: return add_rows<16>(count, words.data(), chosen, gradients, sums.data());
    case 32: return add_rows<32>(count, words.data(), chosen, gradients, sums.data());
    case 64: return add_rows<64>(count, words.data(), chosen, gradients, sums.data());
    case 128: return add_rows<128>(count, words.data(), chosen, gradients, sums.data());
    default: return add_rows<256>(count, words.data(), chosen, gradients, sums.data());
  }
}

}  // namespace ml_inference
