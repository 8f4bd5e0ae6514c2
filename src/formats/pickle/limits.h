// SPDX-License-Identifier: MIT
// What a pickle may ask of us before anything of it is believed. Together they keep what a refused
// file takes, the file itself included, below 64 MiB and twice its size.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ml_inference {

/// Values, texts, stack and memo of a file may take kPickleMemoryBase + its size bytes. Honest
/// models keep nearly all of their bytes in arrays, which stay in the file; a vocabulary takes
/// about twice its bytes. Without a limit a byte (an empty list) could ask for 16.
inline constexpr std::size_t kPickleMemoryBase = std::size_t{36} << 20;

/// A compressed file may grow to kPickleStreamBase + kPickleStreamFactor * its size bytes, and
/// never beyond kPickleStreamMax. Forests shrink to a fourth or a tenth; what shrinks to less than
/// a hundredth is a bomb (zlib reaches a thousandth, bz2 a millionth).
inline constexpr std::uint64_t kPickleStreamBase = std::uint64_t{64} << 20;
inline constexpr std::uint64_t kPickleStreamFactor = 64;
inline constexpr std::uint64_t kPickleStreamMax = std::uint64_t{16} << 30;

/// A decompressor whose window is larger than kPickleWindowSmall fills it as bytes come out. So
/// then less may come out: kPickleWindowSmall + kPickleWindowFactor * the size of the file.
inline constexpr std::uint64_t kPickleWindowSmall = std::uint64_t{24} << 20;
inline constexpr std::uint64_t kPickleWindowFactor = 16;

/// The largest window: xz -9 takes 65 MiB.
inline constexpr std::uint64_t kPickleWindowMax = std::uint64_t{68} << 20;

/// Texts and bytes of a compressed file up to kPickleBlobSmall bytes are always kept; longer ones
/// while they are fewer than kPickleKeptBase + a fourth of the file's size together. What is not
/// kept is decompressed again when somebody asks for it.
inline constexpr std::uint64_t kPickleBlobSmall = 1024;
inline constexpr std::uint64_t kPickleKeptBase = std::uint64_t{8} << 20;

/// How often the whole stream may be decompressed again. Twice, once to check and once to build, is
/// what a reader needs that asks in the order of the file.
inline constexpr std::uint64_t kPickleRereadMax = 16;

/// Pickles inside of a pickle, as joblib writes arrays of objects. One is what joblib makes.
inline constexpr int kPickleNestedMax = 8;

/// Numbers in the memo are given one after the other; this many may be left out.
inline constexpr std::size_t kPickleMemoGapMax = 1024;

/// A module or a name behind GLOBAL, with which that opcode has no size.
inline constexpr std::size_t kPickleNameSizeMax = 512;

}  // namespace ml_inference
