// SPDX-License-Identifier: MIT
#include "formats/onnx/file.h"

#include "formats/limits.h"
#include "formats/onnx/wire.h"

namespace ml_inference {
namespace {

using enum WireType;

std::int32_t narrow(std::uint64_t value) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(value));
}

OnnxValueInfo::Dimension dimension_of(std::string_view message) {
  OnnxValueInfo::Dimension dimension;
  for (WireFields fields(message); fields.next();) {
    if (!fields.field().is(1, varint)) continue;
    dimension = {.has_value = true, .value = static_cast<std::int64_t>(fields.field().value)};
  }
  return dimension;
}

void read_shape(std::string_view message, OnnxValueInfo& info) {
  for_each_bytes(message, 1, [&info](std::string_view dimension) {
    if (info.dim_count++ < kOnnxRankMax) info.dims.push_back(dimension_of(dimension));
  });
}

void read_tensor_type(std::string_view message, OnnxValueInfo& info) {
  info.is_tensor = true;
  for (WireFields fields(message); fields.next();) {
    const WireField& field = fields.field();
    if (field.is(1, varint)) info.element_type = narrow(field.value);
    if (field.is(2, WireType::bytes)) read_shape(field.bytes, info);
  }
}

}  // namespace

OnnxTensorFields::OnnxTensorFields(std::string_view message) : bytes(message) {
  for (WireFields fields(message); fields.next();) {
    const WireField& field = fields.field();
    if (field.is(2, varint)) data_type = narrow(field.value);
    if (field.is(8, WireType::bytes)) name = field.bytes;
    if (field.is(9, WireType::bytes)) raw_data = field.bytes;
    if (field.is(9, WireType::bytes)) has_raw_data = true;
    if (field.is(14, varint)) data_location = narrow(field.value);
  }
  for_each_varint(message, 1, [this](std::int64_t size) {
    if (dim_count++ < kOnnxRankMax) dims.push_back(size);
  });
}

OnnxValueInfo::OnnxValueInfo(std::string_view message) {
  for (WireFields fields(message); fields.next();) {
    const WireField& field = fields.field();
    if (field.is(1, WireType::bytes)) name = field.bytes;
    if (!field.is(2, WireType::bytes)) continue;
    for_each_bytes(field.bytes, 1,
                   [this](std::string_view type) { read_tensor_type(type, *this); });
  }
}

OnnxNode::OnnxNode(std::string_view message, OnnxMemory& of_file)
    : bytes(message), memory(&of_file) {
  for (WireFields fields(message); fields.next();) {
    const WireField& field = fields.field();
    if (field.is(1, WireType::bytes)) inputs.push_back(field.bytes);
    if (field.is(2, WireType::bytes)) outputs.push_back(field.bytes);
    if (field.is(4, WireType::bytes)) op_type = field.bytes;
    if (field.is(7, WireType::bytes)) domain = field.bytes;
  }
}

OnnxFile::OnnxFile(std::string_view message, OnnxMemory& of_file)
    : memory(&of_file), bytes(message) {
  std::string_view graph;
  for (WireFields fields(message); fields.next();) {
    const WireField& field = fields.field();
    if (field.is(2, WireType::bytes)) producer_name = field.bytes;
    if (!field.is(7, WireType::bytes)) continue;
    has_graph = true;
    graph = field.bytes;
  }
  for (WireFields fields(graph); fields.next();) {
    const WireField& field = fields.field();
    if (field.is(1, WireType::bytes)) nodes.push_back(field.bytes);
    if (field.is(5, WireType::bytes)) initializers.push_back(field.bytes);
    if (field.is(11, WireType::bytes)) inputs.push_back(field.bytes);
    if (field.is(12, WireType::bytes)) outputs.push_back(field.bytes);
  }
}

OnnxEntry::OnnxEntry(std::string_view message) {
  for (WireFields fields(message); fields.next();) {
    const WireField& field = fields.field();
    if (field.is(1, WireType::bytes)) key = field.bytes;
    if (field.is(2, WireType::bytes)) value = field.bytes;
    if (field.is(2, varint)) version = static_cast<std::int64_t>(field.value);
  }
}

std::optional<std::string_view> find_onnx_metadata(const OnnxFile& file, std::string_view key) {
  std::optional<std::string_view> found;
  for_each_bytes(file.bytes, kOnnxMetadata, [&](std::string_view bytes) {
    const OnnxEntry entry(bytes);
    if (!found && entry.key == key) found = entry.value;
  });
  return found;
}

}  // namespace ml_inference
