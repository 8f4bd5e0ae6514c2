// SPDX-License-Identifier: MIT
#include "formats/pickle/reader.h"

#include "formats/format_error.h"
#include "formats/limits.h"
#include "formats/pickle/decompress.h"
#include "formats/pickle/input.h"
#include "formats/pickle/limits.h"
#include "formats/pickle/machine.h"
#include "formats/python/contents.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>

namespace ml_inference {
namespace {

// A name of Python, or a chain of them: up to the line feed behind it.
std::string_view name_line(std::string_view bytes) {
  const std::size_t size = std::min(bytes.find('\n'), bytes.size());
  const bool is_name = std::ranges::all_of(bytes.substr(0, size), [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_' || byte == '.';
  });
  return is_name && size < bytes.size() ? bytes.substr(0, size) : std::string_view();
}

// Protocols 0 and 1 have no mark; an object of theirs begins with the opcode GLOBAL and two names.
bool begins_like_plain_pickle(std::string_view bytes) {
  if (bytes.starts_with('\x80')) return true;
  if (!bytes.starts_with('c')) return false;
  const std::string_view module = name_line(bytes.substr(1));
  return !module.empty() && !name_line(bytes.substr(module.size() + 2)).empty();
}

}  // namespace

bool begins_like_pickle(std::string_view bytes) {
  const Compression compression = compression_of(bytes);
  if (compression == Compression::none) return begins_like_plain_pickle(bytes);
  std::array<char, 256> begin;
  try {
    const std::size_t size = Decompressor::open(compression, bytes)->read(begin);
    return begins_like_plain_pickle({begin.data(), size});
  } catch (const FormatError&) {
    return true;  // read_pickle() says what is wrong
  }
}

PyDocument read_pickle(std::string_view bytes) {
  if (bytes.size() > kModelFileSizeMax) {
    refuse(Code::resource_exhausted, "pickle: the file has {} bytes, expected at most {}",
           bytes.size(), kModelFileSizeMax);
  }
  auto contents = std::make_unique<PyContents>("pickle", kPickleMemoryBase + bytes.size());
  PickleInput input(bytes, contents->nodes().arena());
  const NodeId root = PickleMachine(input, contents->nodes(), 0).run();
  input.finish();
  contents->set_source(std::make_unique<PickleRereader>(bytes, input.position()), input.position());
  return PyDocument(std::move(contents), root);
}

}  // namespace ml_inference
