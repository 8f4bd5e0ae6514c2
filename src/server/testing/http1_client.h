// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <cstdint>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>

namespace ml_inference::testing {

/// A plain blocking socket, which gives up after ten seconds instead of waiting for ever.
/// Threads: belongs to one.
class Http1Client {
 public:
  explicit Http1Client(std::uint16_t port)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{kPatienceSeconds, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    is_connected_ =
        ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~Http1Client() { ::close(socket_); }
  Http1Client(const Http1Client&) = delete;
  Http1Client& operator=(const Http1Client&) = delete;

  [[nodiscard]] bool is_connected() const { return is_connected_; }

  void send(std::string_view text) {
    ASSERT_EQ(::send(socket_, text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }

  void get(std::string_view target, std::string_view fields = "") {
    send("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n");
  }

  void end_sending() { ::shutdown(socket_, SHUT_WR); }

  /// Leaves without a word: the server gets a reset.
  void reset() {
    const linger at_once{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(std::exchange(socket_, -1));
  }

  /// Reads until `end` has come, and returns everything up to it; what there is if it never comes.
  std::string read_to(std::string_view end) {
    std::size_t at = received_.find(end);
    while (at == std::string::npos && read_some()) at = received_.find(end);
    const std::size_t size = at == std::string::npos ? received_.size() : at + end.size();
    const std::string text = received_.substr(0, size);
    received_.erase(0, size);
    return text;
  }

  /// One response, with as much body as it says that it has.
  std::string response(bool has_body = true) {
    std::string text = read_to("\r\n\r\n");
    constexpr std::string_view kLength = "Content-Length: ";
    const std::size_t at = text.find(kLength);
    if (!has_body || at == std::string::npos) return text;
    const std::size_t size = std::stoul(text.substr(at + kLength.size()));
    while (received_.size() < size && read_some()) {
    }
    text += received_.substr(0, size);
    received_.erase(0, size);
    return text;
  }

  /// Whether the server ends the connection, and in order, with nothing more to say.
  bool is_ended() {
    while (read_some()) {
    }
    return received_.empty() && last_ == 0;
  }

 private:
  bool read_some() {
    char bytes[65536];
    last_ = ::recv(socket_, bytes, sizeof bytes, 0);
    if (last_ > 0) received_.append(bytes, static_cast<std::size_t>(last_));
    return last_ > 0;
  }

  static constexpr int kPatienceSeconds = 10;

  int socket_;
  bool is_connected_ = false;
  ssize_t last_ = 0;
  std::string received_;
};

}  // namespace ml_inference::testing
