// SPDX-License-Identifier: MIT
#include "training/key_sorter.h"

#include "training/sort_kernels.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace ml_inference {
namespace {

// As many counters as the first-level cache holds beside the keys.
constexpr int kDigitBitsMax = 11;

// More keys than this leave so many in a bucket that counting another digit is quicker.
constexpr std::size_t kBucketedCountMax = std::size_t{3} << kDigitBitsMax;

}  // namespace

template <class Number>
std::span<Number> KeySorter<Number>::keys(std::size_t count) {
  if (keys_.size() < count + kSortPadding) {
    keys_.resize(count + kSortPadding);
    sorted_.resize(count + kSortPadding);
  }
  count_ = count;
  return std::span(keys_).first(count);
}

template <class Number>
std::span<const Number> KeySorter<Number>::sort(std::uint32_t least, std::uint32_t greatest) {
  const std::span<Number> keys = std::span(keys_).first(count_);
  const std::span<Number> sorted = std::span(sorted_).first(count_);
  if (count_ <= kFewKeysMax) {
    sort_few(keys, sorted.data());
    return sorted;
  }
  const auto rank_bits = static_cast<int>(std::bit_width(greatest - least));
  const int digit_bits_max = std::min(kDigitBitsMax, static_cast<int>(std::bit_width(count_)));
  if (rank_bits > digit_bits_max && count_ <= kBucketedCountMax) {
    count_digit(keys, sorted, least, rank_bits - digit_bits_max, digit_bits_max);
    if (sort_neighbours(sorted)) return sorted;
  }
  const int digit_count = std::max(1, (rank_bits + digit_bits_max - 1) / digit_bits_max);
  const int digit_bits = (rank_bits + digit_count - 1) / digit_count;
  for (int shift = 0; shift < rank_bits; shift += digit_bits) {
    count_digit(std::span(keys_).first(count_), sorted_, least, shift, digit_bits);
    keys_.swap(sorted_);
  }
  return std::span(keys_).first(count_);
}

// Brings the keys into the order of one digit of their ranks; those of one digit keep theirs.
// Afterwards places_ holds where each digit's keys end.
template <class Number>
void KeySorter<Number>::count_digit(std::span<const Number> from, std::span<Number> to,
                                    std::uint32_t least, int shift, int digit_bits) {
  const std::uint32_t mask = (1U << digit_bits) - 1;
  const auto digit_of = [least, shift, mask](Number key) {
    return (RankKey<Number>::rank(key) - least) >> shift & mask;
  };
  places_.assign(std::size_t{mask} + 1, 0);
  std::uint32_t* const places = places_.data();
  for (const Number key : from) ++places[digit_of(key)];
  std::uint32_t place = 0;
  for (std::uint32_t& keys_of_digit : places_) place += std::exchange(keys_of_digit, place);
  for (const Number key : from) to[places[digit_of(key)]++] = key;
}

template class KeySorter<std::uint32_t>;
template class KeySorter<std::uint64_t>;

}  // namespace ml_inference
