// SPDX-License-Identifier: MIT
#include "server/answer_bytes.h"

#include "api/http.h"
#include "base/assert.h"
#include "server/body_budget.h"

#include <algorithm>
#include <utility>

namespace ml_inference {

// Brings what is left into one text, for more to follow in its order.
void AnswerBytes::fold_large() {
  if (large_.empty()) return;
  small_.append(large_, large_begin_);
  large_ = {};
  large_begin_ = 0;
}

void AnswerBytes::add(std::string_view bytes) {
  fold_large();
  small_ += bytes;
}

void AnswerBytes::add_body(std::string& body) {
  if (body.size() <= BodyBudget::kUncountedSize) return add(body);
  fold_large();
  large_ = std::exchange(body, {});
}

void AnswerBytes::fetch(std::string& out, std::size_t size) {
  ASSERT(size <= this->size());
  const std::size_t first = std::min(size, small_.size() - small_begin_);
  out.append(small_, small_begin_, first);
  small_begin_ += first;
  out.append(large_, large_begin_, size - first);
  large_begin_ += size - first;
}

void AnswerBytes::clear() {
  small_.clear();
  if (small_.capacity() > 2 * kKeptBodySize) small_.shrink_to_fit();
  large_ = {};
  small_begin_ = large_begin_ = 0;
}

}  // namespace ml_inference
