// SPDX-License-Identifier: MIT
#include "formats/skops/zip_archive.h"

#include "formats/format_error.h"
#include "formats/skops/limits.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <limits>
#include <minizip/unzip.h>
#include <numeric>
#include <string>
#include <vector>
#include <zlib.h>

namespace ml_inference {
namespace {

// What the format itself says of the parts of an archive (PKWARE's APPNOTE 6.3).
constexpr std::uint64_t kListedSizeMin = 46;  // of an entry in the list
constexpr std::uint64_t kLocalSizeMin = 30;   // in front of its bytes
constexpr unsigned kEncrypted = 0x0001 | 0x0040 | 0x2000;
constexpr std::size_t kPieceSize = std::size_t{64} << 10;

// The archive as a file of minizip's.
struct MemoryFile {
  std::string_view bytes;
  std::uint64_t at = 0;
  bool is_cut = false;  // somebody has read behind its end
};

MemoryFile& file_of(voidpf stream) { return *static_cast<MemoryFile*>(stream); }

voidpf open_file(voidpf opaque, const void*, int) { return opaque; }

uLong read_file(voidpf, voidpf stream, void* out, uLong size) {
  MemoryFile& file = file_of(stream);
  const std::size_t have = std::min<std::size_t>(size, file.bytes.size() - file.at);
  if (have > 0) std::memcpy(out, file.bytes.data() + file.at, have);
  file.at += have;
  file.is_cut = file.is_cut || have < size;
  return have;
}

ZPOS64_T tell_file(voidpf, voidpf stream) { return file_of(stream).at; }

long seek_file(voidpf, voidpf stream, ZPOS64_T offset, int origin) {
  MemoryFile& file = file_of(stream);
  const std::uint64_t from = origin == ZLIB_FILEFUNC_SEEK_SET   ? 0
                             : origin == ZLIB_FILEFUNC_SEEK_CUR ? file.at
                                                                : file.bytes.size();
  if (offset > file.bytes.size() - from) return -1;
  file.at = from + offset;
  return 0;
}

int close_file(voidpf, voidpf) { return 0; }

// Without it minizip takes the end of the file for zeros.
int file_error(voidpf, voidpf stream) { return file_of(stream).is_cut ? 1 : 0; }

// Names that skops writes: numbers and UUIDs with an ending, and schema.json.
bool is_plain_name(std::string_view name) {
  return !name.empty() && name[0] != '.' && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  });
}

[[noreturn]] void broken(std::string_view what) {
  refuse(Code::data_loss, "skops: the archive is cut or broken: {}", what);
}

[[noreturn]] void broken(const ZipEntry& entry, std::string_view what) {
  refuse(Code::data_loss, "skops: entry {} {}", quoted_text(entry.name), what);
}

}  // namespace

struct ZipHandle {
  MemoryFile file;
  unzFile handle = nullptr;

  explicit ZipHandle(std::string_view bytes) : file{bytes} {
    zlib_filefunc64_def functions{.zopen64_file = open_file,
                                  .zread_file = read_file,
                                  .zwrite_file = nullptr,
                                  .ztell64_file = tell_file,
                                  .zseek64_file = seek_file,
                                  .zclose_file = close_file,
                                  .zerror_file = file_error,
                                  .opaque = &file};
    handle = unzOpen2_64("", &functions);
    if (handle == nullptr) broken("it has no list of entries at its end");
  }
  ZipHandle(const ZipHandle&) = delete;
  ZipHandle& operator=(const ZipHandle&) = delete;
  ~ZipHandle() { unzClose(handle); }
};

// Where the bytes of an entry lie in the archive.
struct ZipArchive::Range {
  std::uint64_t begin;
  std::uint64_t end;
  std::uint32_t entry;
};

