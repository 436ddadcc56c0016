#include "cli/signals.hpp"

#include <pthread.h>
#include <signal.h>

#include <cstdlib>
#include <utility>

namespace hdfsmount::cli {
namespace {

/// In a terminal its end ends the mount; a background daemon or a service has no terminal.
bool stops_at_hangup(bool foreground) {
  return foreground && std::getenv("NOTIFY_SOCKET") == nullptr;
}

sigset_t awaited(bool foreground) {
  sigset_t out;
  ::sigemptyset(&out);
  ::sigaddset(&out, SIGTERM);
  ::sigaddset(&out, SIGINT);
  if (stops_at_hangup(foreground)) ::sigaddset(&out, SIGHUP);
  return out;
}

}  // namespace

void block_signals(bool foreground) {
  ::signal(SIGPIPE, SIG_IGN);
  if (!stops_at_hangup(foreground)) ::signal(SIGHUP, SIG_IGN);
  const auto blocked = awaited(foreground);
  ::pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
}

signal_thread::signal_thread(bool foreground, std::function<void()> on_signal)
    : on_signal_(std::move(on_signal)), thread_([this, waited = awaited(foreground)] {
        for (int number = 0; ::sigwait(&waited, &number) == 0 && !ending_;) on_signal_();
      }) {}

signal_thread::~signal_thread() {
  ending_ = true;
  ::pthread_kill(thread_.native_handle(), SIGTERM);
  thread_.join();
}

}  // namespace hdfsmount::cli
