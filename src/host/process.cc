// SPDX-License-Identifier: MIT
#include "host/process.h"

#include "host/small_file.h"

#include <array>
#include <charconv>
#include <dirent.h>
#include <memory>
#include <sys/resource.h>
#include <sys/stat.h>
#include <system_error>
#include <time.h>
#include <unistd.h>

namespace ml_inference {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double clock_seconds(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// From the two clocks rather than from btime of /proc/stat, a file that grows with the CPUs and the
// interrupts of the machine. Asked once: later the wall clock may have been set.
double start_time_seconds(std::uint64_t start_ticks) {
  static const double start =
      clock_seconds(CLOCK_REALTIME) - clock_seconds(CLOCK_BOOTTIME) +
      static_cast<double>(start_ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  return start;
}

struct DirectoryClose {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

std::optional<std::uint64_t> count_open_fds() {
  constexpr const char* kPath = "/proc/self/fd";
  struct stat facts{};
  // Since Linux 6.2 the directory's size is the number of open files.
  if (::stat(kPath, &facts) == 0 && facts.st_size > 0) {
    return static_cast<std::uint64_t>(facts.st_size);
  }
  const std::unique_ptr<DIR, DirectoryClose> directory(::opendir(kPath));
  if (directory == nullptr) return std::nullopt;
  std::uint64_t count = 0;
  while (const dirent* entry = ::readdir(directory.get())) {
    if (entry->d_name[0] != '.') ++count;
  }
  return count > 0 ? count - 1 : 0;  // one of them is this directory's
}

std::optional<std::uint64_t> max_fd_count() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return std::nullopt;
  return limit.rlim_cur;
}

}  // namespace

ProcessFacts read_process_facts() {
  ProcessFacts facts{.cpu_seconds = cpu_seconds(),
                     .open_fd_count = count_open_fds(),
                     .max_fd_count = max_fd_count()};
  SmallFile file;
  if (const auto stat = parse_process_stat(file.read("/proc/self/stat"))) {
    facts.resident_memory_bytes =
        stat->resident_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    facts.virtual_memory_bytes = stat->virtual_memory_bytes;
    facts.start_time_seconds = start_time_seconds(stat->start_ticks);
    facts.thread_count = stat->thread_count;
  }
  return facts;
}

std::optional<ProcessStat> parse_process_stat(std::string_view text) {
  // "pid (command) state ...": the command may hold spaces and parentheses, so its last one counts.
  const std::size_t command_end = text.rfind(") ");
  if (command_end == std::string_view::npos) return std::nullopt;
  text.remove_prefix(command_end + 2);

  // Fields have numbers from 1 in the manual; the first one after the command is 3.
  constexpr std::size_t kFirst = 3;
  constexpr std::size_t kThreads = 20, kStart = 22, kVirtual = 23, kResident = 24;
  std::array<std::uint64_t, kResident + 1> fields{};
  for (std::size_t field = kFirst; field <= kResident; ++field) {
    const std::size_t end = text.find(' ');
    const std::string_view word = text.substr(0, end);
    const auto [rest, error] =
        std::from_chars(word.data(), word.data() + word.size(), fields[field]);
    const bool number = error == std::errc() && rest == word.data() + word.size();
    if (field >= kThreads && field != kThreads + 1 && !number) return std::nullopt;
    if (end == std::string_view::npos) return std::nullopt;  // fields after 24 always follow
    text.remove_prefix(end + 1);
  }
  return ProcessStat{.thread_count = fields[kThreads],
                     .start_ticks = fields[kStart],
                     .virtual_memory_bytes = fields[kVirtual],
                     .resident_pages = fields[kResident]};
}

}  // namespace ml_inference
