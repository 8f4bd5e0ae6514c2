// SPDX-License-Identifier: MIT
// What stands behind a PickleDocument: its values, and the file that their bytes are read from.
#pragma once

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
  }
  [[nodiscard]] PickleRereader& rereader() { return *rereader_; }

 private:
  std::string_view file_;
  NodeStore nodes_;
  std::unique_ptr<PickleRereader> rereader_;
};

}  // namespace ml_inference
