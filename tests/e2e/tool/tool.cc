// SPDX-License-Identifier: MIT
// What the end-to-end test needs inside a container without a shell.
//
//   e2e-tool show FILE...     prints "path: contents" of those files that exist, or a link's target
//   e2e-tool stop             tells process 1 of this container to stop and report
//   e2e-tool kill PID         ends that process by SIGKILL, even when it is process 1 of its
//                             namespace
//   e2e-tool fill MIB         takes so much memory, holds it for ten seconds, and ends
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <signal.h>
#include <string>
#include <string_view>
#include <sys/ptrace.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

/// What a file holds, or what a link (such as those of /proc/PID/ns) names; false if there is none.
bool read_file_or_link(const char* path, std::string& text) {
  char target[256];
  if (const ssize_t n = ::readlink(path, target, sizeof target); n > 0) {
    text.assign(target, static_cast<std::size_t>(n));
    return true;
  }
  std::ifstream file(path);
  if (!file) return false;
  text.assign(std::istreambuf_iterator<char>(file), {});
  return true;
}

int show(int count, char** paths) {
  for (int i = 0; i < count; ++i) {
    std::string text;
    if (!read_file_or_link(paths[i], text)) continue;
    std::ranges::replace(text, '\n', ' ');
    while (text.ends_with(' ')) text.pop_back();
    std::printf("%s: %s\n", paths[i], text.c_str());
  }
  return 0;
}

int fill(long mebibytes) {
  // Every byte is written: memory that is only reserved costs a control group nothing.
  const std::vector<char> memory(static_cast<std::size_t>(std::max(mebibytes, 0L)) << 20, 'x');
  std::printf("holding %zu bytes\n", memory.size());
  std::fflush(stdout);
  std::this_thread::sleep_for(std::chrono::seconds(10));
  return 0;
}

/// The kernel keeps process 1 from signals that come from inside its namespace, but not from one
/// that it sends itself when a tracer with EXITKILL ends: see ptrace(2), PTRACE_O_EXITKILL.
int kill_as_the_kernel_does(pid_t process) {
  if (::ptrace(PTRACE_SEIZE, process, nullptr, PTRACE_O_EXITKILL) == 0) return 0;
  std::fprintf(stderr, "e2e-tool: process %d: ptrace: %s\n", process, std::strerror(errno));
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (command == "show") return show(argc - 2, argv + 2);
  if (command == "stop") return ::kill(1, SIGTERM) == 0 ? 0 : 1;
  if (command == "kill" && argc == 3) return kill_as_the_kernel_does(std::atoi(argv[2]));
  if (command == "fill" && argc == 3) return fill(std::atol(argv[2]));
  std::fprintf(stderr, "usage: e2e-tool show FILE... | stop | kill PID | fill MIB\n");
  return 2;
}
