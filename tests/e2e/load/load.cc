// SPDX-License-Identifier: MIT
// A small, bounded load generator for the end-to-end test, and two helpers for an image without a
// shell.
//
//   load send --host HOST [--port 80] [--seconds 30] [--requests 100000] [--rate 100]
//             [--kept 4] [--fresh 4] [--rows 1]
//   load show FILE...     prints "path: contents" of those files that exist, or a link's target
//   load stop             tells process 1 of this container to stop and report
//   load kill PID         ends that process by SIGKILL, even when it is process 1 of its namespace
//   load fill MIB         takes so much memory, holds it for ten seconds, and ends
//
// `send` posts the same prediction from `kept` clients, each on one connection for as long as the
// server keeps it, and from `fresh` clients, each request on a connection of its own. `rate` is
// requests a second of all clients together, 0 for as fast as answers come. It ends after `seconds`
// or `requests`, or at SIGTERM, whichever is first, and prints one JSON object. A request that is
// not answered with 200 and a prediction has failed; none is sent twice.
#include <algorithm>
#include <arpa/inet.h>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <string>
#include <string_view>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr int kTimeoutSeconds = 10;            // longer than any answer under a 100 ms CFS period
constexpr std::size_t kResponseMax = 1 << 22;  // bytes; a longer response is a fault
constexpr std::size_t kFailuresShown = 5;      // a client that cannot connect would fill the report

std::atomic<bool> stop_asked = false;  // set by the signal handler; lock-free

struct Options {
  std::string host;
  std::string port = "80";
  double seconds = 30;
  long requests = 100'000;
  double rate = 100;
  int kept = 4;
  int fresh = 4;
  int rows = 1;
};

/// What one client, or all of one kind together, have seen.
struct Tally {
  long sent = 0;
  long failed = 0;
  long connections = 0;
  std::vector<float> latencies_ms;
  std::map<std::string, long> failures;

  void fail(const std::string& why) {
    ++failed;
    ++failures[why];
  }
  void add(const Tally& other) {
    sent += other.sent;
    failed += other.failed;
    connections += other.connections;
    latencies_ms.insert(latencies_ms.end(), other.latencies_ms.begin(), other.latencies_ms.end());
    for (const auto& [why, count] : other.failures) failures[why] += count;
  }
};

std::string because(const char* step) { return std::string(step) + ": " + std::strerror(errno); }

/// One connection to the service. Every wait ends after kTimeoutSeconds.
class Connection {
 public:
  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { close(); }

  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

  /// Whether the next request can use it. An idle connection that has become readable was ended by
  /// the server: seeing that before sending is what every pooling client does.
  bool usable() const {
    if (socket_ < 0) return false;
    pollfd idle{socket_, POLLIN, 0};
    return ::poll(&idle, 1, 0) == 0;
  }

  /// Connects; the answer is empty, or says what went wrong.
  std::string open(const addrinfo& address) {
    close();
    socket_ = ::socket(address.ai_family, SOCK_STREAM, 0);
    if (socket_ < 0) return because("socket");
    const timeval limit{kTimeoutSeconds, 0};
    const int yes = 1;
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (::connect(socket_, address.ai_addr, address.ai_addrlen) != 0) return because("connect");
    return "";
  }

  /// Sends `request` and reads one response; the answer is empty when it is a prediction.
  std::string exchange(std::string_view request) {
    for (std::size_t at = 0; at < request.size();) {
      const ssize_t n = ::send(socket_, request.data() + at, request.size() - at, MSG_NOSIGNAL);
      if (n <= 0) return because("send");
      at += static_cast<std::size_t>(n);
    }
    return read_response();
  }

 private:
  std::string receive(std::string& response) {
    char buffer[16384];
    const ssize_t n = ::recv(socket_, buffer, sizeof buffer, 0);
    if (n < 0) return because("receive");
    if (n == 0) return response.empty() ? "closed without a response" : "closed within a response";
    response.append(buffer, static_cast<std::size_t>(n));
    return response.size() > kResponseMax ? "response too long" : "";
  }

