// SPDX-License-Identifier: MIT
#include "app/unfinished_files.h"

#include <atomic>
#include <csignal>
#include <pthread.h>
#include <unistd.h>

namespace ml_inference {
namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};

// What the handler reads: it may neither lock nor allocate.
std::atomic<const char*> g_paths[kUnfinishedFileCountMax];

void remove_and_end(int signal) {
  for (const std::atomic<const char*>& path : g_paths) {
    if (const char* const name = path.load()) ::unlink(name);
  }
  ::raise(signal);  // which SA_RESETHAND has made what it is by default
}

void handle_signals() {
  for (const int signal : kSignals) {
    struct sigaction before{};
    if (::sigaction(signal, nullptr, &before) != 0 || before.sa_handler != SIG_DFL) continue;
    struct sigaction ours{};
    ours.sa_handler = remove_and_end;
    ours.sa_flags = static_cast<int>(SA_RESETHAND);
    ::sigaction(signal, &ours, nullptr);
  }
}

}  // namespace

void UnfinishedFile::make(const std::function<std::string()>& create) {
  forget();
  sigset_t held;
  sigset_t before;
  ::sigemptyset(&held);
  for (const int signal : kSignals) ::sigaddset(&held, signal);
  ::pthread_sigmask(SIG_BLOCK, &held, &before);
  path_ = create();
  for (slot_ = 0; !path_.empty() && slot_ < kUnfinishedFileCountMax; ++slot_) {
    const char* nobody = nullptr;
    is_noted_ = g_paths[slot_].compare_exchange_strong(nobody, path_.c_str());
    if (is_noted_) break;
  }
  if (is_noted_) handle_signals();
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void UnfinishedFile::forget() {
  if (is_noted_) g_paths[slot_].store(nullptr);
  is_noted_ = false;
}

}  // namespace ml_inference
