// SPDX-License-Identifier: MIT
// Random numbers that are the same on every machine and with every standard library.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace ml_inference {

/// One stream of random numbers: xoshiro256**, its state filled by SplitMix64.
/// The distributions of <random> differ between libraries, so that a seed would not mean one
/// forest.
/// Threads: belongs to one thread.
/// Source: Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021; Steele, Lea
/// and Flood, "Fast splittable pseudorandom number generators", 2014.
class Random {
 public:
  /// The stream number `stream` of those that `seed` names. Streams do not overlap in practice:
  /// each starts at a random place of a period of 2^256.
  Random(std::uint64_t seed, std::uint64_t stream) {
    std::uint64_t state = mixed(seed) ^ mixed(stream + kGoldenRatio);
    for (std::uint64_t& word : words_) word = mixed(state += kGoldenRatio);
  }

  /// 64 random bits.
  std::uint64_t next() {
    const std::uint64_t result = std::rotl(words_[1] * 5, 7) * 9;
    const std::uint64_t shifted = words_[1] << 17;
    words_[2] ^= words_[0];
    words_[3] ^= words_[1];
    words_[1] ^= words_[2];
    words_[0] ^= words_[3];
    words_[2] ^= shifted;
    words_[3] = std::rotl(words_[3], 45);
    return result;
  }

  /// A number from 0 up to but not 1, a multiple of 2^-53, each as likely.
  double fraction() { return static_cast<double>(next() >> 11) * 0x1p-53; }

  /// A number from 0 to bound - 1, each as likely; bound > 0.
  /// Source: Lemire, "Fast random integer generation in an interval", 2019.
  std::uint32_t below(std::uint32_t bound) {
    std::uint64_t product = (next() >> 32) * bound;
    if (static_cast<std::uint32_t>(product) < bound) {
      const std::uint32_t unfair = (0U - bound) % bound;
      while (static_cast<std::uint32_t>(product) < unfair) product = (next() >> 32) * bound;
    }
    return static_cast<std::uint32_t>(product >> 32);
  }

 private:
  static constexpr std::uint64_t kGoldenRatio = 0x9E3779B97F4A7C15;

  // The output function of SplitMix64.
  static std::uint64_t mixed(std::uint64_t bits) {
    bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
    bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
    return bits ^ (bits >> 31);
  }

  std::array<std::uint64_t, 4> words_{};
};

}  // namespace ml_inference
