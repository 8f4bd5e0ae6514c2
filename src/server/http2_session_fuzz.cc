// SPDX-License-Identifier: MIT
// A client that may send anything as HTTP/2: bytes as they are, or frames whose type, flags, stream
// and content are the input's while their lengths fit. In the end every call is over and all memory
// is given back.
#include "api/http.h"
#include "base/assert.h"
#include "server/event_loop.h"
#include "server/http2_session.h"
#include "telemetry/metrics.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

namespace {

using namespace ml_inference;

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::string_view kSettings("\0\0\0\4\0\0\0\0\0", 9);
constexpr std::size_t kOutputSizeMax = 64 * kKibibyte;

// Answers with what it was asked; "/w" by a worker, "/l" at some length.
class EchoHandler final : public HttpHandler {
 public:
  [[nodiscard]] Exchange exchange(std::string_view target) const override {
    if (target.starts_with("/s")) return Exchange::messages;
    return target == "/h" ? Exchange::watch : Exchange::whole;
  }

  std::unique_ptr<Work> handle(const HttpRequest& request, HttpResponse& response) override {
    const auto fill = [&request, &response] {
      response.body.append(request.target).append(request.body);
      if (request.target == "/l") response.body.append(100'000, 'x');
    };
    if (request.target.ends_with("w")) return make_work([fill](const WorkPlace&) { fill(); });
    fill();
    return nullptr;
  }

  void refuse(const HttpRequest&, int status, std::string_view detail,
              HttpResponse& response) override {
    response.status = status;
    response.body = detail;
  }

  void finished(const HttpRequest&, const HttpResponse&, std::chrono::nanoseconds) override {}
  bool is_vital(const HttpRequest& request) const override { return request.target == "/v"; }
};

ServerOptions small_options() {
  ServerOptions options;
  options.thread_count = 1;
  options.header_size_max = 1'024;
  options.body_size_max = 40'000;
  options.body_budget_bytes = 400'000;
  return options;
}

struct Server {
  Metrics metrics;
  ServerState state{small_options(), metrics};
  EventLoop loop{state, std::make_unique<EchoHandler>()};
};

// Fields without compression (RFC 7541, section 6.2.2): name and value as they are.
std::string field(std::string_view name, std::string_view value) {
  std::string out{'\0', static_cast<char>(name.size())};
  out += name;
  out += static_cast<char>(value.size());
  return out += value;
}

// Header blocks that a mutation of bytes would hardly find.
std::string header_block(std::uint8_t choice) {
  constexpr std::array<std::string_view, 8> kPaths{"/a", "/w", "/s", "/sw", "/h", "/l", "/v", "/m"};
  const bool is_grpc = (choice & 8) != 0;
  std::string block = field(":method", (choice & 16) != 0 ? "GET" : "POST") +
                      field(":scheme", "http") + field(":path", kPaths[choice % kPaths.size()]) +
                      field(":authority", "a");
  if (is_grpc) {
    block += field("content-type", "application/grpc") + field("te", "trailers");
    if ((choice & 32) != 0) block += field("grpc-encoding", "gzip");
    if ((choice & 64) != 0) block += field("grpc-timeout", "1m");
  } else if ((choice & 32) != 0) {
    block += field("content-encoding", "gzip");
  }
  return block;
}

std::string frame(std::uint8_t type, std::uint8_t flags, std::uint8_t stream,
                  std::string_view payload) {
  std::string out{'\0',
                  static_cast<char>(payload.size() >> 8),
                  static_cast<char>(payload.size()),
                  static_cast<char>(type),
                  static_cast<char>(flags),
                  '\0',
                  '\0',
                  '\0',
                  static_cast<char>(stream)};
  return out += payload;
}

// Frames of what the input says: type, flags, stream, a size, and as many bytes as that.
std::string frames_of(std::string_view input) {
  constexpr std::uint8_t kHeaders = 1;
  constexpr std::uint8_t kReadyHeaders = 12;  // those of header_block()
  std::string out;
  while (input.size() >= 4) {
    const auto byte = [&input](std::size_t at) { return static_cast<std::uint8_t>(input[at]); };
    const std::uint8_t type = byte(0) % (kReadyHeaders + 1);
    const std::uint8_t flags = byte(1);
    const std::uint8_t stream = byte(2) % 16;
    const std::uint8_t size = byte(3);
    input.remove_prefix(4);
    if (type == kReadyHeaders) {
      out += frame(kHeaders, (flags & 1) | 4, stream, header_block(size));
      continue;
    }
    const std::string_view payload = input.substr(0, std::min<std::size_t>(size, input.size()));
    out += frame(type, flags, stream, payload);
    input.remove_prefix(payload.size());
  }
  return out;
}

void receive(Server& server, Http2Session& session, std::string_view bytes, std::size_t piece) {
  std::string out;
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    const bool goes_on = session.receive(part);
    ASSERT(goes_on || session.running_count() < 1'000);
    out.clear();
    if (session.has_preface()) session.produce(out, kOutputSizeMax);
    server.loop.context().poll();
    if (!goes_on || session.is_over()) return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  static Server server;
  const std::size_t budget = server.state.body_budget.left();
  const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
  std::string bytes;
  if ((data[0] & 1) != 0) bytes.append(kPreface).append(kSettings);
  bytes += (data[0] & 2) != 0 ? frames_of(input) : std::string(input);
  {
    const auto admission = (data[0] & 4) != 0 ? Admission::overflow : Admission::regular;
    Http2Session session(server.loop, admission, [] {});
    receive(server, session, bytes, 1 + 16 * std::size_t{data[1]});
    if ((data[0] & 8) != 0) session.begin_leaving();
    if ((data[0] & 16) != 0) session.tick(Http2Session::Clock::now() + std::chrono::hours(1), {});
    std::string out;
    if (session.has_preface()) session.produce(out, kOutputSizeMax);
    session.abandon();
    while (session.running_count() > 0) {
      server.loop.context().poll();
      std::this_thread::yield();
    }
  }
  ASSERT(server.state.body_budget.left() == budget);
  return 0;
}
