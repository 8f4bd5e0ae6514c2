// SPDX-License-Identifier: MIT
// What a skops file may ask of us before anything of it is believed. Together they keep what a
// refused file takes, the file itself included, below 64 MiB and twice its size.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ml_inference {

/// Values, texts and the list of entries may take kSkopsMemoryBase + its size bytes. An honest file
/// has its arrays beside the schema, and in the schema says most things twenty times over; of that,
/// what is kept is a tenth.
inline constexpr std::size_t kSkopsMemoryBase = std::size_t{32} << 20;

/// All entries together may inflate to kSkopsInflatedBase + kSkopsInflatedFactor * the size of the
/// file. A schema of a large forest shrinks to a thirtieth, arrays to a fourth; deflate reaches a
/// thousandth.
inline constexpr std::uint64_t kSkopsInflatedBase = std::uint64_t{64} << 20;
inline constexpr std::uint64_t kSkopsInflatedFactor = 64;

/// How often all of it may be inflated again, for the arrays of a compressed file.
inline constexpr std::uint64_t kSkopsRereadMax = 16;

/// A name of an entry in bytes. skops writes numbers of 15 digits and UUIDs of 36, and an ending.
inline constexpr std::size_t kSkopsNameSizeMax = 100;

/// How deep JSON may stand in JSON. An object in a list in an object is eight of it; a pipeline in
/// a bagging in a boosting about sixty.
inline constexpr std::size_t kSkopsDepthMax = 400;

/// A key of the schema: an attribute's name, or a key of a dict.
inline constexpr std::size_t kSkopsKeySizeMax = std::size_t{64} << 10;

/// Texts up to this many bytes are copied to where the values are; larger ones stay in a place of
/// their own, which takes no second copy. Those are models of LightGBM.
inline constexpr std::size_t kSkopsTextSmall = std::size_t{1} << 20;

/// The largest text: its room is asked for before it is known how much of it is needed.
inline constexpr std::size_t kSkopsTextMax = std::size_t{64} << 20;

/// Arrays of a compressed file up to this many bytes are kept; larger ones are inflated again when
/// somebody asks for them.
inline constexpr std::uint64_t kSkopsArraySmall = 1024;

/// The header of an array. numpy itself takes no larger one.
/// Source: NumPy 2.3, numpy/lib/_format_impl.py, _MAX_HEADER_SIZE.
inline constexpr std::size_t kNpyHeaderSizeMax = 10'000;

/// How deep types of an array may stand in one another. A record's fields are one.
inline constexpr int kNpyDepthMax = 4;

/// The newest protocol of the format: that of skops 0.10 to 0.16.
inline constexpr std::int64_t kSkopsProtocolMax = 2;

}  // namespace ml_inference
