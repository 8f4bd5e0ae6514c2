// SPDX-License-Identifier: MIT
#include "server/testing/http2_client.h"

#include "base/assert.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace ml_inference::testing {
namespace {

constexpr int kPatienceSeconds = 10;
constexpr std::size_t kPrefixSize = 5;

std::string_view view(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

int connect_to(std::uint16_t port, int receive_buffer_size) {
  const int opened = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{kPatienceSeconds, 0};
  ::setsockopt(opened, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(opened, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (receive_buffer_size > 0) {
    ::setsockopt(opened, SOL_SOCKET, SO_RCVBUF, &receive_buffer_size, sizeof receive_buffer_size);
  }
  const int on = 1;
  ::setsockopt(opened, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT(::connect(opened, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  return opened;
}

std::string value_of(const std::map<std::string, std::string>& fields, const char* name) {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string() : found->second;
}

}  // namespace

struct Http2ClientCallbacks {
  static Http2Client& client_of(void* user) { return *static_cast<Http2Client*>(user); }

  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                       std::uint8_t, void* user) {
    StreamAnswer& answer = client_of(user).answers_[frame->hd.stream_id];
    const bool is_head = frame->headers.cat == NGHTTP2_HCAT_RESPONSE;
    const std::string key(view(name, name_size));
    (is_head ? answer.head : answer.trailers)[key] = view(value, value_size);
    return 0;
  }

  static int on_data_chunk(nghttp2_session*, std::uint8_t, std::int32_t stream,
                           const std::uint8_t* bytes, std::size_t size, void* user) {
    client_of(user).answers_[stream].body += view(bytes, size);
    return 0;
  }

  static int on_stream_close(nghttp2_session*, std::int32_t stream, std::uint32_t error,
                             void* user) {
    StreamAnswer& answer = client_of(user).answers_[stream];
    answer.is_closed = true;
    answer.error = error;
    return 0;
  }

  static int on_frame_recv(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type == NGHTTP2_GOAWAY) {
      client_of(user).goaways_.push_back(frame->goaway.last_stream_id);
    }
    return 0;
  }

  static ssize_t read_body(nghttp2_session*, std::int32_t stream, std::uint8_t* out,
                           std::size_t size_max, std::uint32_t* flags, nghttp2_data_source*,
                           void* user) {
    Http2Client::Body& body = client_of(user).bodies_[stream];
    const std::size_t size = std::min(size_max, body.bytes.size() - body.begin);
    std::memcpy(out, body.bytes.data() + body.begin, size);
    body.begin += size;
    if (body.begin == body.bytes.size() && body.is_end) {
      *flags |= NGHTTP2_DATA_FLAG_EOF;
    } else if (size == 0) {
      body.is_deferred = true;
      return NGHTTP2_ERR_DEFERRED;
    }
    return static_cast<ssize_t>(size);
  }
};

std::string StreamAnswer::grpc_status() const {
  return value_of(trailers.empty() ? head : trailers, "grpc-status");
}

std::string StreamAnswer::grpc_message() const {
  return value_of(trailers.empty() ? head : trailers, "grpc-message");
}

std::vector<std::string> StreamAnswer::messages() const {
  std::vector<std::string> all;
  std::string_view left = body;
  while (left.size() >= kPrefixSize) {
    std::size_t size = 0;
    for (std::size_t i = 1; i < kPrefixSize; ++i) {
      size = size << 8 | static_cast<unsigned char>(left[i]);
    }
    if (left.size() < kPrefixSize + size) break;
    all.emplace_back(left.substr(kPrefixSize, size));
    left.remove_prefix(kPrefixSize + size);
  }
  return all;
}

std::string framed(std::string_view message, bool is_compressed) {
  std::string text(1, is_compressed ? '\1' : '\0');
  for (const int shift : {24, 16, 8, 0}) text += static_cast<char>(message.size() >> shift & 255);
  return text.append(message);
}

FieldList grpc_fields(std::string_view path, const FieldList& more) {
  FieldList fields{{":method", "POST"},          {":scheme", "http"},
                   {":path", std::string(path)}, {":authority", "test"},
                   {"te", "trailers"},           {"content-type", "application/grpc"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

Http2Client::Http2Client(std::uint16_t port) : Http2Client(port, Options()) {}

Http2Client::Http2Client(std::uint16_t port, const Options& options)
    : socket_(connect_to(port, options.receive_buffer_size)) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Http2ClientCallbacks::on_header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks,
                                                            Http2ClientCallbacks::on_data_chunk);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks,
                                                         Http2ClientCallbacks::on_stream_close);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks,
                                                       Http2ClientCallbacks::on_frame_recv);
  nghttp2_option* settings = nullptr;
  nghttp2_option_new(&settings);
  nghttp2_option_set_no_auto_ping_ack(settings, options.acknowledges_pings ? 0 : 1);
  nghttp2_session_client_new2(&session_, callbacks, this, settings);
  nghttp2_option_del(settings);
  nghttp2_session_callbacks_del(callbacks);
  const std::array<nghttp2_settings_entry, 1> entries{
      {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, options.window_size}}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, entries.data(), entries.size());
  flush();
}

Http2Client::~Http2Client() {
  nghttp2_session_del(session_);
  if (socket_ >= 0) ::close(socket_);
}

std::int32_t Http2Client::begin(const FieldList& fields, bool is_end) {
  const std::int32_t stream = submit(fields, is_end);
  flush();
  return stream;
}

std::int32_t Http2Client::submit(const FieldList& fields, bool is_end) {
  std::vector<nghttp2_nv> list;
  for (const auto& [name, value] : fields) {
    list.push_back({.name = reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
                    .value = reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())),
                    .namelen = name.size(),
                    .valuelen = value.size(),
                    .flags = NGHTTP2_NV_FLAG_NONE});
  }
  nghttp2_data_provider provider{};
  provider.read_callback = Http2ClientCallbacks::read_body;
  const std::int32_t stream = nghttp2_submit_request(session_, nullptr, list.data(), list.size(),
                                                     is_end ? nullptr : &provider, nullptr);
  ASSERT(stream > 0);
  bodies_[stream];
  return stream;
}

