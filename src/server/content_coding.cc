// SPDX-License-Identifier: MIT
#include "server/content_coding.h"

#include "base/assert.h"

#include <boost/beast/core/string.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <zlib.h>

namespace ml_inference {
namespace {

// zlib.h: a window of 32 KiB, and what to add for the formats.
constexpr int kWindowBits = 15;
constexpr int kGzip = 16;
constexpr int kEither = 32;

// Deflate makes no stream smaller than this (zlib's technical notes).
constexpr std::size_t kRatioMax = 1032;

// How much is decoded in one go, and taken out of the budget at once.
constexpr std::size_t kStepSize = 64 * kKibibyte;

// Most bodies fit; it is no worse to move than a connection's buffer.
constexpr std::size_t kFirstCapacity = BodyBudget::kUncountedSize;

constexpr int kFastest = 1;
constexpr int kMemoryLevelMax = 8;  // zlib's own choice

Bytef* bytes_of(std::string_view text) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
}

int window_bits(Inflater::Format format) {
  switch (format) {
    case Inflater::Format::gzip: return kWindowBits + kGzip;
    case Inflater::Format::zlib: return kWindowBits;
    case Inflater::Format::either: break;
  }
  return kWindowBits + kEither;
}

// zlib's state for one stream that is made; ends with it.
class Deflater {
 public:
  // The state is as large as the text needs: to clear 256 KiB takes longer than a short text.
  Deflater(std::size_t text_size, ContentCoding coding) {
    const int bits = std::clamp(static_cast<int>(std::bit_width(text_size)), 9, kWindowBits);
    const int level = bits - kWindowBits + kMemoryLevelMax;
    is_sound_ = deflateInit2(&stream_, kFastest, Z_DEFLATED,
                             coding == ContentCoding::gzip ? bits + kGzip : bits, level,
                             Z_DEFAULT_STRATEGY) == Z_OK;
  }
  ~Deflater() {
    if (is_sound_) deflateEnd(&stream_);
  }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  [[nodiscard]] bool is_sound() const { return is_sound_; }

  // Adds the text to the stream; true if there was room for all that zlib has to say so far.
  [[nodiscard]] bool feed(std::string_view text, std::string& out, std::size_t room, int flush) {
    stream_.next_in = bytes_of(text);
    stream_.avail_in = static_cast<uInt>(text.size());
    int result = Z_OK;
    out.resize_and_overwrite(out.size() + room, [&](char* begin, std::size_t size) {
      stream_.next_out = reinterpret_cast<Bytef*>(begin + size - room);
      stream_.avail_out = static_cast<uInt>(room);
      result = ::deflate(&stream_, flush);
      return size - stream_.avail_out;
    });
    return flush == Z_FINISH ? result == Z_STREAM_END : result == Z_OK && stream_.avail_out > 0;
  }

 private:
  z_stream stream_{};
  bool is_sound_ = false;
};

// What would not fit into an empty budget is too large, whatever else there is.
std::size_t decoded_max(std::size_t size_max, const BodyShare& share) {
  const std::size_t all = share.size_max(size_max + Inflater::kStateSize);
  return all - std::min(all, Inflater::kStateSize);
}

}  // namespace

std::string_view name_of(ContentCoding coding) {
  switch (coding) {
    case ContentCoding::gzip: return "gzip";
    case ContentCoding::deflate: return "deflate";
    case ContentCoding::identity: break;
  }
  return "identity";
}

std::optional<ContentCoding> find_content_coding(std::string_view name) {
  const auto is = [&](std::string_view other) {
    return boost::beast::iequals({name.data(), name.size()}, {other.data(), other.size()});
  };
  if (name.empty() || is("identity")) return ContentCoding::identity;
  if (is("gzip") || is("x-gzip")) return ContentCoding::gzip;
  if (is("deflate")) return ContentCoding::deflate;
  return std::nullopt;
}

struct Inflater::Zlib {
  z_stream stream{};
  ~Zlib() { inflateEnd(&stream); }
};

Inflater::Inflater(Format format, std::size_t size_max, BodyShare& share)
    : format_(format),
      size_max_(decoded_max(size_max, share)),
      share_(share),
      zlib_(std::make_unique<Zlib>()) {
  if (inflateInit2(&zlib_->stream, window_bits(format)) != Z_OK) zlib_.reset();
}