ZipArchive::ZipArchive(std::string_view bytes, Arena& arena) : bytes_(bytes) {
  ZipHandle zip(bytes);
  unz_global_info64 info{};
  if (unzGetGlobalInfo64(zip.handle, &info) != UNZ_OK) broken("it has no list of entries");
  if (info.number_entry > bytes_.size() / (kListedSizeMin + kLocalSizeMin)) {
    broken(fmt::format("{} entries in {} bytes", info.number_entry, bytes_.size()));
  }
  const auto count = static_cast<std::size_t>(info.number_entry);
  entries_ = arena.make<ZipEntry>(count);
  by_name_ = arena.make<std::uint32_t>(count);
  // Not kept, and so not of the arena; but of its budget.
  arena.budget().take(count * sizeof(Range));
  std::vector<Range> ranges(count);
  const std::uint64_t size_max = kSkopsInflatedBase + kSkopsInflatedFactor * bytes_.size();
  for (std::size_t index = 0; index < count; ++index) {
    const int went = index == 0 ? unzGoToFirstFile(zip.handle) : unzGoToNextFile(zip.handle);
    if (went != UNZ_OK) broken(fmt::format("its list ends at entry {} of {}", index, count));
    ZipEntry& entry = entries_[index];
    entry = entry_here(zip, arena, ranges[index]);
    ranges[index].entry = static_cast<std::uint32_t>(index);
    if (entry.size > size_max - size_) {
      refuse(Code::resource_exhausted,
             "skops: the archive of {} bytes would inflate to more than {}", bytes_.size(),
             size_max);
    }
    entry.offset = size_;
    size_ += entry.size;
  }
  std::iota(by_name_.begin(), by_name_.end(), 0U);
  std::ranges::sort(by_name_, {}, [this](std::uint32_t index) { return entries_[index].name; });
  check_names();
  check_ranges(ranges);
  check_bytes();
}

// The entry at which minizip stands. Opening it compares what stands in front of its bytes with the
// list, and tells where they begin.
ZipEntry ZipArchive::entry_here(ZipHandle& zip, Arena& arena, Range& range) const {
  std::array<char, kSkopsNameSizeMax + 1> name{};
  unz_file_info64 info{};
  unz64_file_pos place{};
  if (unzGetCurrentFileInfo64(zip.handle, &info, name.data(), name.size(), nullptr, 0, nullptr,
                              0) != UNZ_OK ||
      unzGetFilePos64(zip.handle, &place) != UNZ_OK) {
    broken("an entry of its list");
  }
  const std::string_view given(name.data(),
                               std::min<std::size_t>(info.size_filename, kSkopsNameSizeMax));
  if (info.size_filename > kSkopsNameSizeMax || !is_plain_name(given)) {
    refuse(Code::data_loss, "skops: entry {} has no name that skops gives", quoted_text(given));
  }
  ZipEntry entry{.name = arena.copy(given),
                 .size = info.uncompressed_size,
                 .position = place.pos_in_zip_directory,
                 .number = place.num_of_file};
  if ((info.flag & kEncrypted) != 0) {
    refuse(Code::unimplemented, "skops: entry {} is encrypted", quoted_text(given));
  }
  if (info.compression_method != 0 && info.compression_method != Z_DEFLATED) {
    refuse(Code::unimplemented,
           "skops: entry {} is compressed by method {}, expected 0 (stored) or 8 (deflated)",
           quoted_text(given), info.compression_method);
  }
  if (unzOpenCurrentFile(zip.handle) != UNZ_OK) {
    broken(entry, "contradicts the archive's list of entries");
  }
  range.begin = unzGetCurrentFileZStreamPos64(zip.handle);
  unzCloseCurrentFile(zip.handle);
  if (range.begin > bytes_.size() || info.compressed_size > bytes_.size() - range.begin) {
    broken(entry,
           fmt::format("has {} bytes, which the archive does not hold", info.compressed_size));
  }
  range.end = range.begin + info.compressed_size;
  if (info.compression_method == 0) {
    entry.data = bytes_.data() + range.begin;
    if (info.compressed_size != info.uncompressed_size) {
      broken(entry, fmt::format("is stored with {} bytes of {}", info.compressed_size,
                                info.uncompressed_size));
    }
    const uLong crc = crc32_z(crc32_z(0, nullptr, 0), reinterpret_cast<const Bytef*>(entry.data),
                              static_cast<std::size_t>(entry.size));
    if (crc != info.crc) broken(entry, "has another checksum than its bytes");
  }
  return entry;
}

