// SPDX-License-Identifier: MIT
// grpc_load: makes one gRPC call again and again to a server on this machine, on several
// connections in turn, and prints what came of it as one JSON object. Simple rather than fast: what
// is measured is the server's processor time, by whoever starts this.
#include "server/testing/http2_client.h"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

using Clock = std::chrono::steady_clock;
using testing::Http2Client;

// After so many calls a connection is replaced: the client keeps every answer.
constexpr std::size_t kCallsPerConnection = 10'000;

struct Options {
  std::uint16_t port = 9000;
  std::string method;
  std::string message_file;
  std::size_t connection_count = 8;
  double seconds = 2;
};

struct Outcome {
  std::uint64_t answered = 0;
  std::uint64_t failed = 0;
  std::string fault;
  double seconds = 0;
};

// One call on each connection, all under way at the same time.
void make_round(std::deque<Http2Client>& clients, const Options& options,
                const std::string& message, Outcome& outcome) {
  std::vector<std::int32_t> streams;
  for (Http2Client& client : clients) streams.push_back(client.call(options.method, message));
  for (std::size_t i = 0; i < clients.size(); ++i) {
    const testing::StreamAnswer& answer = clients[i].finish(streams[i]);
    if (answer.grpc_status() == "0") {
      ++outcome.answered;
    } else {
      ++outcome.failed;
      outcome.fault = answer.grpc_status() + " " + answer.grpc_message();
    }
  }
}

Outcome load(const Options& options, const std::string& message) {
  Outcome outcome;
  const Clock::time_point begin = Clock::now();
  const auto passed = [begin] {
    return std::chrono::duration<double>(Clock::now() - begin).count();
  };
  while (passed() < options.seconds && outcome.failed == 0) {
    std::deque<Http2Client> clients;
    for (std::size_t i = 0; i < options.connection_count; ++i) clients.emplace_back(options.port);
    for (std::size_t i = 0; i < kCallsPerConnection && passed() < options.seconds; ++i) {
      make_round(clients, options, message, outcome);
    }
  }
  outcome.seconds = passed();
  return outcome;
}

}  // namespace
}  // namespace ml_inference

int main(int argc, char** argv) {
  ml_inference::Options options;
  CLI::App app("Loads a gRPC server on 127.0.0.1 and prints what came of it as JSON.");
  app.add_option("--port", options.port, "where the server listens")->required();
  app.add_option("--method", options.method, "/package.Service/Method")->required();
  app.add_option("--message", options.message_file, "file with the request's bytes")->required();
  app.add_option("--connections", options.connection_count, "each with one call at a time")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--seconds", options.seconds, "how long calls are made")
      ->check(CLI::Range(0.01, 600.0))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  std::ifstream file(options.message_file, std::ios::binary);
  const std::string message(std::istreambuf_iterator<char>(file), {});
  const ml_inference::Outcome outcome = ml_inference::load(options, message);
  fmt::print("{}\n", boost::json::serialize(boost::json::object{{"answered", outcome.answered},
                                                                {"failed", outcome.failed},
                                                                {"fault", outcome.fault},
                                                                {"seconds", outcome.seconds}}));
  return outcome.failed == 0 ? 0 : 1;
}
