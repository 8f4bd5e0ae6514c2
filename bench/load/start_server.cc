// SPDX-License-Identifier: MIT
// start_server: starts a server, measures how long it takes to its first answer, and keeps it.
//
// The clock runs from just before fork() until the whole of the first answer with status 200 has
// arrived. The address is tried every 0.2 ms. Then one JSON line {"pid":…,"first_answer_ms":…} goes
// to stdout, and the server lives until stdin is closed: whatever becomes of the caller, no server
// is left behind. Used by bench/harness.
#include "load/answer_reader.h"
#include "load/clock.h"
#include "load/http_target.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <poll.h>
#include <sched.h>
#include <string>
#include <string_view>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace ml_inference {
namespace {

struct Launch {
  std::uint16_t port = 8000;
  std::string body_file;
  std::string path = "/predict";
  std::string log_file;                 // the server's stdout; its stderr goes to log_file.stderr
  std::vector<std::string> join_files;  // cgroup.procs files that the server joins before exec
  std::vector<int> cpus;                // the CPUs that it may use; empty is all
  double timeout_seconds = 60;
  std::vector<std::string> command;
};

// Between fork and exec a failure has no other way out than the exit code and stderr.
[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  _exit(127);
}

void redirect(const std::string& file, int descriptor) {
  const int opened = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0644);
  if (opened < 0 || dup2(opened, descriptor) < 0) give_up(file.c_str());
  close(opened);
}

[[noreturn]] void become_server(const Launch& launch) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (!launch.cpus.empty()) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (const int cpu : launch.cpus) CPU_SET(static_cast<std::size_t>(cpu), &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) give_up("sched_setaffinity");
  }
  for (const std::string& file : launch.join_files) {
    const int procs = open(file.c_str(), O_WRONLY | O_CLOEXEC);
    if (procs < 0 || write(procs, "0", 1) != 1) give_up(file.c_str());
    close(procs);
  }
  const int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, STDIN_FILENO);
  redirect(launch.log_file, STDOUT_FILENO);
  redirect(launch.log_file + ".stderr", STDERR_FILENO);
  std::vector<char*> arguments;
  for (const std::string& argument : launch.command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  give_up(arguments[0]);
}

