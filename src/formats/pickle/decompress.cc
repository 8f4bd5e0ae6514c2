// SPDX-License-Identifier: MIT
#include "formats/pickle/decompress.h"

#include "base/assert.h"
#include "formats/format_error.h"
#include "formats/pickle/limits.h"

#include <algorithm>
#include <array>
#include <bzlib.h>
#include <limits>
#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>

namespace ml_inference {
namespace {

struct Magic {
  Compression compression;
  std::string_view bytes;
};

// Of zlib only the first byte is always the same.
constexpr std::array kMagics{
    Magic{Compression::gzip, {"\x1f\x8b", 2}},        Magic{Compression::bz2, {"BZh", 3}},
    Magic{Compression::xz, {"\xfd\x37zXZ\0", 6}},     Magic{Compression::lzma, {"\x5d\0\0", 3}},
    Magic{Compression::lz4, {"\x04\x22\x4d\x18", 4}},
};

// RFC 1950: deflate, a window of at most 32 KiB, and the two bytes are a multiple of 31.
bool begins_like_zlib(std::string_view bytes) {
  if (bytes.size() < 2) return false;
  const unsigned first = static_cast<unsigned char>(bytes[0]);
  const unsigned second = static_cast<unsigned char>(bytes[1]);
  return (first & 0x0F) == 8 && first >> 4 <= 7 && (first * 256 + second) % 31 == 0 &&
         (second & 0x20) == 0;
}

enum class Step { more, end, damaged };

// The streams of one kind that stand behind one another, by a codec with three verbs.
class StreamReader : public Decompressor {
 public:
  StreamReader(Compression compression, std::string_view compressed)
      : compression_(compression), compressed_(compressed), rest_(compressed) {}

  std::size_t read(std::span<char> out) final {
    std::size_t filled = 0;
    while (filled < out.size() && !is_at_end_) {
      const std::size_t rest_before = rest_.size();
      std::span<char> to = out.subspan(filled);
      const std::size_t room_before = to.size();
      const Step done = step(rest_, to);
      filled += room_before - to.size();
      if (done == Step::damaged) damaged();
      if (done == Step::end) {
        is_at_end_ = !begins_another();
        if (!is_at_end_) restart();
      } else if (rest_.size() == rest_before && to.size() == room_before) {
        damaged();
      }
    }
    return filled;
  }

 protected:
  // Takes from `in` and writes to `out`; both become what is left of them.
  virtual Step step(std::string_view& in, std::span<char>& out) = 0;
  virtual void restart() = 0;

  [[noreturn]] void damaged() const {
    if (rest_.empty()) {
      refuse(Code::data_loss, "pickle: the {} stream breaks off after {} bytes",
             compression_text(compression_), compressed_.size());
    }
    refuse(Code::data_loss, "pickle: the {} stream is damaged near byte {} of {}",
           compression_text(compression_), compressed_.size() - rest_.size(), compressed_.size());
  }

 private:
  // Python reads on in a second stream of these three, too.
  [[nodiscard]] bool begins_another() const {
    const bool may_repeat = compression_ == Compression::gzip || compression_ == Compression::bz2 ||
                            compression_ == Compression::xz;
    return may_repeat && compression_of(rest_) == compression_;
  }