  std::string read_response() {
    std::string response;
    std::size_t head = std::string::npos;
    while ((head = response.find("\r\n\r\n")) == std::string::npos) {
      if (const std::string trouble = receive(response); !trouble.empty()) return trouble;
    }
    std::string fields = response.substr(0, head + 2);
    std::ranges::transform(fields, fields.begin(), [](unsigned char c) { return std::tolower(c); });
    const std::size_t length = fields.find("\r\ncontent-length:");
    if (length == std::string::npos) return "response without content-length";
    const std::size_t end =
        head + 4 +
        std::strtoul(fields.c_str() + length + std::strlen("\r\ncontent-length:"), nullptr, 10);
    while (response.size() < end) {
      if (const std::string trouble = receive(response); !trouble.empty()) return trouble;
    }
    if (fields.find("\r\nconnection: close\r\n") != std::string::npos) close();
    if (!response.starts_with("HTTP/1.1 200 ")) return "status " + response.substr(9, 3);
    return response.find("\"setosa\"", head) == std::string::npos ? "200 without a prediction" : "";
  }

  int socket_ = -1;
};

std::string request_text(const Options& options, bool keep) {
  const std::string row = "[5.1,3.5,1.4,0.2]";
  std::string features = row;
  if (options.rows > 1) {
    features = "[" + row;
    for (int i = 1; i < options.rows; ++i) features += "," + row;
    features += "]";
  }
  const std::string body = "{\"features\":" + features + "}";
  return "POST /predict HTTP/1.1\r\nHost: " + options.host +
         "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         (keep ? "" : "\r\nConnection: close") + "\r\n\r\n" + body;
}

/// The clients' common limits: when to end, and how many requests are left to send.
struct Budget {
  Clock::time_point end;
  std::atomic<long> requests_left;

  bool over() const { return stop_asked || Clock::now() >= end; }
};

/// Sleeps until `when`, and looks up often enough to end promptly.
void wait_until(Clock::time_point when, const Budget& budget) {
  while (!budget.over() && Clock::now() < when) {
    std::this_thread::sleep_until(std::min(when, Clock::now() + std::chrono::milliseconds(50)));
  }
}

/// One client: sends at its own pace until the budget is spent.
void send_requests(const Options& options, const addrinfo& address, bool keep, int place,
                   Budget& budget, Tally& tally) {
  const std::string request = request_text(options, keep);
  const int clients = options.kept + options.fresh;
  const Seconds interval(options.rate > 0 ? clients / options.rate : 0);
  // Clients start one after the other within the first interval, so that they do not send in step.
  auto next =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(interval * place / clients);
  Connection connection;
  for (wait_until(next, budget); !budget.over(); wait_until(next, budget)) {
    if (budget.requests_left.fetch_sub(1) <= 0) return;
    const auto start = Clock::now();
    ++tally.sent;
    std::string trouble;
    if (!keep || !connection.usable()) {
      ++tally.connections;
      trouble = connection.open(address);
    }
    if (trouble.empty()) trouble = connection.exchange(request);
    if (!keep || !trouble.empty()) connection.close();
    if (trouble.empty()) {
      tally.latencies_ms.push_back(
          std::chrono::duration<float, std::milli>(Clock::now() - start).count());
    } else {
      tally.fail(trouble);
      // A refused connection fails at once: without a pause a dead service would eat the budget.
      wait_until(Clock::now() + std::chrono::milliseconds(10), budget);
    }
    next += std::chrono::duration_cast<Clock::duration>(interval);
    next = std::max(next, start);
  }
}

