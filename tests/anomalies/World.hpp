#pragma once
// What the cells of the promises share: a server with one, two or four loops, an endpoint that does what a test lays
// down for it, and clients on loopback sockets.

#include "integration/Probe.hpp"
#include "integration/SessionBox.hpp"

#include <patchbay/config.hpp>
#include <patchbay/topics.hpp>

#include <atomic>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace patchbay::test {

using namespace std::chrono_literals;

/// What is to be done at a place: "open", "close", "destroyed", or whatever text a client sends.   Thread: any.
class Desk {
public:
    using Action = std::function<void(const Session&, Topics&)>;

    void at(std::string place, Action action) {
        const std::lock_guard guard{lock_};
        actions_[std::move(place)] = std::move(action);
    }
    /// What an endpoint may keep of its topics, beyond its server.
    void keep(std::shared_ptr<Topics> topics) {
        const std::lock_guard guard{lock_};
        kept_ = std::move(topics);
    }
    std::shared_ptr<Topics> kept() {
        const std::lock_guard guard{lock_};
        return kept_;
    }
    /// False when nothing was laid down for it.
    bool act(std::string_view place, const Session& session, Topics& topics) {
        Action action;
        {
            const std::lock_guard guard{lock_};
            const auto found = actions_.find(place);
            if (found == actions_.end()) return false;
            action = found->second;
        }
        action(session, topics);
        return true;
    }

    Journal journal;

private:
    std::mutex lock_;
    std::map<std::string, Action, std::less<>> actions_;
    std::shared_ptr<Topics> kept_;
};

/// Text for which nothing is laid down comes back; "fence" comes back behind everything that waits for the loop.
class Room {
    SERVER_ENDPOINT(Room, "/room/{name}", .sendQueue = {.bytes = 64_MiB})
public:
    Room(Desk& desk, SessionBox& box, std::shared_ptr<Topics> topics)
        : desk_{desk}, box_{box}, topics_{std::move(topics)} {
        desk_.keep(topics_);
    }
    ~Room() { desk_.act("destroyed", session_, *topics_); }

    ON_OPEN(opened)
    void opened(Session session) {
        session_ = session;
        desk_.act("open", session, *topics_);
        box_.put(session);
    }
    ON_MESSAGE(said)
    void said(Session session, std::string_view text) {
        if (text == "fence") return session.post([session] { session.send("fence"); });
        if (!desk_.act(text, session, *topics_)) session.send(text);
    }
    ON_CLOSE(closed)
    void closed(Session session, CloseReason reason) {
        desk_.act("close", session, *topics_);
        desk_.journal.add(lineOf(reason));
    }

private:
    Desk& desk_;
    SessionBox& box_;
    const std::shared_ptr<Topics> topics_;
    Session session_;
};

/// A stop does not wait long for peers that never answer.
inline ServerConfig configFor(int loops) {
    ServerConfig config = quickConfig();
    config.server.loops = static_cast<std::size_t>(loops);
    config.server.drainTimeout = 200ms;
    return config;
}

/// The parameter is the number of loops. Connections go to the loops in turn.
class OnLoops : public testing::TestWithParam<int> {
protected:
    struct Guest {
        RawWebSocket peer;
        Session session;
    };

    OnLoops() : server_{std::make_unique<TestServer>(configFor(GetParam()))} {
        server()->provide(desk_);
        server()->provide(box_);
    }
    TestServer& server() { return *server_; }
    Journal& journal() { return desk_->journal; }
    /// Starts the server when it does not run yet.
    Guest guest() {
        if (!started_) server().start<Room>();
        started_ = true;
        RawWebSocket peer = server().connect("/room/x");
        Session session = box_->take();
        return {std::move(peer), std::move(session)};
    }
    /// Two on each loop.
    std::vector<Guest> guests() {
        std::vector<Guest> all;
        for (int i = 0; i < 2 * GetParam(); ++i) all.push_back(guest());
        return all;
    }
    Topics& topics() { return server()->topicsOf<Room>(); }
    std::shared_ptr<Topics> keptTopics() { return desk_->kept(); }
    void at(std::string place, Desk::Action action) { desk_->at(std::move(place), std::move(action)); }
    void note(std::string line) { desk_->journal.add(std::move(line)); }
    /// No server, but whoever wants may hold its handles.
    void destroyServer() { server_.reset(); }
    /// Calls `check` when the server has stopped, and when it is gone.
    template <class Check>
    void afterTheStop(Check check) {
        (void)server()->stop();
        check();
        destroyServer();
        check();
    }

    /// Everything that was put on its way to `guest` before and was not read yet.
    static std::vector<std::string> heard(Guest& guest) {
        std::vector<std::string> texts;
        guest.peer.text("fence");
        for (;;) {
            texts.push_back(guest.peer.nextText());
            if (texts.back() == "fence") break;
        }
        texts.pop_back();
        return texts;
    }
    /// Makes `guest`'s loop do `place`.
    static void ask(Guest& guest, std::string_view place) { guest.peer.text(place); }

private:
    const std::shared_ptr<Desk> desk_ = std::make_shared<Desk>();
    const std::shared_ptr<SessionBox> box_ = std::make_shared<SessionBox>();
    std::unique_ptr<TestServer> server_;
    bool started_ = false;
};

/// "SessionClosed" when `call` throws that, "fine" when it returns.
template <class Call>
std::string outcomeOf(Call call) {
    try {
        call();
        return "fine";
    } catch (const SessionClosed&) {
        return "SessionClosed";
    }
}

/// Runs `action` when the last copy goes, unless it was moved from.
class AtDestruction {
public:
    explicit AtDestruction(std::function<void()> action) : action_{std::make_shared<Last>(std::move(action))} {}

private:
    struct Last {
        explicit Last(std::function<void()> theAction) : action{std::move(theAction)} {}
        Last(const Last&) = delete;
        ~Last() { action(); }
        std::function<void()> action;
    };
    std::shared_ptr<Last> action_;
};

// A suite for each row of the table.
class Send : public OnLoops {};
class Publish : public OnLoops {};
class Subscribe : public OnLoops {};
class Unsubscribe : public OnLoops {};
class Post : public OnLoops {};
class Timer : public OnLoops {};
class Close : public OnLoops {};
class Property : public OnLoops {};

}  // namespace patchbay::test
