// SPDX-License-Identifier: MIT
#include "app/row_blocks.h"

#include "data/csv_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

namespace ml_inference {
namespace {

constexpr std::string_view kSpaces = " \t\r\n";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// In runs that a byte can count, so that the compiler counts many bytes at once.
std::size_t line_feed_count(std::string_view text) {
  constexpr std::size_t kRunSize = 255;
  std::size_t count = 0;
  for (std::size_t begin = 0; begin < text.size(); begin += kRunSize) {
    std::uint8_t run_count = 0;
    for (const char byte : text.substr(begin, kRunSize)) {
      run_count = static_cast<std::uint8_t>(run_count + (byte == '\n' ? 1 : 0));
    }
    count += run_count;
  }
  return count;
}

// Makes a text longer or shorter without filling it. libstdc++ 12 may hand out more room than was
// wanted, and tells of all of it.
void resize(std::string& text, std::size_t size) {
  text.resize_and_overwrite(size, [size](char*, std::size_t /*room*/) { return size; });
}

}  // namespace

RowBlocks::RowBlocks(std::unique_ptr<InputStream> stream, const RowBlocksOptions& options)
    : stream_(std::move(stream)), options_(options) {
  // A block that held a row and a half could take one that is too long elsewhere.
  options_.block_size = std::clamp(options.block_size, std::size_t{1}, options.row_size_max);
}

Result<RowBlocks> RowBlocks::begin(std::unique_ptr<InputStream> stream,
                                   const RowBlocksOptions& options) {
  RowBlocks blocks(std::move(stream), options);
  RETURN_IF_ERROR(blocks.skip_byte_order_mark());
  RETURN_IF_ERROR(blocks.find_kind());
  return blocks;
}

Result<void> RowBlocks::read_more(std::string& text, std::size_t size) {
  const std::size_t before = text.size();
  resize(text, before + size);
  const Result<std::size_t> taken = stream_->read(std::span(text).subspan(before));
  resize(text, before + taken.value_or(0));
  if (!taken) return std::unexpected(taken.error());
  is_at_end_ = *taken == 0;
  return {};
}

Result<void> RowBlocks::skip_byte_order_mark() {
  while (!is_at_end_ && carry_.size() < kByteOrderMark.size()) {
    RETURN_IF_ERROR(read_more(carry_, options_.block_size));
  }
  if (carry_.starts_with(kByteOrderMark)) carry_.erase(0, kByteOrderMark.size());
  return {};
}

Result<void> RowBlocks::find_kind() {
  std::size_t first = carry_.find_first_not_of(kSpaces);
  while (first == std::string::npos && !is_at_end_ && carry_.size() <= options_.row_size_max) {
    const std::size_t seen = carry_.size();
    RETURN_IF_ERROR(read_more(carry_, options_.block_size));
    first = carry_.find_first_not_of(kSpaces, seen);
  }
  // Spaces beyond that are too long a row of either kind.
  const bool is_found = first < options_.row_size_max;
  kind_ = is_found && (carry_[first] == '[' || carry_[first] == '{') ? RowsKind::json_lines
                                                                     : RowsKind::csv;
  return {};
}

std::size_t RowBlocks::scan(std::string_view text) {
  if (kind_ == RowsKind::csv) return cutter_.scan(text);
  const std::size_t line_feed = text.rfind('\n');
  return line_feed == std::string_view::npos ? 0 : line_feed + 1;
}

// A row that is longer than a block takes as much again, so that its bytes are moved a few times
// only; and one byte more than it may have, to see that it has too many.
std::size_t RowBlocks::room(std::string_view text) const {
  if (text.size() < options_.block_size) return options_.block_size - text.size();
  return std::min(text.size(), options_.row_size_max + 1 - text.size());
}

Result<bool> RowBlocks::next(RowBlock& block) {
  std::string& text = block.text;
  text.assign(carry_);
  cutter_.reset();
  std::size_t end = scan(text);
  while (!is_at_end_) {
    if (end == 0 && text.size() > options_.row_size_max) return too_long();
    if (end > 0 && (text.size() >= options_.block_size || !stream_->is_ready())) break;
    RETURN_IF_ERROR(read_more(text, room(text)));
    end = scan(text);
  }
  if (is_at_end_ && end < text.size()) {
    const bool is_open = kind_ == RowsKind::csv && cutter_.is_within_quotes();
    if (is_open && end == 0) return open_quote(text);
    if (!is_open) end = text.size();
  }
  carry_.assign(text, end);
  resize(text, end);
  block.line = line_;
  line_ += line_feed_count(text);
  return end > 0;
}

std::unexpected<Error> RowBlocks::too_long() const {
  const bool is_open = kind_ == RowsKind::csv && cutter_.is_within_quotes();
  return fail(Code::resource_exhausted,
              fmt::format("{}: {}line {}: a row of more than {} bytes{}", stream_->name(),
                          kind_ == RowsKind::csv ? "csv: " : "", line_, options_.row_size_max,
                          is_open ? ", in which a quote is never closed" : ""));
}

std::unexpected<Error> RowBlocks::open_quote(std::string_view text) const {
  CsvRecordReader reader(text, line_);
  CsvRecord record;
  const Result<bool> read = reader.next(record);
  return fail(Code::data_loss,
              fmt::format("{}: csv: {}", stream_->name(),
                          read ? fmt::format("line {}: a quote is never closed", line_)
                               : read.error().message));
}

void RowBlocks::put_back(std::string_view rows, std::size_t line) {
  carry_.insert(0, rows);
  line_ = line;
}

}  // namespace ml_inference
