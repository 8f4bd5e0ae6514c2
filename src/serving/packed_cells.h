// SPDX-License-Identifier: MIT
// Cells that stay as a message holds them until they are asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace ml_inference {

/// Numbers of one type behind each other, little-endian, at any address. A large tensor is as many
/// bytes as that, where its cells would take as much again, or twice as much.
/// Threads: immutable. Views bytes of somebody else.
class PackedCells {
 public:
  enum class Type : std::uint8_t { float32, float64 };

  /// None.
  PackedCells() = default;

  /// bytes  whole numbers of the type.
  PackedCells(Type type, std::string_view bytes);

  [[nodiscard]] bool empty() const { return bytes_.empty(); }

  /// How many numbers there are.
  [[nodiscard]] std::size_t size() const;

  /// The largest of them without their signs: infinite when one is, and NaN when one is that; 0
  /// when there are none.
  [[nodiscard]] double largest_magnitude() const;

  /// The numbers from `first` on, as many as `out` has room for, which is no more than there are.
  void copy(std::size_t first, std::span<double> out) const;

 private:
  Type type_ = Type::float64;
  std::string_view bytes_;
};

}  // namespace ml_inference
