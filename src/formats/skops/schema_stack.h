// SPDX-License-Identifier: MIT
// The JSON of a skops file's schema while it is being read: what stands open, innermost last.
#pragma once

#include "formats/python/nodes.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// One value of JSON. Containers are nodes already.
struct SchemaItem {
  enum class Form : std::uint8_t { null, boolean, integer, real, text, node };

  Form form = Form::null;
  bool is_large = false;   ///< text: of the size that stays in a place of its own
  std::uint32_t size = 0;  ///< text
  union {
    std::int64_t integer = 0;  ///< also a boolean's
    double real;
    std::size_t offset;  ///< text, small: in SchemaStack's bytes
    char* data;          ///< text, large
    NodeId node;
  };
};

/// Not for several threads. Throws FormatError, resource_exhausted, when the budget is spent.
class SchemaStack {
 public:
  explicit SchemaStack(MemoryBudget& budget) : budget_(budget), items_(budget) {}

  /// A container that stands open.
  struct Frame {
    std::size_t item_begin;
    std::size_t text_begin;
    std::size_t memo_begin;  ///< how many nodes had been remembered before it
    bool is_object;          ///< its items are keys and values in turn
  };

  void open(bool is_object, std::size_t memo_count) {
    frames_.push_back({items_.size(), bytes_.size(), memo_count, is_object});
  }
  [[nodiscard]] const Frame& top() const { return frames_.back(); }
  [[nodiscard]] bool empty() const { return frames_.empty(); }
  [[nodiscard]] std::size_t depth() const { return frames_.size(); }

  /// Forgets the innermost container with all of its items.
  void close() {
    items_.shrink(frames_.back().item_begin);
    bytes_.resize(frames_.back().text_begin);
    frames_.pop_back();
  }

  void push(const SchemaItem& item) { items_.push_back(item); }
  void push_text(std::string_view text);

  /// How many items the innermost container has so far, keys counted.
  [[nodiscard]] std::size_t size() const { return items_.size() - top().item_begin; }
  [[nodiscard]] const SchemaItem& operator[](std::size_t index) const {
    return items_[top().item_begin + index];
  }

  /// The text of an item, in place. Valid until the next push_text().
  [[nodiscard]] std::string_view text(const SchemaItem& item) const {
    return {item.is_large ? item.data : bytes_.data() + item.offset, item.size};
  }

  /// The value behind a key in the innermost container, an object: the last one, as in Python. Null
  /// when there is none.
  [[nodiscard]] const SchemaItem* find(std::string_view key) const;

 private:
  MemoryBudget& budget_;
  Chunked<SchemaItem> items_;
  std::vector<Frame> frames_;
  std::string bytes_;
  std::size_t bytes_paid_ = 0;
};

}  // namespace ml_inference
