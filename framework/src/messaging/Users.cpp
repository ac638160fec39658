#include "messaging/Credentials.hpp"
#include "messaging/SessionCore.hpp"

#include <patchbay/users.hpp>

#include <utility>

namespace patchbay {
namespace {

std::vector<std::shared_ptr<messaging::SessionCore>> of(const messaging::ServerState& server, std::string_view name) {
    std::vector<std::shared_ptr<messaging::SessionCore>> found;
    for (const auto& endpoint : server.endpoints()) {
        for (auto& session : endpoint->sessions()) {
            if (!session->isGone() && messaging::Credentials::of(*session)->name == name) found.push_back(std::move(session));
        }
    }
    return found;
}

}  // namespace

std::vector<Session> Users::sessionsOf(std::string_view name) const {
    std::vector<Session> sessions;
    for (auto& core : of(*server_, name)) {
        if (core->isOpen()) sessions.emplace_back(std::move(core));
    }
    return sessions;
}

/// Somebody else may change the same one meanwhile: then it is changed again as it is by then.
std::size_t Users::change(std::string_view name, const std::function<void(Principal&)>& change) const {
    const auto sessions = of(*server_, name);
    for (const auto& session : sessions) {
        for (bool done = false; !done;) {
            const auto now = messaging::Credentials::of(*session);
            Principal next = *now;
            change(next);
            done = messaging::Credentials::set(*session, now, std::move(next));
        }
    }
    return sessions.size();
}

std::size_t Users::close(std::string_view name, CloseCause cause, std::string_view text) const {
    const auto sessions = of(*server_, name);
    for (const auto& session : sessions) session->close(cause, std::nullopt, text);
    return sessions.size();
}

}  // namespace patchbay
