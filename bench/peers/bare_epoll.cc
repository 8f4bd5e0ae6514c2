// SPDX-License-Identifier: MIT
// bare_epoll PORT [THREADS]: the least that an HTTP server on epoll can do for a request.
//
// One epoll loop a thread, each with a listener of its own (SO_REUSEPORT); for a request one read,
// a naive search for the end of headers and body, and one write of a constant answer: the
// reference's prediction with the two headers that a JSON client needs. No time-outs, no limits, no
// logs, no errors: a floor to measure servers against, not a server.
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <unordered_map>
#include <vector>

namespace {

constexpr std::string_view kBody =
    R"({"prediction":"setosa","prediction_index":0,)"
    R"("probabilities":{"setosa":1.0,"versicolor":0.0,"virginica":0.0},"confidence":1.0})";

const std::string kAnswer =
    fmt::format("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{}",
                kBody.size(), kBody);

// The size of the request that `bytes` begin with, or 0 while it is incomplete.
std::size_t request_size(std::string_view bytes) {
  const std::size_t head_end = bytes.find("\r\n\r\n");
  if (head_end == std::string_view::npos) return 0;
  std::size_t length = 0;
  const std::string_view name = "\r\nContent-Length: ";
  if (const std::size_t at = bytes.find(name); at < head_end) {
    length = std::strtoul(bytes.data() + at + name.size(), nullptr, 10);
  }
  const std::size_t size = head_end + 4 + length;
  return bytes.size() < size ? 0 : size;
}

int listener_on(unsigned short port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(listener, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener, 1024) != 0) {
    std::perror("bare_epoll");
    std::exit(1);
  }
  return listener;
}

void watch(int epoll, int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = descriptor;
  epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

// Reads what is there and answers each whole request in it; false when the connection is over.
bool serve(int connection, std::string& received) {
  std::array<char, 4096> block;
  const ssize_t size = read(connection, block.data(), block.size());
  if (size <= 0) return false;
  received.append(block.data(), static_cast<std::size_t>(size));
  while (const std::size_t request = request_size(received)) {
    received.erase(0, request);
    if (write(connection, kAnswer.data(), kAnswer.size()) < 0) return false;
  }
  return true;
}

void loop(unsigned short port) {
  const int listener = listener_on(port);
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  watch(epoll, listener);
  std::unordered_map<int, std::string> connections;
  for (std::array<epoll_event, 128> events;;) {
    const int count = epoll_wait(epoll, events.data(), events.size(), -1);
    for (int event = 0; event < count; ++event) {
      const int descriptor = events[static_cast<std::size_t>(event)].data.fd;
      if (descriptor == listener) {
        const int accepted = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (accepted < 0) continue;
        const int on = 1;
        setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        connections[accepted];
        watch(epoll, accepted);
      } else if (!serve(descriptor, connections[descriptor])) {
        connections.erase(descriptor);
        close(descriptor);
      }
    }
  }
}

unsigned granted_cpu_count() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof set, &set) == 0 ? static_cast<unsigned>(CPU_COUNT(&set)) : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: bare_epoll PORT [THREADS]\n", stderr);
    return 2;
  }
  const auto port = static_cast<unsigned short>(std::strtoul(argv[1], nullptr, 10));
  const auto threads = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : granted_cpu_count();
  std::vector<std::jthread> others;
  for (unsigned long thread = 1; thread < threads; ++thread) others.emplace_back(loop, port);
  loop(port);
}
