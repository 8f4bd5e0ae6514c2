// SPDX-License-Identifier: MIT
// Sorts small whole numbers quickly: rows of a node by the ranks of their values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ml_inference {

/// A rank in the upper half of a number, what it belongs to in the lower half: sorting keys sorts
/// by rank, and what shares a rank by what it is.
/// Number  std::uint32_t, where ranks and indices lie below 2^16, or std::uint64_t.
template <class Number>
struct RankKey {
  static constexpr int kHalfBits = 4 * sizeof(Number);

  [[nodiscard]] static Number make(Number rank, std::size_t index) {
    return static_cast<Number>(rank << kHalfBits | static_cast<Number>(index));
  }
  [[nodiscard]] static std::uint32_t rank(Number key) {
    return static_cast<std::uint32_t>(key >> kHalfBits);
  }
  [[nodiscard]] static std::uint32_t index(Number key) {
    constexpr Number kIndexMask = static_cast<Number>(~Number{0}) >> kHalfBits;
    return static_cast<std::uint32_t>(key & kIndexMask);
  }
};

/// Sorts keys of RankKey<Number>. Keeps its scratch memory from one call to the next.
/// Threads: belongs to one thread.
template <class Number>
class KeySorter {
 public:
  /// Room for `count` keys, to be filled by the caller and sorted by sort(). What was there is
  /// lost.
  [[nodiscard]] std::span<Number> keys(std::size_t count);

  /// The keys of the last call of keys() in ascending order; valid until its next call.
  ///
  /// The keys stand in the order of their indices, which differ, and least and greatest are the
  /// least and the greatest rank.
  /// Cost: about n, whatever the ranks are: few keys are inserted one by one, more are counted by
  /// the leading digit of their rank and then inserted where they nearly stand, many are counted
  /// digit by digit.
  [[nodiscard]] std::span<const Number> sort(std::uint32_t least, std::uint32_t greatest);

 private:
  void count_digit(std::span<const Number> from, std::span<Number> to, std::uint32_t least,
                   int shift, int digit_bits);

  std::vector<Number> keys_;
  std::vector<Number> sorted_;
  std::vector<std::uint32_t> places_;  // by digit: where its next key goes
  std::size_t count_ = 0;
};

}  // namespace ml_inference
