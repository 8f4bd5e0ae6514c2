// SPDX-License-Identifier: MIT
// Typed access to what an ONNX file says: attributes of a node and constant tensors.
#pragma once

#include "formats/onnx/onnx.pb.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// "node 2 'TreeEnsembleClassifier'", for messages.
[[nodiscard]] std::string onnx_node_text(int index, const onnx::NodeProto& node);

/// Floats or doubles of a file, in whichever of the four ways it keeps them. A view: the message
/// that it was made from outlives it.
class OnnxNumbers {
 public:
  OnnxNumbers() = default;
  explicit OnnxNumbers(std::span<const float> floats) : floats_(floats), size_(floats.size()) {}
  explicit OnnxNumbers(std::span<const double> doubles)
      : doubles_(doubles), size_(doubles.size()) {}

  /// The numbers of a tensor of one dimension or none.
  /// what  its name in messages.
  /// Throws FormatError: another type than float and double, a size that contradicts itself.
  OnnxNumbers(const onnx::TensorProto& tensor, std::string_view what);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] double operator[](std::size_t index) const;

 private:
  std::span<const float> floats_;
  std::span<const double> doubles_;
  std::string_view raw_;  // little-endian, when both spans are empty
  bool raw_is_double_ = false;
  std::size_t size_ = 0;
};

/// The attributes of one node, by name and type. A view: the node outlives it.
/// Every member throws FormatError when the attribute has another type than is asked for.
class OnnxAttributes {
 public:
  /// where  onnx_node_text(), for messages.
  /// Throws FormatError when an attribute stands twice.
  OnnxAttributes(const onnx::NodeProto& node, std::string where);

  [[nodiscard]] const std::string& where() const { return where_; }
  [[nodiscard]] std::size_t count() const {
    return static_cast<std::size_t>(node_.attribute_size());
  }

  [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
  [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t otherwise) const;
  [[nodiscard]] double real(std::string_view name, double otherwise) const;
  [[nodiscard]] std::string_view text(std::string_view name, std::string_view otherwise) const;

  /// Empty when there is no such attribute.
  [[nodiscard]] std::span<const std::int64_t> integers(std::string_view name) const;
  [[nodiscard]] std::span<const std::string* const> texts(std::string_view name) const;

  /// Null when there is no such attribute.
  [[nodiscard]] const onnx::TensorProto* tensor(std::string_view name) const;

  /// Empty when there is no such attribute.
  [[nodiscard]] OnnxNumbers reals(std::string_view name) const;

  /// The numbers of the attribute, or of the tensor in "<name>_as_tensor"; of one of the two.
  [[nodiscard]] OnnxNumbers numbers(std::string_view name) const;

  /// Throws FormatError, unimplemented, when there is an attribute that is not in the list.
  void refuse_others_than(std::span<const std::string_view> known) const;

 private:
  const onnx::AttributeProto* find(std::string_view name) const;
  const onnx::AttributeProto* find(std::string_view name,
                                   onnx::AttributeProto::AttributeType type) const;

  const onnx::NodeProto& node_;
  std::string where_;
};

}  // namespace ml_inference
