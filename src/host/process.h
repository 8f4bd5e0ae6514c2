// SPDX-License-Identifier: MIT
// What this process has used, from /proc/self and getrusage.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ml_inference {

/// One reading. A fact is absent when /proc does not give it here.
struct ProcessFacts {
  double cpu_seconds = 0;  ///< user and system time of all threads, ended ones too
  std::optional<std::uint64_t> resident_memory_bytes;
  std::optional<std::uint64_t> virtual_memory_bytes;
  std::optional<std::uint64_t> open_fd_count;
  std::optional<std::uint64_t> max_fd_count;  ///< soft limit; absent when unlimited
  std::optional<double> start_time_seconds;   ///< Unix time; the same in each reading
  std::optional<std::uint64_t> thread_count;
};

/// Reads the facts of the calling process. Costs some system calls (and, on Linux before 6.2, one
/// directory entry per open file): meant for each scrape.
/// Threads: any.
[[nodiscard]] ProcessFacts read_process_facts();

/// The fields that we use of /proc/PID/stat.
struct ProcessStat {
  std::uint64_t thread_count = 0;
  std::uint64_t start_ticks = 0;  ///< after boot, in clock ticks
  std::uint64_t virtual_memory_bytes = 0;
  std::uint64_t resident_pages = 0;
};

/// Nothing when `text` breaks the format of proc_pid_stat(5). The command's name may hold any
/// bytes.
[[nodiscard]] std::optional<ProcessStat> parse_process_stat(std::string_view text);

}  // namespace ml_inference
