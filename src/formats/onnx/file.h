// SPDX-License-Identifier: MIT
// The messages of an ONNX file as views of its bytes (onnx.proto says what their fields mean).
// Arrays stay where they are until somebody asks for them: a file may be a gigabyte.
//
// The bytes outlive everything here, and check_onnx_budget() (formats/onnx/budget.h) has seen them:
// what is damaged or too much was refused there.
#pragma once

#include "formats/onnx/memory.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace ml_inference {

/// A TensorProto.
struct OnnxTensorFields {
  OnnxTensorFields() = default;
  explicit OnnxTensorFields(std::string_view bytes);

  std::string_view bytes;
  std::string_view name;
  std::int32_t data_type = 0;
  std::int32_t data_location = 0;
  bool has_raw_data = false;
  std::string_view raw_data;
  std::size_t dim_count = 0;
  std::vector<std::int64_t> dims;  ///< the first kOnnxRankMax of them
};

/// A ValueInfoProto: an input or an output of the graph.
struct OnnxValueInfo {
  OnnxValueInfo() = default;
  explicit OnnxValueInfo(std::string_view bytes);

  struct Dimension {
    bool has_value = false;
    std::int64_t value = 0;
  };

  std::string_view name;
  bool is_tensor = false;
  std::int32_t element_type = 0;
  std::size_t dim_count = 0;
  std::vector<Dimension> dims;  ///< the first kOnnxRankMax of them
};

/// A NodeProto, without its attributes (formats/onnx/values.h).
struct OnnxNode {
  OnnxNode() = default;
  OnnxNode(std::string_view bytes, OnnxMemory& memory);

  std::string_view bytes;
  OnnxMemory* memory = nullptr;
  std::vector<std::string_view> inputs;
  std::vector<std::string_view> outputs;
  std::string_view op_type;
  std::string_view domain;
};

/// A ModelProto with its GraphProto; the parts are messages of their own.
struct OnnxFile {
  OnnxFile() = default;
  OnnxFile(std::string_view bytes, OnnxMemory& memory);

  [[nodiscard]] OnnxNode node(std::size_t index) const { return {nodes[index], *memory}; }

  OnnxMemory* memory = nullptr;
  std::string_view bytes;
  std::string_view producer_name;
  bool has_graph = false;
  std::vector<std::string_view> nodes;
  std::vector<std::string_view> initializers;
  std::vector<std::string_view> inputs;
  std::vector<std::string_view> outputs;
};

/// A StringStringEntryProto or an OperatorSetIdProto.
struct OnnxEntry {
  explicit OnnxEntry(std::string_view bytes);

  std::string_view key;      ///< or domain
  std::string_view value;    ///< of a text
  std::int64_t version = 0;  ///< of an operator set
};

/// The first value of this key in the metadata.
[[nodiscard]] std::optional<std::string_view> find_onnx_metadata(const OnnxFile& file,
                                                                 std::string_view key);

/// The numbers of their fields in a ModelProto.
inline constexpr std::uint32_t kOnnxOperatorSets = 8;
inline constexpr std::uint32_t kOnnxMetadata = 14;

}  // namespace ml_inference
