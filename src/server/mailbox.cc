// SPDX-License-Identifier: MIT
#include "server/mailbox.h"

#include "base/assert.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cerrno>
#include <cstdint>
#include <sys/eventfd.h>
#include <system_error>
#include <utility>

namespace ml_inference {
namespace {

int open_eventfd() {
  const int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return fd;
}

}  // namespace

Mailbox::Mailbox(boost::asio::io_context& context) : wakeups_(context, open_eventfd()) {}

void Mailbox::post(Call call) {
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex_);
    was_empty = calls_.empty();
    calls_.push_back(std::move(call));
  }
  if (!was_empty) return;  // the loop is on its way here already
  const std::uint64_t one = 1;
  const ssize_t written = ::write(wakeups_.native_handle(), &one, sizeof one);
  ASSERT(written == sizeof one);
}

boost::asio::awaitable<void, Mailbox::Executor> Mailbox::run() {
  std::vector<Call> calls;
  for (;;) {
    std::uint64_t count = 0;
    co_await wakeups_.async_read_some(boost::asio::buffer(&count, sizeof count),
                                      boost::asio::use_awaitable_t<Executor>());
    {
      const std::lock_guard lock(mutex_);
      calls.swap(calls_);
    }
    for (Call& call : calls) call();
    calls.clear();
  }
}

}  // namespace ml_inference
