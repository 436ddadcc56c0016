#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace hdfsmount::fuse {

/// The signals that wait for a thread, from the text of /proc/TID/status: bit N - 1 for signal N. Nothing when the text
/// has no such lines.
std::optional<std::uint64_t> pending_signals(std::string_view status);

/// Whether a thread whose request the kernel interrupted is meant to give it up. The kernel interrupts for every
/// signal, also one with a handler that expects the system call to go on: a child ended, a timer of a profiler fired, a
/// debugger came. Programs do not expect EINTR of stat(2) or open(2) then. So only these count: SIGKILL, which is
/// pending for every fatal signal, and those by which people and programs stop something: SIGINT, SIGTERM, SIGQUIT,
/// SIGHUP, SIGALRM. When the thread cannot be asked (another pid namespace: 0; it is gone), it is taken at the kernel's
/// word.
bool is_meant_to_stop(pid_t thread);

/// Whether a system call of the text of /proc/TID/syscall is one that reads a file. A page fault is none: the kernel
/// has no error for it but SIGBUS.
bool is_reading(std::string_view syscall);

/// Whether nobody profits from a read of this thread any more: it is gone; or it is in a system call that reads, and a
/// signal by which it is to be stopped waits for it that it does not block. False when it cannot be asked, which takes
/// the rights to trace it.
bool waits_in_vain(pid_t thread);

}  // namespace hdfsmount::fuse