void ZipArchive::check_names() const {
  const auto same = std::ranges::adjacent_find(
      by_name_, {}, [this](std::uint32_t index) { return entries_[index].name; });
  if (same != by_name_.end()) broken(entries_[*same], "stands twice in the archive");
}

// Many entries in one place are how a small archive inflates to a large one.
void ZipArchive::check_ranges(std::span<Range> ranges) const {
  std::ranges::sort(ranges, {}, &Range::begin);
  std::uint64_t end = 0;
  for (const Range& range : ranges) {
    const ZipEntry& entry = entries_[range.entry];
    if (range.begin < end + kLocalSizeMin + entry.name.size()) {
      broken(entry, "overlaps with another one");
    }
    end = range.end;
  }
}

// Stored ones have been compared.
void ZipArchive::check_bytes() const {
  ZipReader reader(bytes_, entries_, size_);
  std::vector<char> piece(kPieceSize);
  for (const ZipEntry& entry : entries_) {
    if (entry.data != nullptr || entry.size == 0) continue;
    for (std::uint64_t at = 0; at < entry.size;) at += reader.read(entry, at, piece);
    if (!reader.has_right_checksum()) broken(entry, "has another checksum than its bytes");
  }
}

const ZipEntry* ZipArchive::find(std::string_view name) const {
  const auto found = std::ranges::lower_bound(
      by_name_, name, {}, [this](std::uint32_t index) { return entries_[index].name; });
  if (found == by_name_.end() || entries_[*found].name != name) return nullptr;
  return &entries_[*found];
}

ZipReader::ZipReader(std::string_view bytes, std::span<const ZipEntry> entries,
                     std::uint64_t inflated_max)
    : zip_(std::make_unique<ZipHandle>(bytes)), entries_(entries), left_(inflated_max) {}

ZipReader::~ZipReader() = default;

void ZipReader::read(std::uint64_t offset, std::span<char> out) {
  const auto behind = std::ranges::upper_bound(entries_, offset, {}, &ZipEntry::offset);
  const ZipEntry& entry = *std::prev(behind);
  if (read(entry, offset - entry.offset, out) != out.size()) broken(entry, "is too short");
}

std::size_t ZipReader::read(const ZipEntry& entry, std::uint64_t at, std::span<char> out) {
  const std::size_t size = std::min<std::uint64_t>(out.size(), entry.size - at);
  if (size == 0) return 0;
  if (entry.data != nullptr) {
    std::memcpy(out.data(), entry.data + at, size);
    return size;
  }
  if (opened_ != &entry || at_ > at) open(entry);
  std::array<char, 4096> skipped;
  while (at_ < at) {
    inflate(std::span(skipped).first(std::min<std::uint64_t>(skipped.size(), at - at_)));
  }
  inflate(out.first(size));
  return size;
}

void ZipReader::open(const ZipEntry& entry) {
  // Closes the one that was open, too.
  const unz64_file_pos place{.pos_in_zip_directory = entry.position, .num_of_file = entry.number};
  if (unzGoToFilePos64(zip_->handle, &place) != UNZ_OK ||
      unzOpenCurrentFile(zip_->handle) != UNZ_OK) {
    broken(entry, "cannot be opened");
  }
  opened_ = &entry;
  at_ = 0;
}

bool ZipReader::has_right_checksum() {
  opened_ = nullptr;
  return unzCloseCurrentFile(zip_->handle) != UNZ_CRCERROR;
}

void ZipReader::inflate(std::span<char> out) {
  if (out.size() > left_) {
    refuse(Code::resource_exhausted,
           "skops: the archive would have to be inflated too often for its arrays");
  }
  left_ -= out.size();
  constexpr std::size_t kCallMax = std::size_t{1} << 30;
  for (std::size_t done = 0; done < out.size();) {
    const auto size = static_cast<unsigned>(std::min(out.size() - done, kCallMax));
    const int got = unzReadCurrentFile(zip_->handle, out.data() + done, size);
    if (got <= 0) broken(*opened_, "cannot be inflated");
    done += static_cast<std::size_t>(got);
  }
  at_ += out.size();
}

}  // namespace ml_inference
