// SPDX-License-Identifier: MIT
#include "api/grpc/wire_fields.h"

#include <google/protobuf/wire_format_lite.h>

#include <array>

namespace ml_inference {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedOutputStream;

bool WireFields::next() {
  const std::uint32_t tag = in_.ReadTag();
  number_ = WireFormatLite::GetTagFieldNumber(tag);
  bytes_ = {};
  value_ = 0;
  if (tag == 0 || number_ == 0) {
    broken_ = broken_ || !in_.ConsumedEntireMessage();
    return false;
  }
  bool is_read = false;
  std::uint32_t narrow = 0;
  switch (WireFormatLite::GetTagWireType(tag)) {
    case WireFormatLite::WIRETYPE_VARINT:
      kind_ = WireKind::varint;
      is_read = in_.ReadVarint64(&value_);
      break;
    case WireFormatLite::WIRETYPE_FIXED64:
      kind_ = WireKind::fixed64;
      is_read = in_.ReadLittleEndian64(&value_);
      break;
    case WireFormatLite::WIRETYPE_FIXED32:
      kind_ = WireKind::fixed32;
      is_read = in_.ReadLittleEndian32(&narrow);
      value_ = narrow;
      break;
    case WireFormatLite::WIRETYPE_LENGTH_DELIMITED: is_read = take_bytes(); break;
    default: break;  // groups, which nobody writes any more
  }
  broken_ = !is_read;
  return is_read;
}

bool WireFields::next_bytes() {
  while (next()) {
    if (has_bytes()) return true;
  }
  return false;
}

bool WireFields::take_bytes() {
  std::uint32_t size = 0;
  if (!in_.ReadVarint32(&size)) return false;
  const auto at = static_cast<std::size_t>(in_.CurrentPosition());
  if (size > message_.size() - at) return false;
  kind_ = WireKind::bytes;
  bytes_ = message_.substr(at, size);
  return in_.Skip(static_cast<int>(size));
}

void append_bytes_header(std::string& out, int number, std::size_t size) {
  std::array<std::uint8_t, 20> header;  // two varints
  std::uint8_t* end = CodedOutputStream::WriteTagToArray(
      WireFormatLite::MakeTag(number, WireFormatLite::WIRETYPE_LENGTH_DELIMITED), header.data());
  end = CodedOutputStream::WriteVarint64ToArray(size, end);
  out.append(reinterpret_cast<const char*>(header.data()),
             static_cast<std::size_t>(end - header.data()));
}

void append_bytes_field(std::string& out, int number, std::string_view bytes) {
  append_bytes_header(out, number, bytes.size());
  out += bytes;
}

}  // namespace ml_inference
