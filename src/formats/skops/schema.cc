// SPDX-License-Identifier: MIT
#include "formats/skops/schema.h"

#include "formats/format_error.h"
#include "formats/skops/limits.h"
#include "formats/skops/schema_nodes.h"

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

using boost::json::error_code;

constexpr std::size_t kPieceSize = std::size_t{64} << 10;

// What Boost.JSON's parser calls; its names and signatures are the library's.
class Handler {
 public:
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = kSkopsKeySizeMax;
  static constexpr std::size_t max_string_size = kSkopsTextMax;

  // size  of the whole JSON.
  Handler(SchemaNodes& nodes, std::uint64_t size)
      : nodes_(nodes), room_(std::min<std::uint64_t>(size, kSkopsTextMax)) {}

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_array_begin(error_code&) {
    nodes_.begin_list();
    return true;
  }
  bool on_array_end(std::size_t, error_code&) {
    nodes_.end_list();
    return true;
  }
  bool on_object_begin(error_code&) {
    nodes_.begin_object();
    return true;
  }
  bool on_object_end(std::size_t, error_code&) {
    nodes_.end_object();
    return true;
  }
  bool on_string_part(std::string_view part, std::size_t, error_code&) { return keep(part); }
  bool on_string(std::string_view rest, std::size_t, error_code&) {
    const std::string_view text = whole(rest);
    if (text.size() > kSkopsTextSmall) {
      if (parts_.empty()) parts_ = text;
      nodes_.large_text(std::exchange(parts_, {}));
    } else {
      nodes_.text(text);
      parts_.clear();
    }
    return true;
  }
  bool on_key_part(std::string_view part, std::size_t, error_code&) { return keep(part); }
  bool on_key(std::string_view rest, std::size_t, error_code&) {
    nodes_.key(whole(rest));
    parts_.clear();
    return true;
  }
  bool on_number_part(std::string_view, error_code&) { return true; }
  bool on_int64(std::int64_t value, std::string_view, error_code&) {
    nodes_.value({.form = SchemaItem::Form::integer, .integer = value});
    return true;
  }
  bool on_uint64(std::uint64_t value, std::string_view, error_code&) {
    return on_double(static_cast<double>(value));
  }
  bool on_double(double value, std::string_view, error_code&) { return on_double(value); }
  bool on_bool(bool truth, error_code&) {
    nodes_.value({.form = SchemaItem::Form::boolean, .integer = truth ? 1 : 0});
    return true;
  }
  bool on_null(error_code&) {
    nodes_.value({});
    return true;
  }
  bool on_comment_part(std::string_view, error_code&) { return false; }
  bool on_comment(std::string_view, error_code&) { return false; }

 private:
  bool on_double(double value) {
    SchemaItem item{.form = SchemaItem::Form::real};
    item.real = value;
    nodes_.value(item);
    return true;
  }

  // A text with escapes comes piece by piece, and so does one that a piece of the file cuts. A
  // large one gets its room at once, so that it does not stand there twice while it grows.
  bool keep(std::string_view part) {
    const std::size_t size = parts_.size() + part.size();
    if (size > kSkopsTextSmall) {
      nodes_.check_room(size);
      if (parts_.capacity() < room_) parts_.reserve(room_);
    }
    parts_ += part;
    return true;
  }

  std::string_view whole(std::string_view rest) {
    if (parts_.empty()) return rest;
    parts_ += rest;
    return parts_;
  }

  SchemaNodes& nodes_;
  std::size_t room_;
  std::string parts_;
};

boost::json::parse_options options() {
  boost::json::parse_options made;
  made.max_depth = kSkopsDepthMax;
  return made;
}

}  // namespace

NodeId read_skops_schema(const ZipArchive& archive, PyContents& contents) {
  const ZipEntry* const entry = archive.find("schema.json");
  if (entry == nullptr) {
    refuse(Code::unimplemented,
           "skops: the archive has no entry schema.json, so skops has not "
           "written it");
  }
  SchemaNodes nodes(archive, contents);
  boost::json::basic_parser<Handler> parser(options(), nodes, entry->size);
  // One of its own: nodes read their arrays in between.
  const std::unique_ptr<ZipReader> reader = archive.reader(entry->size);
  std::vector<char> piece(entry->data == nullptr ? kPieceSize : 0);
  error_code ec;
  for (std::uint64_t at = 0; at < entry->size && !ec;) {
    std::string_view text(entry->data, entry->data == nullptr ? 0 : entry->size);
    if (entry->data == nullptr) text = {piece.data(), reader->read(*entry, at, piece)};
    const bool is_more = at + text.size() < entry->size;
    const std::size_t read = parser.write_some(is_more, text.data(), text.size(), ec);
    if (!ec && read < text.size()) ec = boost::json::error::extra_data;
    at += ec ? read : text.size();
    if (ec) {
      refuse(Code::data_loss, "skops: schema.json breaks off or is damaged at byte {} of {}: {}",
             at, entry->size, ec.message());
    }
  }
  return nodes.root();
}

}  // namespace ml_inference
