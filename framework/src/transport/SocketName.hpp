#pragma once
// A socket's address as people read it, and as sessions keep it.

#include <string>

struct sockaddr_storage;

namespace patchbay::transport {

/// "127.0.0.1:8080", "[::1]:8080", "local" for a Unix socket; empty for anything else.
std::string socketName(const sockaddr_storage& address);

}  // namespace patchbay::transport