double percentile(const std::vector<float>& sorted, double share) {
  if (sorted.empty()) return 0;
  return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

void print_tally(const char* name, Tally tally) {
  std::ranges::sort(tally.latencies_ms);
  std::printf(
      ",\"%s_sent\":%ld,\"%s_failed\":%ld,\"%s_connections\":%ld,\"%s_p50_ms\":%.2f,"
      "\"%s_p99_ms\":%.2f,\"%s_max_ms\":%.2f",
      name, tally.sent, name, tally.failed, name, tally.connections, name,
      percentile(tally.latencies_ms, 0.5), name, percentile(tally.latencies_ms, 0.99), name,
      percentile(tally.latencies_ms, 1));
}

void print_report(const Tally& kept, const Tally& fresh, double seconds) {
  Tally all = kept;
  all.add(fresh);
  std::printf("{\"seconds\":%.1f,\"sent\":%ld,\"failed\":%ld", seconds, all.sent, all.failed);
  print_tally("kept", kept);
  print_tally("fresh", fresh);
  std::printf(",\"failures\":[");
  std::size_t shown = 0;
  for (const auto& [why, count] : all.failures) {
    if (shown++ == kFailuresShown) break;
    std::printf("%s\"%ld x %s\"", shown > 1 ? "," : "", count, why.c_str());
  }
  std::printf("]}\n");
}

int send(const Options& options) {
  struct sigaction action{};
  action.sa_handler = [](int) { stop_asked = true; };
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGINT, &action, nullptr);

  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* address = nullptr;
  if (const int code =
          ::getaddrinfo(options.host.c_str(), options.port.c_str(), &hints, &address)) {
    std::fprintf(stderr, "load: %s: %s\n", options.host.c_str(), ::gai_strerror(code));
    return 1;
  }
  const auto start = Clock::now();
  Budget budget{start + std::chrono::duration_cast<Clock::duration>(Seconds(options.seconds)),
                options.requests};
  std::vector<Tally> tallies(static_cast<std::size_t>(options.kept + options.fresh));
  std::vector<std::thread> threads;
  for (int i = 0; i < options.kept + options.fresh; ++i) {
    threads.emplace_back([&, i] {
      send_requests(options, *address, i < options.kept, i, budget,
                    tallies[static_cast<std::size_t>(i)]);
    });
  }
  for (std::thread& thread : threads) thread.join();
  ::freeaddrinfo(address);
  Tally kept, fresh;
  for (std::size_t i = 0; i < tallies.size(); ++i) {
    (i < static_cast<std::size_t>(options.kept) ? kept : fresh).add(tallies[i]);
  }
  print_report(kept, fresh, Seconds(Clock::now() - start).count());
  return 0;
}

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
  std::fprintf(stderr, "load: process %d: %s\n", process, because("ptrace").c_str());
  return 1;
}

/// Reads "--name value" pairs; false on anything else.
bool read_options(int count, char** words, Options& options) {
  const std::map<std::string_view, int*> counts{
      {"--kept", &options.kept}, {"--fresh", &options.fresh}, {"--rows", &options.rows}};
  for (int i = 0; i + 1 < count; i += 2) {
    const std::string_view name = words[i];
    const char* value = words[i + 1];
    if (name == "--host") {
      options.host = value;
    } else if (name == "--port") {
      options.port = value;
    } else if (name == "--seconds") {
      options.seconds = std::atof(value);
    } else if (name == "--requests") {
      options.requests = std::atol(value);
    } else if (name == "--rate") {
      options.rate = std::atof(value);
    } else if (const auto found = counts.find(name); found != counts.end()) {
      *found->second = std::atoi(value);
    } else {
      return false;
    }
  }
  return count % 2 == 0 && !options.host.empty() && options.kept + options.fresh > 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view command = argc > 1 ? argv[1] : "";
  Options options;
  if (command == "send" && read_options(argc - 2, argv + 2, options)) return send(options);
  if (command == "show") return show(argc - 2, argv + 2);
  if (command == "stop") return ::kill(1, SIGTERM) == 0 ? 0 : 1;
  if (command == "kill" && argc == 3) return kill_as_the_kernel_does(std::atoi(argv[2]));
  if (command == "fill" && argc == 3) return fill(std::atol(argv[2]));
  std::fprintf(stderr,
               "usage: load send --host HOST [--port 80] [--seconds 30] [--requests 100000] "
               "[--rate 100] [--kept 4] [--fresh 4] [--rows 1] | load show FILE... | load stop "
               "| load kill PID | load fill MIB\n");
  return 2;
}
