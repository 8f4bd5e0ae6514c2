// SPDX-License-Identifier: MIT
// What a model file may ask of us before anything of it is believed. The limits of the model itself
// (trees, nodes, features, classes) are those of model/limits.h.
#pragma once

#include <cstddef>

namespace ml_inference {

/// A model file in bytes: half of what a protocol buffer can be (2 GiB), and about twenty million
/// nodes as ONNX. The file is read into memory at once.
inline constexpr std::size_t kModelFileSizeMax = std::size_t{1} << 30;

/// An ONNX file may ask for kOnnxMemoryBase + kOnnxMemoryFactor * its size bytes of memory beside
/// itself: arrays in the least form that holds them, constants, and the finished forests. Honest
/// files need as much as they have (a node of a tree is about 40 bytes in the file, 20 in the
/// forest and 15 on the way there); without a limit a few weights can ask for a dense leaf of ten
/// thousand classes each.
inline constexpr std::size_t kOnnxMemoryFactor = 1;

/// What any file may ask for, however small: boosted trees of many classes have few weights a leaf,
/// so their dense leaves are larger than the file. 16 MiB of the 64 that a refused file may take
/// beside twice its size are the program itself and what is too small to be counted.
inline constexpr std::size_t kOnnxMemoryBase = std::size_t{48} << 20;

/// Operators of an ONNX graph: one tree ensemble and what stands around it are about ten; a Cast
/// for each of some thousand columns is the most that makes sense.
inline constexpr int kOnnxGraphNodeCountMax = 10'000;

/// All elements that the values of an ONNX graph have for one row: 16 MB as doubles, and as much
/// again to say where each comes from. A thousand trees in a graph of their own make some ten
/// thousand. Constants of the file are counted as memory (kOnnxMemoryFactor).
inline constexpr std::size_t kOnnxElementCountMax = std::size_t{2} << 20;

/// Products of numbers that one row may ask for: a second's work, a thousand times what a linear
/// model of a thousand classes needs.
inline constexpr std::size_t kOnnxProductCountMax = std::size_t{1} << 28;

/// Dimensions of an array; converters write up to four.
inline constexpr std::size_t kOnnxRankMax = 8;

/// What an XGBoost file may ask for beside its own size, however small it is: room for lists that
/// grow, and for the names of some hundred thousand features.
inline constexpr std::size_t kXgboostMemoryBase = std::size_t{32} << 20;

}  // namespace ml_inference
