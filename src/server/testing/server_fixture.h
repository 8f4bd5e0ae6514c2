// SPDX-License-Identifier: MIT
#pragma once

#include "server/server.h"
#include "server/testing/http1_client.h"
#include "server/testing/stub_handler.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <utility>

namespace ml_inference::testing {

/// A whole server on a free port of the loopback, with a StubHandler.
class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    options_.host = "127.0.0.1";
    options_.port = 0;
    options_.drain_delay = std::chrono::milliseconds(0);
  }

  Result<std::unique_ptr<Server>> listen() {
    return Server::listen(
        options_, metrics_, [this] { return std::make_unique<StubHandler>(gate_, kind_); },
        [this] { drained_.set_value(); });
  }

  void start() {
    auto server = listen();
    ASSERT_TRUE(server.has_value()) << server.error().message;
    server_ = *std::move(server);
    server_->start();
  }

  [[nodiscard]] std::uint16_t port() const { return server_->port(); }

  // Begins to drain, and returns when draining has begun.
  void drain(Server::DrainDelay delay) {
    server_->drain(delay);
    drained_.get_future().wait();
  }

  ServerOptions options_;
  Metrics metrics_;
  Gate gate_;
  std::shared_ptr<WorkKind> kind_ = std::make_shared<WorkKind>();
  std::promise<void> drained_;
  std::unique_ptr<Server> server_;
};

}  // namespace ml_inference::testing
