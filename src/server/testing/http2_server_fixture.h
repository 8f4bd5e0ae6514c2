// SPDX-License-Identifier: MIT
// A whole server on a free port of the loopback that speaks HTTP/2, with a handler that does what
// the path says.
#pragma once

#include "server/server.h"
#include "server/testing/path_handler.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <utility>

namespace ml_inference::testing {

class Http2ServerTest : public ::testing::Test {
 protected:
  Http2ServerTest() {
    options_.host = "127.0.0.1";
    options_.port = 0;
    options_.grpc_port = 0;
    options_.drain_delay = std::chrono::milliseconds(0);
  }

  void start() {
    auto server = Server::listen(
        options_, metrics_, [this] { return std::make_unique<PathHandler>(stage_); },
        [this] { drained_.set_value(); });
    ASSERT_TRUE(server.has_value()) << server.error().message;
    server_ = *std::move(server);
    server_->start();
  }

  [[nodiscard]] std::uint16_t port() const { return server_->grpc_port().value(); }

  void drain(Server::DrainDelay delay) {
    server_->drain(delay);
    drained_.get_future().wait();
  }

  ServerOptions options_;
  Metrics metrics_;
  Stage stage_;
  std::promise<void> drained_;
  std::unique_ptr<Server> server_;
};

}  // namespace ml_inference::testing
