// SPDX-License-Identifier: MIT
// What stands behind a PyDocument: its values, and where their bytes are read from.
#pragma once

#include "formats/format_error.h"
#include "formats/python/limits.h"
#include "formats/python/nodes.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace ml_inference {

/// Gives those bytes of a file once more that are not kept in memory: PyBlob::offset counts in it.
class BlobSource {
 public:
  virtual ~BlobSource() = default;

  /// Fills `out` with what stands at the offset. Going on should be cheap; going back may not be.
  /// Throws FormatError: resource_exhausted after too many bytes.
  virtual void read(std::uint64_t offset, std::span<char> out) = 0;
};

class PyContents {
 public:
  /// format      stands in front of refusals: "pickle". Outlives the contents.
  /// memory_max  what all values may take.
  PyContents(std::string_view format, std::size_t memory_max)
      : format_(format), nodes_(format, memory_max) {}

  [[nodiscard]] NodeStore& nodes() { return nodes_; }

  /// Keeps a text that is too large for a second copy, as long as the contents live.
  [[nodiscard]] char* keep(std::string text) {
    kept_.push_back(std::move(text));
    return kept_.back().data();
  }

  /// Once the whole file is known: its bytes may be asked for again.
  /// size  of all bytes that the file holds, decompressed.
  void set_source(std::unique_ptr<BlobSource> source, std::uint64_t size) {
    source_ = std::move(source);
    size_ = size;
    asked_left_ = kAskedBase + kAskedFactor * size;
  }
  [[nodiscard]] BlobSource& source() { return *source_; }

  /// See PyValue::charge().
  void charge(std::uint64_t size) {
    if (size > asked_left_) {
      refuse(Code::resource_exhausted,
             "{}: the file names its values so often that {} bytes do not hold them", format_,
             size_);
    }
    asked_left_ -= size;
  }

 private:
  std::string_view format_;
  NodeStore nodes_;
  std::deque<std::string> kept_;
  std::unique_ptr<BlobSource> source_;
  std::uint64_t size_ = 0;
  std::uint64_t asked_left_ = 0;
};

}  // namespace ml_inference
