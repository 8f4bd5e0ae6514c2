// SPDX-License-Identifier: MIT
// Waits until something changes below a folder, as far as the kernel tells of it.
//
// Source: Linux, inotify(7), eventfd(2).
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace ml_inference {

/// What ended a wait.
enum class TreeNews {
  nothing,  ///< the time is over
  woken,    ///< by wake()
  changed   ///< a file was written and closed, or a name came, went or moved
};

/// inotify on a folder and on the folders in it, down to two levels. A volume of a network gives
/// no events of what another machine does, and a kernel may have no more watches to give: whoever
/// has to know looks again from time to time, too.
/// Threads: wake() from any; all else belongs to one.
class TreeWatch {
 public:
  /// Folders that are watched; of the rest the pauses between looks must do.
  static constexpr std::size_t kFolderCountMax = 4096;

  /// A machine that refuses two more file descriptors ends the process (assertion).
  explicit TreeWatch(std::string root);
  TreeWatch(const TreeWatch&) = delete;
  TreeWatch& operator=(const TreeWatch&) = delete;
  ~TreeWatch();

  /// Watches what is there now: to be called before looking at the tree, so that a change in
  /// between is told. Returns why not all of it is watched, empty where it is.
  [[nodiscard]] std::string renew();

  /// Waits. heeds_changes  whether a change ends the wait; otherwise it stays for the next.
  [[nodiscard]] TreeNews wait(std::chrono::milliseconds limit, bool heeds_changes);

  /// Ends the wait that is under way, or the next one.
  void wake() const;

 private:
  // Whether there is a watch on the folder.
  [[nodiscard]] bool add(const std::string& folder) const;
  void drain_changes() const;

  const std::string root_;
  const int changes_;  // inotify; -1 where the kernel has none to give
  const int wakes_;    // eventfd
};

}  // namespace ml_inference
