#pragma once
// What a program calls to serve the chat.

#include <patchbay/server_container.hpp>

namespace chat {

/// Provides what the chat's endpoints ask for and serves its page at `/`. The endpoints themselves are registered by
/// being linked in.   Errors: std::invalid_argument when `/` is taken.
void install(patchbay::ServerContainer& server);

}  // namespace chat
