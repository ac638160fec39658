#pragma once
// Users: the sessions of a server by who their peers are. A service: a plugin or an endpoint asks for a `Users&`.
//
// A principal that is found while its user's rights are being changed may be of before. So who keeps rights elsewhere changes them
// there first, then here, and asks again in SessionListener::opened(): a session is found here from before that call on.

#include <patchbay/close.hpp>
#include <patchbay/principal.hpp>
#include <patchbay/session.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace patchbay {

namespace messaging {
struct ServerState;
}

/// Thread: any. Each call looks at every session of the server.
class Users {
public:
    explicit Users(std::shared_ptr<messaging::ServerState> server) noexcept : server_{std::move(server)} {}

    /// The open sessions of a user, at whatever endpoint.
    std::vector<Session> sessionsOf(std::string_view name) const;
    /// Changes who the peers of a user's sessions are, such as their roles; `change` is called for each. What then holds no longer ends
    /// as Session::setPrincipal() says: what the caller publishes or sends after this call does not reach who has lost the right to its
    /// endpoint. Returns how many sessions.
    /// Errors: as setPrincipal(), and what `change` throws; sessions before that are changed.
    std::size_t change(std::string_view name, const std::function<void(Principal&)>& change) const;
    /// Ends a user's sessions: CloseCause::Expired for credentials that were taken back, CloseCause::Banned, or another. Returns how many.
    std::size_t close(std::string_view name, CloseCause cause, std::string_view text = {}) const;

private:
    std::shared_ptr<messaging::ServerState> server_;
};

}  // namespace patchbay
