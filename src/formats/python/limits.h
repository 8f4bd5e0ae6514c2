// SPDX-License-Identifier: MIT
// What values of Python may be, whatever file they come from, and how often a reader may ask for
// them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ml_inference {

/// What may be asked of a document: kAskedBase + kAskedFactor * the size of its stream,
/// in bytes of arrays, texts and lists. Of an honest file everything is asked for once. But a file
/// can name one large array as a part of each of a hundred thousand estimators, and a model takes
/// up to half of what was asked for.
inline constexpr std::uint64_t kAskedBase = std::uint64_t{16} << 20;
inline constexpr std::uint64_t kAskedFactor = 2;

/// Dimensions of an array: numpy 1 has 32 at most, numpy 2 has 64.
inline constexpr std::size_t kArrayDimensionMax = 64;

/// Bytes of one element of an array. Texts of fixed width are padded to the longest.
inline constexpr std::int64_t kArrayItemSizeMax = std::int64_t{1} << 24;

/// Fields of a structured array. Those of trees have 8 to 13.
inline constexpr std::size_t kArrayFieldMax = 64;

/// Entries of a dict in which attributes are looked up. Estimators have some forty.
inline constexpr std::size_t kAttributeCountMax = 2'000;

/// How deep values may stand in one another for one who walks through them (PyVisit). A
/// pipeline in a search in a calibration is about ten.
inline constexpr int kPyDepthMax = 100;

}  // namespace ml_inference
