#pragma once
// An endpoint whose handlers do what a test says, and write down that they ran:
//
//     open | message <text> | error <what> | close <code> <cause> <text>

#include "support/Journal.hpp"

#include <patchbay/annotations.hpp>
#include <patchbay/topics.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace patchbay::test {

/// What the handlers of the sessions do.   Thread: filled in before anybody connects.
struct Script {
    using Reply = std::optional<std::string>;

    Journal journal;
    std::function<void(Session)> onOpen = [](Session) {};
    std::function<Reply(Session, std::string_view)> onMessage = [](Session, std::string_view) { return Reply{}; };
    std::function<void(Session, CloseReason)> onClose = [](Session, CloseReason) {};
    std::function<void(Session, const std::exception&)> onError = [](Session, const std::exception&) {};
};

inline std::string closeLine(const CloseReason& reason) {
    return "close " + std::to_string(static_cast<int>(reason.code())) + " " + std::string{name(reason.cause())} + " " + reason.text();
}

/// Names the user that the header X-User has, in the role member unless it is a guest; turns away who is asked to wait.
class Doorman : public Configurator {
public:
    void modifyHandshake(const HandshakeRequest& request, HandshakeResponse& response) override {
        response.headers.emplace_back("X-Door", "opened");
        if (!request.header("X-Busy").empty()) response.reject(429, {{"Retry-After", "7"}}, "one at a time\n");
        response.principal.name = request.header("X-User");
        if (response.principal.name == "ann") response.principal.roles = {"member"};
        response.properties["ticket"] = std::string{request.header("X-Ticket")};
    }
};

class Scripted {
    SERVER_ENDPOINT(Scripted, "/scripted/{room}", .subprotocols = {"v2", "v1"}, .configurator = configuredBy<Doorman>,
                    .origins = {"https://friend.example"}, .maxMessageSize = 1_KiB)
public:
    explicit Scripted(Script& script) : script_{script} {}

    ON_OPEN(opened)
    void opened(Session session) {
        script_.onOpen(session);
        script_.journal.add("open");
    }
    ON_MESSAGE(said)
    Script::Reply said(Session session, std::string_view text) {
        script_.journal.add("message " + std::string{text});
        return script_.onMessage(session, text);
    }
    ON_MESSAGE(bytes)
    Bytes bytes(Bytes payload) { return payload; }
    ON_CLOSE(left)
    void left(Session session, CloseReason reason) {
        script_.journal.add(closeLine(reason));
        script_.onClose(session, reason);
    }
    ON_ERROR(failed)
    void failed(Session session, const std::exception& error) {
        script_.journal.add(std::string{"error "} + error.what());
        script_.onError(session, error);
    }

private:
    Script& script_;
};

/// The same without an error handler.
class Bare {
    SERVER_ENDPOINT(Bare, "/bare")
public:
    explicit Bare(Script& script) : script_{script} {}

    ON_OPEN(opened)
    void opened(Session session) {
        script_.journal.add("open");
        script_.onOpen(session);
    }
    ON_MESSAGE(said)
    Script::Reply said(Session session, std::string_view text) {
        script_.journal.add("message " + std::string{text});
        return script_.onMessage(session, text);
    }
    ON_CLOSE(left)
    void left(CloseReason reason) { script_.journal.add(closeLine(reason)); }

private:
    Script& script_;
};

/// Waits but a moment for its peer.
class Impatient {
    SERVER_ENDPOINT(Impatient, "/impatient", .idleTimeout = 80ms)
public:
    explicit Impatient(Script& script) : script_{script} {}

    ON_OPEN(opened)
    void opened(Session session) { script_.onOpen(session); }
    ON_CLOSE(left)
    void left(CloseReason reason) { script_.journal.add(closeLine(reason)); }

private:
    Script& script_;
};

}  // namespace patchbay::test
