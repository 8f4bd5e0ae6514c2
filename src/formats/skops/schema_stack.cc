// SPDX-License-Identifier: MIT
#include "formats/skops/schema_stack.h"

namespace ml_inference {

void SchemaStack::push_text(std::string_view text) {
  SchemaItem item{.form = SchemaItem::Form::text, .size = static_cast<std::uint32_t>(text.size())};
  item.offset = bytes_.size();
  bytes_ += text;
  if (bytes_.size() > bytes_paid_) {
    budget_.take(bytes_.size() - bytes_paid_);
    bytes_paid_ = bytes_.size();
  }
  items_.push_back(item);
}

const SchemaItem* SchemaStack::find(std::string_view key) const {
  for (std::size_t index = size(); index >= 2; index -= 2) {
    const SchemaItem& found = (*this)[index - 2];
    if (text(found) == key) return &(*this)[index - 1];
  }
  return nullptr;
}

}  // namespace ml_inference
