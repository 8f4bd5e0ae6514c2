// SPDX-License-Identifier: MIT
// The only way from other threads into an event loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <functional>
#include <mutex>
#include <vector>

namespace ml_inference {

/// Carries calls to the thread that runs an event loop.
///
/// The loops' io_contexts take no locks (BOOST_ASIO_CONCURRENCY_HINT_UNSAFE), so nothing may be
/// posted to them from elsewhere: a call waits here under a lock, and an eventfd wakes the loop.
class Mailbox {
 public:
  using Call = std::move_only_function<void()>;
  using Executor = boost::asio::io_context::executor_type;

  /// Opens the eventfd. Throws std::system_error when there is none to be had.
  explicit Mailbox(boost::asio::io_context& context);

  /// Has the loop make the call. Threads: any.
  void post(Call call);

  /// Makes the calls that come, for ever. Threads: the loop's.
  boost::asio::awaitable<void, Executor> run();

 private:
  boost::asio::posix::basic_stream_descriptor<Executor> wakeups_;

  std::mutex mutex_;
  std::vector<Call> calls_;  // guarded by mutex_
};

}  // namespace ml_inference