void Http2Client::send(std::int32_t stream, std::string_view bytes, bool is_end) {
  Body& body = bodies_[stream];
  body.bytes += bytes;
  body.is_end = is_end;
  if (std::exchange(body.is_deferred, false)) nghttp2_session_resume_data(session_, stream);
  flush();
}

std::int32_t Http2Client::call(std::string_view path, std::string_view message,
                               const FieldList& more) {
  const std::int32_t stream = submit(grpc_fields(path, more), false);
  send(stream, framed(message), true);  // head and body by one write, as clients do
  return stream;
}

void Http2Client::reset(std::int32_t stream, std::uint32_t error) {
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream, error);
  flush();
}

bool Http2Client::until(const std::function<bool()>& condition) {
  while (!condition()) {
    if (!read_some()) return condition();
  }
  return true;
}

const StreamAnswer& Http2Client::finish(std::int32_t stream) {
  static_cast<void>(until([&] { return answers_[stream].is_closed; }));
  return answers_[stream];
}

StreamAnswer Http2Client::ask(std::string_view path, std::string_view message,
                              const FieldList& more) {
  return finish(call(path, message, more));
}

void Http2Client::send_raw(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void Http2Client::end_side() { ::shutdown(socket_, SHUT_WR); }

void Http2Client::abort() {
  const linger at_once{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(std::exchange(socket_, -1));
}

void Http2Client::flush() {
  std::string all;
  const std::uint8_t* bytes = nullptr;
  for (ssize_t size = 0; (size = nghttp2_session_mem_send(session_, &bytes)) > 0;) {
    all += view(bytes, static_cast<std::size_t>(size));
  }
  send_raw(all);
}

bool Http2Client::read_some() {
  std::array<char, 65536> bytes;
  const ssize_t size = ::recv(socket_, bytes.data(), bytes.size(), 0);
  if (size <= 0) {
    is_at_end_ = size == 0;
    return false;
  }
  const ssize_t taken =
      nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(bytes.data()),
                               static_cast<std::size_t>(size));
  flush();
  return taken >= 0;
}

}  // namespace ml_inference::testing
