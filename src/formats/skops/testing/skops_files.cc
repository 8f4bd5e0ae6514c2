// SPDX-License-Identifier: MIT
#include "formats/skops/testing/skops_files.h"

#include "formats/format_error.h"
#include "formats/pickle/testing/pickle_files.h"
#include "formats/skops/reader.h"

#include <fmt/format.h>

#include <zlib.h>

namespace ml_inference::testing {
namespace {

template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string deflated(std::string_view bytes) {
  z_stream stream{};
  deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// What stands both in front of an entry's bytes and in the list.
std::string common_fields(const ZipPart& part, std::size_t stored_size) {
  std::string out;
  const uLong crc = crc32(0, reinterpret_cast<const Bytef*>(part.bytes.data()),
                          static_cast<uInt>(part.bytes.size()));
  const std::uint16_t method = part.is_deflated ? 8 : 0;
  put<std::uint16_t>(out, 20);  // version
  put<std::uint16_t>(out, part.flags);
  put<std::uint16_t>(out, part.method.value_or(method));
  put<std::uint32_t>(out, 0x21);  // time and date
  put<std::uint32_t>(out, part.crc.value_or(static_cast<std::uint32_t>(crc)));
  put<std::uint32_t>(out, part.stored_size.value_or(static_cast<std::uint32_t>(stored_size)));
  put<std::uint32_t>(out, part.size.value_or(static_cast<std::uint32_t>(part.bytes.size())));
  put<std::uint16_t>(out, static_cast<std::uint16_t>(part.name.size()));
  put<std::uint16_t>(out, 0);  // extra fields
  return out;
}

void put_zip64_end(std::string& out, std::size_t count, std::size_t list, std::size_t size) {
  const std::size_t at = out.size();
  out += "PK\x06\x06";
  put<std::uint64_t>(out, 44);
  put<std::uint32_t>(out, 45 << 16 | 45);
  put<std::uint64_t>(out, 0);  // disks
  put<std::uint64_t>(out, count);
  put<std::uint64_t>(out, count);
  put<std::uint64_t>(out, size);
  put<std::uint64_t>(out, list);
  out += "PK\x06\x07";
  put<std::uint32_t>(out, 0);
  put<std::uint64_t>(out, at);
  put<std::uint32_t>(out, 1);
}

}  // namespace

std::string zip_of(const std::vector<ZipPart>& parts, bool has_zip64) {
  std::string out;
  std::string list;
  std::vector<std::size_t> places;
  for (const ZipPart& part : parts) {
    const std::string stored = part.is_deflated ? deflated(part.bytes) : part.bytes;
    const std::string fields = common_fields(part, stored.size());
    places.push_back(part.lies_at ? places[*part.lies_at] : out.size());
    if (!part.lies_at) out += "PK\x03\x04" + fields + part.name + stored;
    list += "PK\x01\x02";
    put<std::uint16_t>(list, 20);
    list += fields;
    list.append(10, '\0');  // comment, disk, attributes
    put<std::uint32_t>(list, static_cast<std::uint32_t>(places.back()));
    list += part.name;
  }
  const std::size_t begin = out.size();
  out += list;
  if (has_zip64) put_zip64_end(out, parts.size(), begin, list.size());
  out += "PK\x05\x06";
  put<std::uint32_t>(out, 0);
  const auto count = static_cast<std::uint16_t>(has_zip64 ? 0xFFFF : parts.size());
  put(out, count);
  put(out, count);
  put<std::uint32_t>(out, has_zip64 ? 0xFFFF'FFFF : static_cast<std::uint32_t>(list.size()));
  put<std::uint32_t>(out, has_zip64 ? 0xFFFF'FFFF : static_cast<std::uint32_t>(begin));
  put<std::uint16_t>(out, 0);
  return out;
}

std::string npy_of(std::string_view descr, std::string_view shape, std::string_view bytes,
                   int version, bool is_fortran) {
  const std::string header = fmt::format("{{'descr': {}, 'fortran_order': {}, 'shape': {}, }}\n",
                                         descr, is_fortran ? "True" : "False", shape);
  std::string out = "\x93NUMPY";
  out += static_cast<char>(version);
  out += '\0';
  if (version == 1) {
    put(out, static_cast<std::uint16_t>(header.size()));
  } else {
    put(out, static_cast<std::uint32_t>(header.size()));
  }
  return out + header + std::string(bytes);
}

std::string skops_of(std::string_view schema, std::vector<ZipPart> parts, bool is_deflated) {
  std::string text(schema);
  const std::size_t end = text.rfind('}');
  if (end != std::string::npos) {
    text.insert(end, R"(, "protocol": 2, "_skops_version": "0.16.0")");
  }
  for (ZipPart& part : parts) part.is_deflated = is_deflated;
  parts.push_back({.name = "schema.json", .bytes = text, .is_deflated = is_deflated});
  return zip_of(parts);
}

std::string node_of(std::string_view loader, std::string_view module, std::string_view name,
                    std::string_view members) {
  return fmt::format(R"({{"__class__": "{}", "__module__": "{}", "__loader__": "{}"{}{}}})", name,
                     module, loader, members.empty() ? "" : ", ", members);
}

std::string json_of(std::string_view content) {
  return node_of("JsonNode", "builtins", "str",
                 fmt::format(R"("content": {}, "is_json": true)", content));
}

std::string object_of(std::string_view module, std::string_view name, std::string_view attributes) {
  const std::string state =
      node_of("DictNode", "builtins", "dict",
              fmt::format(R"("content": {{{}}}, "key_types": {})", attributes,
                          node_of("ListNode", "builtins", "list", R"("content": [])")));
  return node_of("ObjectNode", module, name, R"("content": )" + state);
}

std::string skops_as_text(std::string_view bytes) {
  try {
    const PyDocument document = read_skops(bytes);
    return repr_of(document.root());
  } catch (const FormatError& refusal) {
    return refusal.error.message;
  }
}

}  // namespace ml_inference::testing
