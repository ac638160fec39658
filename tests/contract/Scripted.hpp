#pragma once
// An endpoint whose handlers do what a test says, and write down that they ran; inline, on the pool, or as coroutines:
//
//     open | message <text> | error <what> | close <code> <cause> <text>

#include "support/Journal.hpp"

#include <patchbay/annotations.hpp>
#include <patchbay/async.hpp>
#include <patchbay/configurator.hpp>
#include <patchbay/executor.hpp>
#include <patchbay/topics.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

/// Where the handlers of an executable's endpoints run, and how: its main file says.
enum class HandlerKind : std::uint8_t { Inline, Worker, Coroutine };
extern const HandlerKind kHandlers;

template <Dispatch where>
class ScriptedOn {
    SERVER_ENDPOINT(ScriptedOn, "/scripted/{room}", .subprotocols = {"v2", "v1"}, .configurator = configuredBy<Doorman>,
                    .origins = {"https://friend.example"}, .maxMessageSize = 1_KiB, .dispatch = where)
public:
    explicit ScriptedOn(Script& script) : script_{script} {}

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
template <Dispatch where>
class BareOn {
    SERVER_ENDPOINT(BareOn, "/bare", .dispatch = where)
public:
    explicit BareOn(Script& script) : script_{script} {}

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
template <Dispatch where>
class ImpatientOn {
    SERVER_ENDPOINT(ImpatientOn, "/impatient", .idleTimeout = 80ms, .dispatch = where)
public:
    explicit ImpatientOn(Script& script) : script_{script} {}

    ON_OPEN(opened)
    void opened(Session session) { script_.onOpen(session); }
    ON_CLOSE(left)
    void left(CloseReason reason) { script_.journal.add(closeLine(reason)); }

private:
    Script& script_;
};

// ------------------------------------------------------------------------------------------------ as coroutines

/// Suspends once; a session that ends meanwhile goes on at once.
inline Async<> suspension(Executor& executor) {
    try {
        co_await executor.run([] {});
    } catch (const Cancelled&) {
    }
}

/// Suspends in each handler once, before it does anything.
class ScriptedCoroutines {
    SERVER_ENDPOINT(ScriptedCoroutines, "/scripted/{room}", .subprotocols = {"v2", "v1"}, .configurator = configuredBy<Doorman>,
                    .origins = {"https://friend.example"}, .maxMessageSize = 1_KiB)
public:
    ScriptedCoroutines(Script& script, Executor& executor) : script_{script}, executor_{executor} {}

    ON_OPEN(opened)
    Async<> opened(Session session) {
        co_await suspension(executor_);
        script_.onOpen(session);
        script_.journal.add("open");
    }
    ON_MESSAGE(said)
    Async<Script::Reply> said(Session session, std::string text) {
        co_await suspension(executor_);
        script_.journal.add("message " + text);
        co_return script_.onMessage(session, text);
    }
    ON_MESSAGE(bytes)
    Async<std::vector<std::byte>> bytes(std::vector<std::byte> payload) {
        co_await suspension(executor_);
        co_return payload;
    }
    ON_CLOSE(left)
    Async<> left(Session session, CloseReason reason) {
        co_await suspension(executor_);
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
    Executor& executor_;
};

class BareCoroutines {
    SERVER_ENDPOINT(BareCoroutines, "/bare")
public:
    BareCoroutines(Script& script, Executor& executor) : script_{script}, executor_{executor} {}

    ON_OPEN(opened)
    Async<> opened(Session session) {
        co_await suspension(executor_);
        script_.journal.add("open");
        script_.onOpen(session);
    }
    ON_MESSAGE(said)
    Async<Script::Reply> said(Session session, std::string text) {
        co_await suspension(executor_);
        script_.journal.add("message " + text);
        co_return script_.onMessage(session, text);
    }
    ON_CLOSE(left)
    Async<> left(CloseReason reason) {
        co_await suspension(executor_);
        script_.journal.add(closeLine(reason));
    }

private:
    Script& script_;
    Executor& executor_;
};

class ImpatientCoroutines {
    SERVER_ENDPOINT(ImpatientCoroutines, "/impatient", .idleTimeout = 80ms)
public:
    ImpatientCoroutines(Script& script, Executor& executor) : script_{script}, executor_{executor} {}

    ON_OPEN(opened)
    Async<> opened(Session session) {
        co_await suspension(executor_);
        script_.onOpen(session);
    }
    ON_CLOSE(left)
    Async<> left(CloseReason reason) {
        co_await suspension(executor_);
        script_.journal.add(closeLine(reason));
    }

private:
    Script& script_;
    Executor& executor_;
};

// ------------------------------------------------------------------------------------------------ whichever it is

template <class World>
void deployScripted(World& world) {
    switch (kHandlers) {
        case HandlerKind::Inline:
            return world.template deploy<ScriptedOn<Dispatch::Loop>>();
        case HandlerKind::Worker:
            return world.template deploy<ScriptedOn<Dispatch::Worker>>();
        case HandlerKind::Coroutine:
            return world.template deploy<ScriptedCoroutines>();
    }
}

template <class World>
Topics& topicsOfScripted(World& world) {
    if (kHandlers == HandlerKind::Inline) return world.template topicsOf<ScriptedOn<Dispatch::Loop>>();
    if (kHandlers == HandlerKind::Worker) return world.template topicsOf<ScriptedOn<Dispatch::Worker>>();
    return world.template topicsOf<ScriptedCoroutines>();
}

template <class World>
void deployOthers(World& world) {
    switch (kHandlers) {
        case HandlerKind::Inline:
            world.template deploy<BareOn<Dispatch::Loop>>();
            return world.template deploy<ImpatientOn<Dispatch::Loop>>();
        case HandlerKind::Worker:
            world.template deploy<BareOn<Dispatch::Worker>>();
            return world.template deploy<ImpatientOn<Dispatch::Worker>>();
        case HandlerKind::Coroutine:
            world.template deploy<BareCoroutines>();
            return world.template deploy<ImpatientCoroutines>();
    }
}

}  // namespace patchbay::test
