// SPDX-License-Identifier: MIT
#include "server/body_budget.h"

#include "api/http.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ml_inference {
namespace {

constexpr std::int64_t kKeptDivisor = 4;
constexpr std::size_t kBlockSlack = 2;  // a block is at most so many times what is wanted
constexpr std::chrono::seconds kBlockLife{1};

std::int64_t size_of(const std::string& text) { return static_cast<std::int64_t>(text.capacity()); }

}  // namespace

// The last one first: what is too much grows old.
std::string BodyBudget::take_block(std::size_t size_bytes) {
  const std::lock_guard lock(blocks_mutex_);
  const auto found = std::find_if(blocks_.rbegin(), blocks_.rend(), [&](const Block& block) {
    const std::size_t capacity = block.text.capacity();
    return capacity >= size_bytes && capacity / kBlockSlack <= size_bytes;
  });
  if (found == blocks_.rend()) return {};
  std::string text = std::move(found->text);
  blocks_.erase(std::prev(found.base()));
  kept_size_.fetch_sub(size_of(text), std::memory_order_relaxed);
  give_back(text.capacity());
  return text;
}

void BodyBudget::keep_block(std::string& text, Clock::time_point now) {
  std::string kept = std::exchange(text, {});
  const std::int64_t limit = size_.load(std::memory_order_relaxed) / kKeptDivisor;
  const std::lock_guard lock(blocks_mutex_);
  const std::int64_t kept_size = kept_size_.load(std::memory_order_relaxed) + size_of(kept);
  if (kept_size > limit || !try_take_left(kept.capacity())) return;
  kept.clear();
  kept_size_.store(kept_size, std::memory_order_relaxed);
  blocks_.push_back({.text = std::move(kept), .kept_since = now});
}

void BodyBudget::free_idle_blocks(Clock::time_point now) {
  if (kept_size_.load(std::memory_order_relaxed) == 0) return;
  const std::lock_guard lock(blocks_mutex_);
  std::erase_if(blocks_, [&](const Block& block) {
    if (now - block.kept_since < kBlockLife) return false;
    kept_size_.fetch_sub(size_of(block.text), std::memory_order_relaxed);
    give_back(block.text.capacity());
    return true;
  });
}

// Returns whether there were any.
bool BodyBudget::free_blocks() {
  const std::lock_guard lock(blocks_mutex_);
  if (blocks_.empty()) return false;
  blocks_.clear();
  give_back(static_cast<std::size_t>(kept_size_.exchange(0, std::memory_order_relaxed)));
  return true;
}

void BodyShare::make_room(std::string& body, std::size_t size_bytes) {
  if (size_bytes <= body.capacity()) return;
  if (size_bytes > kKeptBodySize) {
    std::string block = budget_.take_block(size_bytes);
    block += body;
    body = std::move(block);
  }
  body.reserve(size_bytes);
}

void BodyShare::end(std::string& body) {
  release();
  body.clear();
  if (body.capacity() > kKeptBodySize) budget_.keep_block(body);
}

}  // namespace ml_inference
