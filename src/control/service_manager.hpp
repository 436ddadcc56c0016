#pragma once

#include <string>
#include <string_view>

namespace hdfsmount::control {

/// Tells a service manager about the state of this process, as sd_notify(3) does ("READY=1", "STOPPING=1"). `socket` is
/// the value of NOTIFY_SOCKET; empty: nobody wants to know. False when the message could not be sent.
bool notify_service_manager(const std::string& socket, std::string_view state);

}  // namespace hdfsmount::control
