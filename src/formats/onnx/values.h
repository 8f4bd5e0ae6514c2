// SPDX-License-Identifier: MIT
// Typed access to what an ONNX file says: attributes of a node and constant tensors.
#pragma once

#include "formats/onnx/file.h"
#include "formats/onnx/integers.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// "node 2 'TreeEnsembleClassifier'", for messages.
[[nodiscard]] std::string onnx_node_text(std::size_t index, const OnnxNode& node);

/// Floats or doubles of a file, in whichever way it keeps them: where they stand at even distances
/// a view of them, otherwise a copy.
class OnnxNumbers {
 public:
  OnnxNumbers() = default;

  /// `count` zeros, as floats (width 4) or doubles (8).
  OnnxNumbers(std::size_t count, std::size_t width, OnnxMemory& memory);

  /// The values of a repeated field of floats (width 4) or doubles (8).
  OnnxNumbers(std::string_view message, std::uint32_t number, std::size_t width,
              OnnxMemory& memory);

  /// The numbers of a tensor of one dimension or none.
  /// what  its name in messages.
  /// Throws FormatError: another type than float and double, a size that contradicts itself.
  OnnxNumbers(const OnnxTensorFields& tensor, std::string_view what, OnnxMemory& memory);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] double operator[](std::size_t index) const;

  /// The bytes of a number: 4 or 8.
  [[nodiscard]] std::size_t width() const { return width_; }

  /// Of numbers that were made as zeros.
  void set(std::size_t index, double value);

  /// Keeps the first `count` numbers.
  void truncate(std::size_t count) { size_ = count; }

 private:
  void read_raw(std::string_view raw, std::string_view what);

  const char* data_ = nullptr;  // of the file or of owned_
  std::size_t stride_ = 0;
  std::size_t width_ = sizeof(float);
  std::size_t size_ = 0;
  std::vector<char> owned_;
  OnnxMemoryShare share_;
};

/// The attributes of one node, by name and type. A view: the file's bytes outlive it.
/// Every member throws FormatError when the attribute has another type than is asked for.
class OnnxAttributes {
 public:
  /// where  onnx_node_text(), for messages.
  /// Throws FormatError when an attribute stands twice.
  OnnxAttributes(const OnnxNode& node, std::string where);

  [[nodiscard]] const std::string& where() const { return where_; }
  [[nodiscard]] OnnxMemory& memory() const { return *memory_; }
  [[nodiscard]] std::size_t count() const { return attributes_.size(); }

  [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
  [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t otherwise) const;
  [[nodiscard]] double real(std::string_view name, double otherwise) const;
  [[nodiscard]] std::string_view text(std::string_view name, std::string_view otherwise) const;

  /// Empty when there is no such attribute.
  [[nodiscard]] OnnxIntegers integers(std::string_view name) const;
  /// A list of axes or sizes: throws FormatError, resource_exhausted, for one that is long.
  [[nodiscard]] OnnxIntegers short_integers(std::string_view name) const;
  [[nodiscard]] std::vector<std::string_view> texts(std::string_view name) const;

  /// How many texts there are, without taking memory for them; text_list() is their message, of
  /// which field kOnnxTexts are the texts.
  static constexpr std::uint32_t kOnnxTexts = 9;
  [[nodiscard]] std::size_t text_count(std::string_view name) const;
  [[nodiscard]] std::string_view text_list(std::string_view name) const;

  /// Nothing when there is no such attribute.
  [[nodiscard]] std::optional<OnnxTensorFields> tensor(std::string_view name) const;

  /// Empty when there is no such attribute.
  [[nodiscard]] OnnxNumbers reals(std::string_view name) const;

  /// The numbers of the attribute, or of the tensor in "<name>_as_tensor"; of one of the two.
  [[nodiscard]] OnnxNumbers numbers(std::string_view name) const;

  /// Throws FormatError, unimplemented, when there is an attribute that is not in the list.
  void refuse_others_than(std::span<const std::string_view> known) const;

  /// AttributeProto.AttributeType.
  enum class Type : std::int32_t {
    undefined = 0,
    real = 1,
    integer = 2,
    text = 3,
    tensor = 4,
    reals = 6,
    integers = 7,
    texts = 8,
  };

 private:
  struct Attribute {
    explicit Attribute(std::string_view bytes);

    std::string_view bytes;
    std::string_view name;
    Type type = Type::undefined;
    float real = 0;
    std::int64_t integer = 0;
    std::string_view text;
    std::string_view tensor;
  };

  const Attribute* find(std::string_view name) const;
  const Attribute* find(std::string_view name, Type type) const;

  std::vector<Attribute> attributes_;
  OnnxMemory* memory_;
  std::string where_;
};

}  // namespace ml_inference
