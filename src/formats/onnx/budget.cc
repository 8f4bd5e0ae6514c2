// SPDX-License-Identifier: MIT
#include "formats/onnx/budget.h"

#include "formats/format_error.h"
#include "formats/limits.h"
#include "formats/onnx/onnx.pb.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

namespace ml_inference {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

// What the content of a length-delimited field is.
enum class Content {
  text,  // a string, bytes, or a field that we do not know
  varints,
  fixed,  // floats or doubles
  model,
  graph,
  node,
  attribute,
  tensor,
  value_info,
  type,
  tensor_type,
  shape,
  leaf_message,  // a message without messages or repeated fields in it
};

struct Field {
  Content parent;
  int number;
  Content content;
};

// The fields of onnx.proto that are not text.
constexpr Field kFields[] = {
    {Content::model, 7, Content::graph},         {Content::model, 8, Content::leaf_message},
    {Content::model, 14, Content::leaf_message}, {Content::graph, 1, Content::node},
    {Content::graph, 5, Content::tensor},        {Content::graph, 11, Content::value_info},
    {Content::graph, 12, Content::value_info},   {Content::node, 5, Content::attribute},
    {Content::attribute, 5, Content::tensor},    {Content::attribute, 7, Content::fixed},
    {Content::attribute, 8, Content::varints},   {Content::tensor, 1, Content::varints},
    {Content::tensor, 4, Content::fixed},        {Content::tensor, 5, Content::varints},
    {Content::tensor, 7, Content::varints},      {Content::tensor, 10, Content::fixed},
    {Content::value_info, 2, Content::type},     {Content::type, 1, Content::tensor_type},
    {Content::tensor_type, 2, Content::shape},   {Content::shape, 1, Content::leaf_message},
};

Content content_of(Content parent, int number) {
  const auto* field = std::ranges::find_if(kFields, [&](const Field& candidate) {
    return candidate.parent == parent && candidate.number == number;
  });
  return field == std::end(kFields) ? Content::text : field->content;
}

// A parsed message or string with its pointer in a repeated field.
constexpr std::size_t kMessageSize =
    sizeof(void*) +
    std::max({sizeof(onnx::GraphProto), sizeof(onnx::NodeProto), sizeof(onnx::AttributeProto),
              sizeof(onnx::TensorProto), sizeof(onnx::ValueInfoProto)});
constexpr std::size_t kStringSize = sizeof(void*) + sizeof(std::string);
constexpr std::size_t kNumberSize = sizeof(std::int64_t);

class Walk {
 public:
  explicit Walk(std::string_view bytes)
      : bytes_(bytes),
        left_(onnx_memory_max(bytes.size())),
        in_(reinterpret_cast<const std::uint8_t*>(bytes.data()), static_cast<int>(bytes.size())) {}

  // The messages of onnx.proto do not contain themselves, so this goes at most eight levels down.
  void message(Content content) {
    take(kMessageSize);
    while (in_.BytesUntilLimit() != 0 && in_.CurrentPosition() < static_cast<int>(bytes_.size())) {
      const std::uint32_t tag = in_.ReadTag();
      if (WireFormatLite::GetTagFieldNumber(tag) == 0) damaged();
      if (WireFormatLite::GetTagWireType(tag) == WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
        delimited(content_of(content, WireFormatLite::GetTagFieldNumber(tag)));
      } else {
        number(WireFormatLite::GetTagWireType(tag));
      }
    }
  }

 private:
  void number(WireFormatLite::WireType type) {
    take(kNumberSize);
    std::uint64_t ignored = 0;
    bool is_read = false;
    if (type == WireFormatLite::WIRETYPE_VARINT) is_read = in_.ReadVarint64(&ignored);
    if (type == WireFormatLite::WIRETYPE_FIXED32) is_read = in_.Skip(4);
    if (type == WireFormatLite::WIRETYPE_FIXED64) is_read = in_.Skip(8);
    if (!is_read) damaged();  // groups, too: no file of ONNX has them
  }

  void delimited(Content content) {
    std::uint32_t size = 0;
    if (!in_.ReadVarint32(&size) || size > left_in_message()) damaged();
    const std::string_view inside =
        bytes_.substr(static_cast<std::size_t>(in_.CurrentPosition()), size);
    switch (content) {
      case Content::text: take(kStringSize + size); break;
      case Content::fixed: take(size); break;
      case Content::varints: take(kNumberSize * count_varints(inside)); break;
      default: {
        const CodedInputStream::Limit limit = in_.PushLimit(static_cast<int>(size));
        message(content);
        in_.PopLimit(limit);
        return;
      }
    }
    if (!in_.Skip(static_cast<int>(size))) damaged();
  }

  // The last byte of a varint is the one without the high bit.
  static std::size_t count_varints(std::string_view bytes) {
    return static_cast<std::size_t>(
        std::ranges::count_if(bytes, [](char byte) { return (byte & 0x80) == 0; }));
  }

  [[nodiscard]] std::size_t left_in_message() const {
    const int until_limit = in_.BytesUntilLimit();  // -1 in the outermost message
    return until_limit >= 0 ? static_cast<std::size_t>(until_limit)
                            : bytes_.size() - static_cast<std::size_t>(in_.CurrentPosition());
  }

  void take(std::size_t size) {
    if (size > left_) {
      refuse(Code::resource_exhausted,
             "onnx: the file has {} bytes and would take more than {} bytes of memory",
             bytes_.size(), onnx_memory_max(bytes_.size()));
    }
    left_ -= size;
  }

  [[noreturn]] void damaged() const {
    refuse(Code::data_loss, "onnx: the file breaks off or is damaged at byte {} of {}",
           in_.CurrentPosition(), bytes_.size());
  }

  const std::string_view bytes_;
  std::size_t left_;  // of the memory budget
  CodedInputStream in_;
};

}  // namespace

std::size_t onnx_memory_max(std::size_t file_size) {
  return kOnnxMemoryBase + kOnnxMemoryFactor * file_size;
}

void check_onnx_budget(std::string_view bytes) {
  if (bytes.size() > kModelFileSizeMax) {
    refuse(Code::resource_exhausted, "onnx: the file has {} bytes, expected at most {}",
           bytes.size(), kModelFileSizeMax);
  }
  Walk(bytes).message(Content::model);
}

}  // namespace ml_inference
