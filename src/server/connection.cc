// SPDX-License-Identifier: MIT
#include "server/connection.h"

#include "server/event_loop.h"

#include <boost/asio/buffer.hpp>

#include <atomic>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <utility>

namespace ml_inference {
namespace {

using boost::system::error_code;

// What the kernel may hold of an answer that it has not sent yet: without a bound it would take
// some megabytes for each reader that does not read, against the container's limit.
constexpr int kUnsentSizeMax = 64 * 1024;

}  // namespace

Connection::Connection(EventLoop& loop, Socket socket, Admission admission)
    : loop_(loop), state_(loop.state()), admission_(admission), socket_(std::move(socket)) {
  error_code ignored;  // a socket that refuses an option works without it
  socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  ::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentSizeMax,
               sizeof kUnsentSizeMax);
  socket_.non_blocking(true, ignored);
  loop_.connections_.push_back(*this);
  state_.metrics.connections.Increment();
}

Connection::~Connection() {
  loop_.connections_.erase(loop_.connections_.iterator_to(*this));
  state_.metrics.connections.Decrement();
  state_.connection_count.fetch_sub(1, std::memory_order_relaxed);
}

std::string_view Connection::write_now(std::string_view bytes) {
  error_code error;
  const std::size_t sent =
      socket_.write_some(boost::asio::buffer(bytes.data(), bytes.size()), error);
  if (!error) return bytes.substr(sent);
  if (error == boost::asio::error::would_block) return bytes;
  is_broken_ = true;
  return {};
}

}  // namespace ml_inference
