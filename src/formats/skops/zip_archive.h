// SPDX-License-Identifier: MIT
// The entries of a zip archive that lies in memory. Nothing is ever written to a disk: a name only
// finds an entry. The archive's own structure is read by minizip; what makes an archive a trap is
// looked at here before any of its bytes is used. Why so:
// docs/decisions/0030-skops-files-become-the-same-values.md.
#pragma once

#include "formats/python/arena.h"
#include "formats/python/contents.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace ml_inference {

struct ZipEntry {
  std::string_view name;
  std::uint64_t size = 0;      ///< of its bytes, inflated
  std::uint64_t offset = 0;    ///< where they stood if all entries were laid one behind the other
  const char* data = nullptr;  ///< stored entries: in the archive; null for deflated ones
  std::uint64_t position = 0;  ///< in the list of entries, for minizip
  std::uint64_t number = 0;    ///< likewise
};

struct ZipHandle;

/// Inflates entries. Not for several threads.
class ZipReader final : public BlobSource {
 public:
  /// bytes, entries  of an archive that was found to be sound; they outlive the reader.
  /// inflated_max    how many bytes may be asked for in all, those that are skipped counted.
  ZipReader(std::string_view bytes, std::span<const ZipEntry> entries, std::uint64_t inflated_max);
  ~ZipReader() override;

  /// Bytes by ZipEntry::offset.
  void read(std::uint64_t offset, std::span<char> out) override;

  /// The bytes of an entry: from `at` on, so many as `out` takes and there are. Going on is cheap;
  /// going back, and to another entry and back, begins anew.
  /// Throws FormatError: data_loss when they cannot be inflated, resource_exhausted.
  std::size_t read(const ZipEntry& entry, std::uint64_t at, std::span<char> out);

  /// Whether the checksum fits, of an entry that was read to its end just now.
  [[nodiscard]] bool has_right_checksum();

 private:
  void open(const ZipEntry& entry);
  void inflate(std::span<char> out);

  std::unique_ptr<ZipHandle> zip_;
  std::span<const ZipEntry> entries_;
  std::uint64_t left_;
  const ZipEntry* opened_ = nullptr;
  std::uint64_t at_ = 0;  // in it
};

/// The list of entries. Cheap to copy; the arena holds it.
class ZipArchive {
 public:
  /// Reads the list, and once all bytes to compare them with their checksums.
  /// bytes  outlives the archive, and so does the arena.
  /// Throws FormatError; messages begin with "skops: ":
  ///   data_loss           no archive, a cut one, a wrong checksum, two entries of one name or in
  ///                       one place, a name that is a path
  ///   unimplemented       encrypted, or compressed by another method than deflate
  ///   resource_exhausted  it would inflate beyond the limits
  /// Cost: linear in what it inflates to.
  ZipArchive(std::string_view bytes, Arena& arena);

  /// Null when there is none of this name.
  [[nodiscard]] const ZipEntry* find(std::string_view name) const;

  /// Of all entries' bytes, inflated.
  [[nodiscard]] std::uint64_t size() const { return size_; }

  [[nodiscard]] std::unique_ptr<ZipReader> reader(std::uint64_t inflated_max) const {
    return std::make_unique<ZipReader>(bytes_, entries_, inflated_max);
  }

 private:
  struct Range;

  [[nodiscard]] ZipEntry entry_here(ZipHandle& zip, Arena& arena, Range& range) const;
  void check_names() const;
  void check_ranges(std::span<Range> ranges) const;
  void check_bytes() const;

  std::string_view bytes_;
  std::span<ZipEntry> entries_;  // in the archive's order, as their offsets are
  std::span<std::uint32_t> by_name_;
  std::uint64_t size_ = 0;
};

}  // namespace ml_inference
