// SPDX-License-Identifier: MIT
#include "formats/pickle/input.h"

#include "formats/format_error.h"
#include "formats/pickle/limits.h"

#include <algorithm>

namespace ml_inference {
namespace {

// A piece of the stream, large enough that refilling costs nothing beside decompressing.
constexpr std::size_t kBufferSize = std::size_t{64} << 10;

}  // namespace

std::uint64_t pickle_stream_max(std::size_t file_size, std::uint64_t window) {
  const std::uint64_t size = file_size;
  if (window > kPickleWindowSmall) {
    return std::min(kPickleWindowSmall + kPickleWindowFactor * size, kPickleStreamMax);
  }
  return std::min(kPickleStreamBase + kPickleStreamFactor * size, kPickleStreamMax);
}

PickleInput::PickleInput(std::string_view file, Arena& arena)
    : arena_(arena), file_(file), window_(file), kept_left_(kPickleKeptBase + file.size() / 4) {
  const Compression compression = compression_of(file);
  if (compression != Compression::none) {
    decompressor_ = Decompressor::open(compression, file);
    buffer_ = std::make_unique_for_overwrite<char[]>(kBufferSize);
    window_ = {buffer_.get(), 0};
  }
  at_ = window_.data();
}

void PickleInput::breaks_off(std::uint64_t size) const {
  refuse(Code::data_loss, "pickle: the file breaks off: {} bytes at byte {}, of {}", size,
         position(), window_offset_ + window_.size());
}

// Puts what is left of the window to the front of the buffer and fills the rest of it.
void PickleInput::read_more() {
  const std::size_t kept = available();
  window_offset_ = position();
  std::memmove(buffer_.get(), at_, kept);
  at_ = buffer_.get();
  window_ = {buffer_.get(), kept};
  const std::size_t got = decompressor_->read({buffer_.get() + kept, kBufferSize - kept});
  window_ = {buffer_.get(), kept + got};
  const std::uint64_t size_max = pickle_stream_max(file_.size(), decompressor_->memory());
  if (window_offset_ + window_.size() > size_max) {
    refuse(Code::resource_exhausted,
           "pickle: the file of {} bytes holds more than {} bytes when decompressed", file_.size(),
           size_max);
  }
}

void PickleInput::refill(std::size_t size) {
  if (decompressor_ == nullptr) breaks_off(size);
  read_more();
  if (available() < size) breaks_off(size);
}

std::string_view PickleInput::line() {
  const auto find_end = [&] {
    return std::find(at_, at_ + std::min(available(), kPickleNameSizeMax + 1), '\n');
  };
  const char* line_end = find_end();
  if (line_end == end() && decompressor_ != nullptr) {
    read_more();
    line_end = find_end();
  }
  if (line_end == end()) breaks_off(available() + 1);
  if (*line_end != '\n') {
    refuse(Code::data_loss, "pickle: byte {}: a line of more than {} bytes, expected a name",
           position(), kPickleNameSizeMax);
  }
  const std::string_view line(at_, static_cast<std::size_t>(line_end - at_));
  at_ = line_end + 1;
  return line;
}

void PickleInput::check_left(std::uint64_t size) const {
  if (decompressor_ == nullptr) {
    if (size > available()) breaks_off(size);
    return;
  }
  const std::uint64_t size_max = pickle_stream_max(file_.size(), 0);
  if (size > size_max || position() > size_max - size) {
    refuse(Code::resource_exhausted,
           "pickle: byte {}: {} bytes, expected at most {} in a compressed file of {}", position(),
           size, size_max, file_.size());
  }
}

PyBlob PickleInput::blob(std::uint64_t size, TextScan* scan) {
  check_left(size);
  PyBlob blob{.size = size, .offset = position(), .stored_size = size};
  if (decompressor_ == nullptr) {
    blob.data = at_;
    at_ += size;
    if (scan != nullptr) scan->feed({blob.data, static_cast<std::size_t>(size)});
    return blob;
  }
  const bool is_small = size <= kPickleBlobSmall;
  const bool is_kept = is_small || size <= kept_left_;
  if (is_kept && !is_small) kept_left_ -= size;
  std::span<char> kept;
  if (is_kept) kept = arena_.make<char>(static_cast<std::size_t>(size));
  blob.data = is_kept ? kept.data() : nullptr;
  for (std::uint64_t left = size; left > 0;) {
    if (available() == 0) refill(1);
    const std::string_view piece(at_, std::min<std::uint64_t>(left, available()));
    if (is_kept) std::ranges::copy(piece, kept.end() - static_cast<std::ptrdiff_t>(left));
    if (scan != nullptr) scan->feed(piece);
    at_ += piece.size();
    left -= piece.size();
  }
  return blob;
}

void PickleInput::finish() {
  if (decompressor_ == nullptr) return;
  do {
    at_ = end();
    read_more();
  } while (available() > 0);
}

void PickleRereader::seek(std::uint64_t offset) {
  if (decompressor_ == nullptr || offset < offset_) {
    decompressor_ = Decompressor::open(compression_of(file_), file_);
    offset_ = 0;
  }
  if (skipped_ == nullptr) skipped_ = std::make_unique_for_overwrite<char[]>(kBufferSize);
  while (offset_ < offset) {
    const std::size_t size = std::min<std::uint64_t>(offset - offset_, kBufferSize);
    read(offset_, {skipped_.get(), size});
  }
}

void PickleRereader::read(std::uint64_t offset, std::span<char> out) {
  if (decompressor_ == nullptr || offset != offset_) seek(offset);
  if (out.size() > left_) {
    refuse(Code::resource_exhausted,
           "pickle: the compressed file would have to be decompressed more than {} times",
           kPickleRereadMax);
  }
  left_ -= out.size();
  const std::size_t got = decompressor_->read(out);
  if (got != out.size()) {
    refuse(Code::data_loss, "pickle: the file has changed while it was read");
  }
  offset_ += got;
}

}  // namespace ml_inference
