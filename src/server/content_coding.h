// SPDX-License-Identifier: MIT
// Content codings (RFC 9110, section 8.4.1): gzip is RFC 1952's format, and deflate is zlib's, RFC
// 1950, which some mistake for the bare stream of RFC 1951. zlib does both.
#pragma once

#include "base/byte_units.h"
#include "server/body_budget.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace ml_inference {

enum class ContentCoding { identity, gzip, deflate };

/// What requests may have, as Accept-Encoding lists it.
inline constexpr std::string_view kTakenCodings = "gzip, deflate";

/// The name that Content-Encoding has for it.
[[nodiscard]] std::string_view name_of(ContentCoding coding);

/// The coding by its name, in any case, x-gzip among them, and identity for none. Nothing if it is
/// unknown, or more than one is named.
[[nodiscard]] std::optional<ContentCoding> find_content_coding(std::string_view name);

/// Decodes a stream as it comes, and never holds more than it may: however well a body is
/// compressed, it takes no more memory than it has been given out of the budget.
/// Threads: belongs to one thread.
class Inflater {
 public:
  enum class Format {
    gzip,    ///< one member or more, with nothing in between and nothing behind
    zlib,    ///< one stream, and nothing behind it
    either,  ///< one stream of either, by its first bytes
  };

  enum class Status {
    fine,
    too_large,  ///< it is more than size_max, or than the budget could ever hold
    no_room,    ///< the budget, or the machine, has no memory for it
    broken,     ///< fault() says why
  };

  /// What zlib keeps of a stream: its state, the last 32 KiB, and a little. Units: bytes.
  static constexpr std::size_t kStateSize = 48 * kKibibyte;

  /// size_max  of the stream, and of what it decodes to.
  /// share     outlives the inflater; has as much as the decoded bytes and zlib take.
  Inflater(Format format, std::size_t size_max, BodyShare& share);
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// Decodes the stream's next bytes, and appends them to `out`, which is the same each time and
  /// empty at first. Not after anything but fine.
  [[nodiscard]] Status feed(std::string_view bytes, std::string& out);

  /// Bytes that it may decode to: size_max, or what the budget can hold beside zlib.
  [[nodiscard]] std::size_t size_max() const { return size_max_; }

  /// Whether what has come is a whole stream.
  [[nodiscard]] bool is_whole() const { return is_whole_; }

  /// Meaningful after broken: the end of a sentence about the stream.
  [[nodiscard]] std::string_view fault() const { return fault_; }

 private:
  struct Zlib;

  [[nodiscard]] Status step(std::string& out);
  [[nodiscard]] Status make_room(std::string& out);
  [[nodiscard]] Status end_member();
  [[nodiscard]] Status broken(std::string_view fault);

  const Format format_;
  const std::size_t size_max_;
  BodyShare& share_;
  std::unique_ptr<Zlib> zlib_;  // null: there was no memory for it
  std::size_t fed_size_ = 0;
  std::size_t counted_size_ = 0;  // of the decoded bytes: what the share has for them
  bool is_whole_ = false;
  std::string_view fault_;
};

/// The text in the coding, quickly rather than as small as can be. Nothing if that would not be
/// smaller, there is no memory, or `stop` asks; it looks some thousand times a second.
///
/// coding  not identity
[[nodiscard]] std::optional<std::string> deflated(std::string_view text, ContentCoding coding,
                                                  const std::stop_token& stop = {});

}  // namespace ml_inference
