// SPDX-License-Identifier: MIT
#include "telemetry/testing/scripted_receiver.h"

#include "base/assert.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace ml_inference::testing {
namespace {

// Whether header and body are there.
bool is_whole(const std::string& request) {
  const std::size_t header_end = request.find("\r\n\r\n");
  const std::size_t length_at = request.find("Content-Length: ");
  if (header_end == std::string::npos || length_at == std::string::npos) return false;
  return request.size() >= header_end + 4 + std::stoul(request.substr(length_at + 16));
}

}  // namespace

std::string http_answer(const std::string& status, const std::string& body,
                        const std::string& header) {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         (header.empty() ? "" : header + "\r\n") + "\r\n" + body;
}

ScriptedReceiver::ScriptedReceiver(std::vector<std::string> answers)
    : answers_(std::move(answers)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  const bool listens = ::bind(listener_, any, size) == 0 && ::listen(listener_, 16) == 0 &&
                       ::getsockname(listener_, any, &size) == 0;
  ASSERT(listens);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

ScriptedReceiver::~ScriptedReceiver() {
  ::shutdown(listener_, SHUT_RDWR);  // ends accept()
  thread_.join();
  ::close(listener_);
  for (const int connection : hanging_) ::close(connection);
}

std::vector<std::string> ScriptedReceiver::requests(std::size_t count) {
  std::unique_lock lock(mutex_);
  news_.wait_for(lock, std::chrono::seconds(30), [&] { return requests_.size() >= count; });
  return requests_;
}

void ScriptedReceiver::serve() {
  for (int connection = 0; (connection = ::accept(listener_, nullptr, nullptr)) >= 0;) {
    take(connection);
  }
}

void ScriptedReceiver::take(int connection) {
  std::string request;
  std::array<char, 65536> part;
  while (!is_whole(request)) {
    const ssize_t size = ::recv(connection, part.data(), part.size(), 0);
    if (size <= 0) break;
    request.append(part.data(), static_cast<std::size_t>(size));
  }
  std::string answer;
  {
    const std::lock_guard lock(mutex_);
    answer = answers_[std::min(requests_.size(), answers_.size() - 1)];
    requests_.push_back(std::move(request));
  }
  news_.notify_all();
  if (answer == kHang) {
    hanging_.push_back(connection);
    return;
  }
  // A client that is gone is what some tests are about.
  static_cast<void>(::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL));
  ::close(connection);
}

}  // namespace ml_inference::testing
