// SPDX-License-Identifier: MIT
// What an operator can say of a repository, and what the program around it gives it.
#pragma once

#include "base/byte_units.h"
#include "base/result.h"
#include "serving/repository/version_policy.h"
#include "serving/served_model.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>

namespace ml_inference {

/// Who decides what is loaded. The names are Triton's.
enum class ControlMode {
  poll,  ///< the folder: it is watched
  none,  ///< the folder as it is at start
  // NOLINTNEXTLINE(readability-identifier-naming): the bare word is C++'s
  explicit_  ///< the API, and RepositoryOptions::load_at_start
};

/// Uploaded files of one call.
inline constexpr std::size_t kUploadSizeMax = 256 * kMebibyte;
inline constexpr std::size_t kUploadFileCountMax = 64;

struct RepositoryOptions {
  std::string root;
  std::string own_name;  ///< of the only model, where the root is one; empty: the root's name
  ControlMode mode = ControlMode::poll;
  std::chrono::milliseconds poll_pause{10'000};  ///< between looks without an event
  std::chrono::milliseconds settle_pause{250};   ///< files that stay the same so long are whole
  VersionPolicy policy;                          ///< where config.pbtxt has none
  std::string default_model;            ///< answers when none is named; empty: the only one
  std::set<std::string> load_at_start;  ///< explicit_
  std::set<std::string> optional;       ///< models that readiness does not wait for
  bool allows_upload = false;           ///< explicit_
};

/// What stands in another room. Empty functions are left out.
struct RepositoryDoors {
  /// Compares the golden rows beside a file; for people, what it saw, empty for none.
  std::function<Result<std::string>(const ServedModel& model, const std::string& path)> verify;

  /// Bytes until the limit of the process's memory; nothing where there is none.
  std::function<std::optional<std::uint64_t>()> memory_left;

  /// Gives the heap's free memory back to the system.
  std::function<void()> give_back_memory;

  /// Waits so long for news of the folder or for wake(): true for a change, which ends the wait
  /// only where it is heeded. On the repository's thread.
  std::function<bool(std::chrono::milliseconds limit, bool heeds_changes)> wait;

  /// Ends a wait, or the next one; from any thread.
  std::function<void()> wake;

  /// Watches the folders that are there now; before each look. Why not, or nothing.
  std::function<std::string()> renew_watch;
};

}  // namespace ml_inference