// A blocking connection; -1 when nobody listens there.
int connect_to(std::uint16_t port) {
  const SocketAddress address = loopback_address(port);
  const int descriptor = socket(address.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -1;
  if (connect(descriptor, reinterpret_cast<const sockaddr*>(&address.bytes), address.size) == 0) {
    return descriptor;
  }
  close(descriptor);
  return -1;
}

// Reads until the answer is whole; true when its status is 200.
bool reads_success(int connection, std::uint64_t until_ns) {
  AnswerReader reader(false);
  for (std::uint64_t now = now_ns(); now < until_ns; now = now_ns()) {
    pollfd wanted{.fd = connection, .events = POLLIN, .revents = 0};
    if (poll(&wanted, 1, static_cast<int>((until_ns - now) / 1'000'000 + 1)) <= 0) continue;
    std::array<char, 4096> block;
    const ssize_t size = recv(connection, block.data(), block.size(), 0);
    const auto status = size > 0
                            ? reader.feed({block.data(), static_cast<std::size_t>(size)}).status
                            : reader.end();
    if (status == AnswerReader::Status::done) return reader.status() == 200;
    if (size <= 0 || status != AnswerReader::Status::need_more) return false;
  }
  return false;
}

// True when `request` gets a whole answer with status 200 before `until_ns`.
bool is_answered(std::uint16_t port, const std::string& request, std::uint64_t until_ns) {
  const int connection = connect_to(port);
  if (connection < 0) return false;
  const bool answered = ::send(connection, request.data(), request.size(), MSG_NOSIGNAL) > 0 &&
                        reads_success(connection, until_ns);
  close(connection);
  return answered;
}

Result<double> wait_for_first_answer(const Launch& launch, const std::string& request, pid_t server,
                                     std::uint64_t started_ns) {
  const std::uint64_t until = started_ns + static_cast<std::uint64_t>(launch.timeout_seconds * 1e9);
  while (now_ns() < until) {
    if (is_answered(launch.port, request, until)) {
      return static_cast<double>(now_ns() - started_ns) * 1e-6;
    }
    int status = 0;
    if (waitpid(server, &status, WNOHANG) == server) {
      return fail(Code::unavailable,
                  fmt::format("start: {} ended before it answered, see {}.stderr",
                              launch.command[0], launch.log_file));
    }
    const timespec pause{.tv_sec = 0, .tv_nsec = 200'000};
    nanosleep(&pause, nullptr);
  }
  return fail(Code::deadline_exceeded, fmt::format("start: {} gave no answer within {} s",
                                                   launch.command[0], launch.timeout_seconds));
}

// Waits until the caller closes stdin, or the server ends by itself; that it did is an error.
Result<void> keep(const Launch& launch, pid_t server) {
  const int handle = static_cast<int>(syscall(SYS_pidfd_open, server, 0));
  std::array<pollfd, 2> wanted{pollfd{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
                               pollfd{.fd = handle, .events = POLLIN, .revents = 0}};
  while (poll(wanted.data(), wanted.size(), -1) < 0 && errno == EINTR) {
  }
  if (wanted[1].revents != 0) {
    return fail(Code::unavailable, fmt::format("run: {} ended by itself, see {}.stderr",
                                               launch.command[0], launch.log_file));
  }
  return {};
}

Result<void> start(const Launch& launch) {
  std::ifstream file(launch.body_file, std::ios::binary);
  if (!file) return fail(Code::not_found, fmt::format("{}: cannot be opened", launch.body_file));
  const std::string body(std::istreambuf_iterator<char>(file), {});
  const HttpTarget target{.host = "127.0.0.1", .authority = "127.0.0.1", .path = launch.path};
  const std::string request = post_request(target, body, {}, true);
  prctl(PR_SET_TIMERSLACK, 1UL);
  const std::uint64_t started = now_ns();
  const pid_t server = fork();
  if (server < 0) return fail(Code::internal, "fork failed");
  if (server == 0) become_server(launch);

  const auto first_answer = wait_for_first_answer(launch, request, server, started);
  Result<void> kept;
  if (first_answer) {
    fmt::print("{{\"pid\":{},\"first_answer_ms\":{:.3f}}}\n", server, *first_answer);
    std::fflush(stdout);
    kept = keep(launch, server);
  }
  kill(-server, SIGKILL);
  waitpid(server, nullptr, 0);
  return first_answer ? kept : std::unexpected(first_answer.error());
}

}  // namespace
}  // namespace ml_inference

int main(int argc, char** argv) {
  ml_inference::Launch launch;
  CLI::App app(
      "Starts a server, prints the time to its first answer, keeps it until stdin closes.");
  app.add_option("--port", launch.port, "where the server will listen")->required();
  app.add_option("--body", launch.body_file, "file with the JSON body to post")->required();
  app.add_option("--log", launch.log_file, "file for the server's stdout")->required();
  app.add_option("--path", launch.path, "path to post to")->capture_default_str();
  app.add_option("--join", launch.join_files, "cgroup.procs file that the server joins first");
  app.add_option("--cpu", launch.cpus, "CPU that the server may use (all)");
  app.add_option("--timeout-seconds", launch.timeout_seconds, "when to give up")
      ->capture_default_str();
  app.footer("The server's command follows after --.");
  char** const separator = std::find(argv, argv + argc, std::string_view("--"));
  CLI11_PARSE(app, static_cast<int>(separator - argv), argv);
  if (separator != argv + argc) launch.command.assign(separator + 1, argv + argc);
  if (launch.command.empty()) {
    fmt::print(stderr, "start_server: no command after --\n");
    return 2;
  }

  if (const auto started = ml_inference::start(launch); !started) {
    fmt::print(stderr, "start_server: {}\n", started.error().message);
    return 1;
  }
  return 0;
}