  const Compression compression_;
  const std::string_view compressed_;
  std::string_view rest_;
  bool is_at_end_ = false;
};

// What of a piece the counters of these libraries can hold.
unsigned counted(std::size_t size) {
  return static_cast<unsigned>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

// Both libraries count alike: next and avail, of what goes in and of what comes out.
template <class Stream>
class Window {
 public:
  Window(Stream& stream, std::string_view& in, std::span<char>& out)
      : stream_(stream), in_(in), out_(out) {
    // None of them writes through next_in.
    stream.next_in = reinterpret_cast<decltype(stream.next_in)>(const_cast<char*>(in.data()));
    stream.avail_in = counted(in.size());
    stream.next_out = reinterpret_cast<decltype(stream.next_out)>(out.data());
    stream.avail_out = counted(out.size());
    in_before_ = stream.avail_in;
    out_before_ = stream.avail_out;
  }
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;
  ~Window() {
    in_.remove_prefix(static_cast<std::size_t>(in_before_ - stream_.avail_in));
    out_ = out_.subspan(static_cast<std::size_t>(out_before_ - stream_.avail_out));
  }

 private:
  Stream& stream_;
  std::string_view& in_;
  std::span<char>& out_;
  decltype(Stream::avail_in) in_before_;
  decltype(Stream::avail_out) out_before_;
};

class ZlibReader final : public StreamReader {
 public:
  ZlibReader(Compression compression, std::string_view compressed)
      : StreamReader(compression, compressed) {
    constexpr int kGzip = 16;  // added to the window's bits: expect a gzip header instead
    ASSERT(inflateInit2(&stream_, MAX_WBITS + (compression == Compression::gzip ? kGzip : 0)) ==
           Z_OK);
  }
  ZlibReader(const ZlibReader&) = delete;
  ZlibReader& operator=(const ZlibReader&) = delete;
  ~ZlibReader() override { inflateEnd(&stream_); }

  [[nodiscard]] std::uint64_t memory() const override { return std::uint64_t{64} << 10; }

 protected:
  Step step(std::string_view& in, std::span<char>& out) override {
    const Window window(stream_, in, out);
    const int status = inflate(&stream_, Z_NO_FLUSH);
    if (status == Z_STREAM_END) return Step::end;
    return status == Z_OK || status == Z_BUF_ERROR ? Step::more : Step::damaged;
  }
  void restart() override { ASSERT(inflateReset(&stream_) == Z_OK); }

 private:
  z_stream stream_{};
};

class Bz2Reader final : public StreamReader {
 public:
  Bz2Reader(Compression compression, std::string_view compressed)
      : StreamReader(compression, compressed) {
    open_stream();
  }
  Bz2Reader(const Bz2Reader&) = delete;
  Bz2Reader& operator=(const Bz2Reader&) = delete;
  ~Bz2Reader() override { BZ2_bzDecompressEnd(&stream_); }

  [[nodiscard]] std::uint64_t memory() const override { return std::uint64_t{4} << 20; }

 protected:
  Step step(std::string_view& in, std::span<char>& out) override {
    const Window window(stream_, in, out);
    const int status = BZ2_bzDecompress(&stream_);
    if (status == BZ_STREAM_END) return Step::end;
    return status == BZ_OK ? Step::more : Step::damaged;
  }
  void restart() override {
    BZ2_bzDecompressEnd(&stream_);
    open_stream();
  }

 private:
  void open_stream() {
    stream_ = {};
    ASSERT(BZ2_bzDecompressInit(&stream_, 0, 0) == BZ_OK);
  }

  bz_stream stream_{};
};

// Both formats of liblzma.
class LzmaReader final : public StreamReader {
 public:
  LzmaReader(Compression compression, std::string_view compressed)
      : StreamReader(compression, compressed), is_alone_(compression == Compression::lzma) {
    restart();
  }
  LzmaReader(const LzmaReader&) = delete;
  LzmaReader& operator=(const LzmaReader&) = delete;
  ~LzmaReader() override { lzma_end(&stream_); }

  [[nodiscard]] std::uint64_t memory() const override { return lzma_memusage(&stream_); }

 protected:
  Step step(std::string_view& in, std::span<char>& out) override {
    const Window window(stream_, in, out);
    const lzma_ret status = lzma_code(&stream_, LZMA_RUN);
    if (status == LZMA_STREAM_END) return Step::end;
    if (status == LZMA_MEMLIMIT_ERROR) {
      refuse(Code::resource_exhausted,
             "pickle: the xz stream wants {} bytes of memory, expected at most {}",
             lzma_memusage(&stream_), kPickleWindowMax);
    }
    return status == LZMA_OK || status == LZMA_BUF_ERROR ? Step::more : Step::damaged;
  }
  void restart() override {
    const lzma_ret status = is_alone_ ? lzma_alone_decoder(&stream_, kPickleWindowMax)
                                      : lzma_stream_decoder(&stream_, kPickleWindowMax, 0);
    ASSERT(status == LZMA_OK);
  }

 private:
  const bool is_alone_;
  lzma_stream stream_ = LZMA_STREAM_INIT;
};

class Lz4Reader final : public StreamReader {
 public:
  Lz4Reader(Compression compression, std::string_view compressed)
      : StreamReader(compression, compressed) {
    ASSERT(!LZ4F_isError(LZ4F_createDecompressionContext(&context_, LZ4F_VERSION)));
  }
  Lz4Reader(const Lz4Reader&) = delete;
  Lz4Reader& operator=(const Lz4Reader&) = delete;
  ~Lz4Reader() override { LZ4F_freeDecompressionContext(context_); }

  // Two blocks of at most 4 MiB.
  [[nodiscard]] std::uint64_t memory() const override { return std::uint64_t{9} << 20; }

 protected:
  Step step(std::string_view& in, std::span<char>& out) override {
    std::size_t taken = in.size();
    std::size_t written = out.size();
    const std::size_t status =
        LZ4F_decompress(context_, out.data(), &written, in.data(), &taken, nullptr);
    if (LZ4F_isError(status) != 0) return Step::damaged;
    in.remove_prefix(taken);
    out = out.subspan(written);
    return status == 0 ? Step::end : Step::more;
  }
  void restart() override { LZ4F_resetDecompressionContext(context_); }

 private:
  LZ4F_dctx* context_ = nullptr;
};

}  // namespace

Compression compression_of(std::string_view bytes) {
  const auto* magic = std::ranges::find_if(
      kMagics, [&](const Magic& candidate) { return bytes.starts_with(candidate.bytes); });
  if (magic != kMagics.end()) return magic->compression;
  return begins_like_zlib(bytes) ? Compression::zlib : Compression::none;
}

std::string_view compression_text(Compression compression) {
  switch (compression) {
    case Compression::none: return "plain";
    case Compression::zlib: return "zlib";
    case Compression::gzip: return "gzip";
    case Compression::bz2: return "bz2";
    case Compression::xz: return "xz";
    case Compression::lzma: return "lzma";
    case Compression::lz4: return "lz4";
  }
  return "";
}

std::unique_ptr<Decompressor> Decompressor::open(Compression compression,
                                                 std::string_view compressed) {
  switch (compression) {
    case Compression::none: break;
    case Compression::zlib:
    case Compression::gzip: return std::make_unique<ZlibReader>(compression, compressed);
    case Compression::bz2: return std::make_unique<Bz2Reader>(compression, compressed);
    case Compression::xz:
    case Compression::lzma: return std::make_unique<LzmaReader>(compression, compressed);
    case Compression::lz4: return std::make_unique<Lz4Reader>(compression, compressed);
  }
  ASSERT(compression != Compression::none);
  return nullptr;
}

}  // namespace ml_inference
