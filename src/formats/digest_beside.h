// SPDX-License-Identifier: MIT
// The digest of a file that is being read and made a model of meanwhile.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>
#include <thread>

namespace ml_inference {

/// Digests bytes on a thread of its own as soon as they are there: a digest of half a gigabyte
/// takes longer than all of its reading. Where no thread can be had, text() does all of it.
/// Threads: belongs to one, and has another.
class DigestBeside {
 public:
  /// bytes  what will be there, announced piece by piece. Outlives this.
  explicit DigestBeside(std::string_view bytes);
  DigestBeside(const DigestBeside&) = delete;
  DigestBeside& operator=(const DigestBeside&) = delete;

  /// Ends the thread soon, whatever it has done.
  ~DigestBeside();

  /// So many bytes are there from the first one on, and change no more. Never fewer than before.
  void announce(std::size_t count);

  /// SHA-256 of all bytes, which have been announced (ASSERT), in hexadecimal. Waits for it. Once.
  [[nodiscard]] std::string text();

 private:
  void run();

  std::string_view bytes_;
  std::atomic<std::size_t> announced_ = 0;  // or kGivenUp
  std::string text_;
  std::jthread thread_;
};

}  // namespace ml_inference
