// SPDX-License-Identifier: MIT
#include "host/tree_watch.h"

#include "base/assert.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

namespace fs = std::filesystem;

// Not IN_MODIFY: a file that is being written is of no interest before it is closed.
constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_DELETE_SELF |
                                  IN_MOVED_FROM | IN_MOVED_TO | IN_MOVE_SELF | IN_ATTRIB |
                                  IN_ONLYDIR;

constexpr int kLevelCount = 2;

// Folders in a folder, links to folders among them: a ConfigMap's and a volume's are links.
std::vector<std::string> folders_in(const std::string& folder) {
  std::vector<std::string> out;
  std::error_code error;
  fs::directory_iterator next(folder, error);
  for (; !error && next != fs::directory_iterator(); next.increment(error)) {
    if (out.size() == TreeWatch::kFolderCountMax) break;
    if (next->path().filename().string().starts_with('.')) continue;
    std::error_code ignored;  // what cannot be looked at is no folder
    if (next->is_directory(ignored)) out.push_back(next->path().string());
  }
  return out;
}

}  // namespace

TreeWatch::TreeWatch(std::string root)
    : root_(std::move(root)),
      changes_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      wakes_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  ASSERT(wakes_ >= 0);
}

TreeWatch::~TreeWatch() {
  if (changes_ >= 0) ::close(changes_);
  ::close(wakes_);
}

bool TreeWatch::add(const std::string& folder) const {
  return ::inotify_add_watch(changes_, folder.c_str(), kEvents) >= 0;
}

std::string TreeWatch::renew() {
  if (changes_ < 0) return "the kernel gives no inotify to this process";
  if (!add(root_)) return root_ + ": " + std::strerror(errno);
  std::size_t count = 1;
  std::vector<std::string> level{root_};
  for (int depth = 0; depth < kLevelCount; ++depth) {
    std::vector<std::string> next;
    for (const std::string& folder : level) {
      for (std::string& below : folders_in(folder)) {
        if (++count > kFolderCountMax) return root_ + ": too many folders";
        // A folder that went in between needs no watch; one that may not be read cannot have any.
        if (!add(below) && errno == ENOSPC) return root_ + ": the kernel has no more watches";
        next.push_back(std::move(below));
      }
    }
    level = std::move(next);
  }
  return {};
}

TreeNews TreeWatch::wait(std::chrono::milliseconds limit, bool heeds_changes) {
  std::array<pollfd, 2> sources{{{.fd = wakes_, .events = POLLIN, .revents = 0},
                                 {.fd = changes_, .events = POLLIN, .revents = 0}}};
  const auto count = static_cast<nfds_t>(heeds_changes && changes_ >= 0 ? 2 : 1);
  const auto pause = std::clamp<std::chrono::milliseconds::rep>(limit.count(), 0, INT_MAX);
  if (::poll(sources.data(), count, static_cast<int>(pause)) <= 0) return TreeNews::nothing;
  if (sources[0].revents != 0) {
    std::uint64_t wakes = 0;
    static_cast<void>(::read(wakes_, &wakes, sizeof wakes));
    return TreeNews::woken;
  }
  drain_changes();
  return TreeNews::changed;
}

void TreeWatch::drain_changes() const {
  std::array<char, 16384> events;
  while (::read(changes_, events.data(), events.size()) > 0) {
  }
}

void TreeWatch::wake() const {
  const std::uint64_t one = 1;
  static_cast<void>(::write(wakes_, &one, sizeof one));  // full means woken already
}

}  // namespace ml_inference
