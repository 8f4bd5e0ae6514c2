// SPDX-License-Identifier: MIT
#include "model/shared_leaves.h"

#include "base/assert.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace ml_inference {
namespace {

// After so many leaves it is clear whether looking for equal ones pays.
constexpr std::size_t kTrialCount = 16'384;

// Where an entry may stand behind its place. Leaves that were made to meet in one place do not make
// looking them up slower than this: those that find no room are not shared.
constexpr std::size_t kProbeCount = 16;

__extension__ using Wide = unsigned __int128;

// Of the bits of the numbers: the halves of each product have something of all bits of two numbers,
// and no product waits for another one.
std::uint64_t hash_of(std::span<const double> values) {
  constexpr std::uint64_t kFirst = 0x9E3779B97F4A7C15;   // 2^64 / golden ratio
  constexpr std::uint64_t kSecond = 0xC2B2AE3D27D4EB4F;  // odd, with as many ones as zeros
  std::uint64_t hash = 0;
  std::uint64_t place = kSecond;
  for (std::size_t index = 0; index < values.size(); index += 2, place += kFirst) {
    const auto first = std::bit_cast<std::uint64_t>(values[index]);
    const auto second =
        index + 1 < values.size() ? std::bit_cast<std::uint64_t>(values[index + 1]) : 0;
    const Wide product = Wide{first ^ kFirst} * (second ^ place);
    hash += static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }
  return hash;
}

}  // namespace

void SharedLeaves::reserve(std::size_t leaf_count) {
  if (are_shared_) entries_.reserve(leaf_count);
  values_.reserve(leaf_count * width_);
}

void SharedLeaves::add(std::span<const double> values) {
  ASSERT(values.size() == width_);
  if (!are_shared_) {
    values_.insert(values_.end(), values.begin(), values.end());
    return;
  }
  entries_.push_back(share(values));
  if (entries_.size() > kTrialCount && entry_count() > entries_.size() / 4) stop_sharing();
}

std::uint32_t SharedLeaves::append(std::span<const double> values) {
  const auto entry = static_cast<std::uint32_t>(entry_count());
  values_.insert(values_.end(), values.begin(), values.end());
  return entry;
}

std::uint32_t SharedLeaves::share(std::span<const double> values) {
  if (slots_.size() < 2 * (entry_count() + 1)) grow_slots();
  const std::uint64_t hash = hash_of(values);
  const auto kept = static_cast<std::uint32_t>(hash >> 32);
  for (std::size_t probe = 0; probe < kProbeCount; ++probe) {
    Slot& slot = slots_[(hash + probe) % slots_.size()];
    if (slot.entry == kNone) {
      slot = {.hash = kept, .entry = append(values)};
      return slot.entry;
    }
    if (slot.hash != kept) continue;
    const std::span<const double> known = of_entry(slot.entry);
    if (std::memcmp(known.data(), values.data(), values.size_bytes()) == 0) return slot.entry;
  }
  return append(values);
}

void SharedLeaves::grow_slots() {
  constexpr std::size_t kLeastCount = 64;
  const std::size_t count = std::max(2 * slots_.size(), kLeastCount);
  slots_.assign(count, {});
  for (std::uint32_t entry = 0; entry < entry_count(); ++entry) {
    const std::uint64_t hash = hash_of(of_entry(entry));
    for (std::size_t probe = 0; probe < kProbeCount; ++probe) {
      Slot& slot = slots_[(hash + probe) % count];
      if (slot.entry != kNone) continue;
      slot = {.hash = static_cast<std::uint32_t>(hash >> 32), .entry = entry};
      break;
    }
  }
}

void SharedLeaves::stop_sharing() {
  LargeVector<double> values;
  values.reserve(std::max(values_.capacity(), entries_.size() * width_));
  for (const std::uint32_t entry : entries_) {
    const std::span<const double> of_leaf = of_entry(entry);
    values.insert(values.end(), of_leaf.begin(), of_leaf.end());
  }
  values_ = std::move(values);
  entries_ = {};
  are_shared_ = false;
  slots_ = {};
}

void SharedLeaves::finish() {
  const std::size_t size_apart = leaf_count() * width_ * sizeof(double);
  if (are_shared_ && memory_size() >= size_apart) stop_sharing();
  slots_ = {};
  moved_values_ = {};
  moved_entries_ = {};
}

void SharedLeaves::reorder(std::size_t first, std::span<const std::uint32_t> order) {
  ASSERT(first + order.size() == leaf_count());
  if (are_shared_) {
    const std::span entries = std::span(entries_).subspan(first);
    moved_entries_.assign(entries.begin(), entries.end());
    std::ranges::transform(order, entries.begin(),
                           [&](std::uint32_t leaf) { return moved_entries_[leaf - first]; });
    return;
  }
  const std::span values = std::span(values_).subspan(first * width_);
  moved_values_.assign(values.begin(), values.end());
  for (std::size_t leaf = 0; leaf < order.size(); ++leaf) {
    std::copy_n(&moved_values_[(order[leaf] - first) * width_], width_, &values[leaf * width_]);
  }
}

bool SharedLeaves::operator==(const SharedLeaves& other) const {
  if (width_ != other.width_ || leaf_count() != other.leaf_count()) return false;
  for (std::size_t leaf = 0; leaf < leaf_count(); ++leaf) {
    if (!std::ranges::equal(of(leaf), other.of(leaf))) return false;
  }
  return true;
}

}  // namespace ml_inference
