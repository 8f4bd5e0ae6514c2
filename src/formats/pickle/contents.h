// SPDX-License-Identifier: MIT
// What stands behind a PickleDocument: its values, and the file that their bytes are read from.
#pragma once

#include "formats/format_error.h"
#include "formats/pickle/input.h"
#include "formats/pickle/limits.h"
#include "formats/pickle/nodes.h"

#include <cstdint>
#include <memory>
#include <string_view>

namespace ml_inference {

class PickleContents {
 public:
  explicit PickleContents(std::string_view file)
      : file_(file), nodes_(kPickleMemoryBase + file.size()) {}

  [[nodiscard]] std::string_view file() const { return file_; }
  [[nodiscard]] NodeStore& nodes() { return nodes_; }

  /// Once the whole stream is known: its bytes may be asked for again.
  void set_stream_size(std::uint64_t size) {
    rereader_ = std::make_unique<PickleRereader>(file_, size);
    asked_left_ = kPickleAskedBase + kPickleAskedFactor * size;
  }
  [[nodiscard]] PickleRereader& rereader() { return *rereader_; }

  /// See PickleValue::charge().
  void charge(std::uint64_t size) {
    if (size > asked_left_) {
      refuse(Code::resource_exhausted,
             "pickle: the file names its values so often that {} bytes do not hold them",
             file_.size());
    }
    asked_left_ -= size;
  }

 private:
  std::string_view file_;
  NodeStore nodes_;
  std::unique_ptr<PickleRereader> rereader_;
  std::uint64_t asked_left_ = 0;
};

}  // namespace ml_inference
