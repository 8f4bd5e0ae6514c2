// SPDX-License-Identifier: MIT
#include "formats/digest_beside.h"

#include "base/assert.h"
#include "base/digest.h"

#include <algorithm>
#include <limits>
#include <system_error>
#include <tuple>
#include <utility>

namespace ml_inference {
namespace {

constexpr std::size_t kGivenUp = std::numeric_limits<std::size_t>::max();

// A millisecond's work: how soon giving up is seen.
constexpr std::size_t kPieceSize = std::size_t{1} << 20;

}  // namespace

DigestBeside::DigestBeside(std::string_view bytes) : bytes_(bytes) {
  try {
    thread_ = std::jthread([this] { run(); });
  } catch (const std::system_error&) {
    // No thread to be had: text() does without.
  }
}

DigestBeside::~DigestBeside() { announce(kGivenUp); }

void DigestBeside::announce(std::size_t count) {
  announced_.store(count, std::memory_order_release);
  announced_.notify_one();
}

void DigestBeside::run() {
  Sha256 digest;
  std::size_t done = 0;
  while (done < bytes_.size()) {
    announced_.wait(done, std::memory_order_acquire);
    const std::size_t announced = announced_.load(std::memory_order_acquire);
    if (announced == kGivenUp) return;
    const std::size_t size = std::min(announced - done, kPieceSize);
    digest.add(bytes_.substr(done, size));
    done += size;
  }
  text_ = hex_digits(digest.take(), 2 * std::tuple_size_v<Digest>);
}

std::string DigestBeside::text() {
  ASSERT(announced_.load(std::memory_order_relaxed) == bytes_.size());
  if (!thread_.joinable()) return sha256_text(bytes_);
  thread_.join();
  return std::move(text_);
}

}  // namespace ml_inference
