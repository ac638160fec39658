#pragma once
// The opening handshake of RFC 6455 §4.1, as a client writes and checks it. The key is the one of §1.3 on every
// connection: it keeps caches away from WebSocket, and here are none.

#include "Options.hpp"

#include <string>
#include <string_view>

namespace bench {

std::string handshakeRequest(const Options& options);

/// What came of an offer of permessage-deflate (RFC 7692 §7.1).
struct Agreement {
    bool deflate = false;
    bool keepsContext = true;  ///< the server's messages may refer to those before
    int clientWindowBits = 15;
};

/// Errors: std::runtime_error for any head but one that agrees to the request.
Agreement readAnswer(std::string_view head, bool deflateWanted);

}  // namespace bench