Inflater::~Inflater() = default;

Inflater::Status Inflater::feed(std::string_view bytes, std::string& out) {
  if (zlib_ == nullptr) return Status::no_room;
  z_stream& stream = zlib_->stream;
  fed_size_ += bytes.size();
  if (fed_size_ > size_max_) return Status::too_large;
  stream.next_in = bytes_of(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  // Where it filled all its room there may be more that it has not said.
  do {
    if (is_whole_ && stream.avail_in > 0) {
      if (const Status status = end_member(); status != Status::fine) return status;
    }
    if (const Status status = step(out); status != Status::fine) return status;
  } while (stream.avail_in > 0 || (stream.avail_out == 0 && !is_whole_));
  return Status::fine;
}

// Decodes as much as there is room for. At the limit that is one byte, which tells what is too
// large from what is over.
Inflater::Status Inflater::step(std::string& out) {
  z_stream& stream = zlib_->stream;
  const std::size_t old_size = out.size();
  int result = Z_OK;
  if (old_size == size_max_) {
    Bytef beyond;
    stream.next_out = &beyond;
    stream.avail_out = 1;
    result = ::inflate(&stream, Z_NO_FLUSH);
    if (stream.avail_out == 0) return Status::too_large;
  } else {
    if (const Status status = make_room(out); status != Status::fine) return status;
    const std::size_t new_size = std::min(counted_size_, out.capacity());
    out.resize_and_overwrite(new_size, [&](char* begin, std::size_t) {
      stream.next_out = reinterpret_cast<Bytef*>(begin + old_size);
      stream.avail_out = static_cast<uInt>(new_size - old_size);
      result = ::inflate(&stream, Z_NO_FLUSH);
      return new_size - stream.avail_out;
    });
  }
  switch (result) {
    case Z_STREAM_END: is_whole_ = true; return Status::fine;
    case Z_OK:
    case Z_BUF_ERROR: return Status::fine;  // it needs more bytes, or more room
    case Z_MEM_ERROR: return Status::no_room;
    case Z_NEED_DICT: return broken("it needs a dictionary that nobody knows");
    default: return broken(stream.msg != nullptr ? stream.msg : "it is damaged");
  }
}

// At least a byte, and what the share has for. What no byte has come for is address space only,
// while a string that grows holds its old and its new self: so it grows once, from little to the
// most that can come.
Inflater::Status Inflater::make_room(std::string& out) {
  if (out.size() == out.capacity() || out.capacity() < kFirstCapacity) {
    const std::size_t most = std::max(fed_size_ * kRatioMax, 2 * out.size());
    out.reserve(std::min(size_max_, out.size() < kFirstCapacity ? kFirstCapacity : most));
  }
  if (out.size() < counted_size_) return Status::fine;
  counted_size_ = std::min({out.size() + kStepSize, out.capacity(), size_max_});
  return share_.take(counted_size_ + kStateSize) ? Status::fine : Status::no_room;
}

// More bytes follow what was a whole stream.
Inflater::Status Inflater::end_member() {
  if (format_ != Format::gzip) return broken("bytes follow its end");
  is_whole_ = false;
  return inflateReset(&zlib_->stream) == Z_OK ? Status::fine : Status::no_room;
}

Inflater::Status Inflater::broken(std::string_view fault) {
  fault_ = fault;
  return Status::broken;
}

std::optional<std::string> deflated(std::string_view text, ContentCoding coding,
                                    const std::stop_token& stop) {
  ASSERT(coding != ContentCoding::identity);
  Deflater deflater(text.size(), coding);
  if (text.empty() || !deflater.is_sound()) return std::nullopt;
  const std::size_t size_max = text.size() - 1;
  std::string out;
  out.reserve(size_max);
  while (true) {
    const std::string_view part = text.substr(0, kStepSize);
    text.remove_prefix(part.size());
    const std::size_t room = std::min(size_max - out.size(), 2 * kStepSize);
    if (!deflater.feed(part, out, room, text.empty() ? Z_FINISH : Z_NO_FLUSH)) return std::nullopt;
    if (text.empty()) break;
    if (stop.stop_requested()) return std::nullopt;
  }
  out.shrink_to_fit();
  return out;
}

}  // namespace ml_inference
