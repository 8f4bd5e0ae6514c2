// SPDX-License-Identifier: MIT
// constant_server PORT: the limit that the transport sets. The project's own server room, with its
// parser, time-outs, limits and drain, in front of a handler that gives every request the same
// answer: no validation, no model, no metrics of requests, no log. What ml-inference costs beyond
// it is the prediction and its record.
#include "host/cgroup.h"
#include "host/cpu.h"
#include "server/server.h"
#include "telemetry/metrics.h"

#include <fmt/format.h>

#include <csignal>
#include <cstdlib>
#include <memory>

namespace ml_inference {
namespace {

class ConstantHandler final : public HttpHandler {
 public:
  std::unique_ptr<Work> handle(const HttpRequest&, HttpResponse& response) override {
    response.body =
        R"({"prediction":"setosa","prediction_index":0,)"
        R"("probabilities":{"setosa":1.0,"versicolor":0.0,"virginica":0.0},"confidence":1.0})";
    return nullptr;
  }

  void refuse(const HttpRequest&, int status, std::string_view detail,
              HttpResponse& response) override {
    response.status = status;
    response.body = fmt::format(R"({{"detail":"{}"}})", detail);
  }

  void finished(const HttpRequest&, const HttpResponse&, std::chrono::nanoseconds) override {}

  [[nodiscard]] bool is_vital(const HttpRequest&) const override { return false; }
};

Result<void> serve_constant(std::uint16_t port) {
  std::signal(SIGPIPE, SIG_IGN);
  ServerOptions options;
  options.port = port;
  options.thread_count = granted_cpu_count(find_cgroup().value_or(Cgroup()));
  Metrics metrics;
  ASSIGN_OR_RETURN(
      const std::unique_ptr<Server> server,
      Server::listen(options, metrics, [] { return std::make_unique<ConstantHandler>(); }, [] {}));
  server->start();
  static_cast<void>(server->wait());
  return {};
}

}  // namespace
}  // namespace ml_inference

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: constant_server PORT\n");
    return 2;
  }
  const auto port = static_cast<std::uint16_t>(std::strtoul(argv[1], nullptr, 10));
  if (const auto served = ml_inference::serve_constant(port); !served) {
    fmt::print(stderr, "constant_server: {}\n", served.error().message);
    return 1;
  }
  return 0;
}
