// SPDX-License-Identifier: MIT
// A receiver of traces on a free port of the loopback that answers what a test tells it to.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace ml_inference::testing {

/// One answer's bytes: "HTTP/1.1 200 OK" with a body, or with headers besides ("Retry-After: 1").
[[nodiscard]] std::string http_answer(const std::string& status, const std::string& body = "",
                                      const std::string& header = "");

/// Takes one connection after the other, reads a request, and sends the next answer of the list;
/// the last one is for all that follow. kHang reads and never answers.
/// Threads: any, for every member.
class ScriptedReceiver {
 public:
  static constexpr char kHang[] = "hang";

  explicit ScriptedReceiver(std::vector<std::string> answers);
  ~ScriptedReceiver();
  ScriptedReceiver(const ScriptedReceiver&) = delete;
  ScriptedReceiver& operator=(const ScriptedReceiver&) = delete;

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  /// Waits until so many requests have come, and returns them, header and body.
  [[nodiscard]] std::vector<std::string> requests(std::size_t count);

 private:
  void serve();
  void take(int connection);

  const std::vector<std::string> answers_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::condition_variable news_;
  std::vector<std::string> requests_;  // guarded by mutex_
  std::vector<int> hanging_;           // of the thread, and of the destructor after it
  std::thread thread_;
};

}  // namespace ml_inference::testing
