#pragma once
// The endpoint of the simulation, and what else of an application's there is: its listener and its tasks. All of them do
// what the script says.

#include "Simulation.hpp"

#include <patchbay/annotations.hpp>
#include <patchbay/hooks.hpp>

namespace patchbay::simulation {

class Room {
    SERVER_ENDPOINT(Room, "/room")
public:
    explicit Room(Simulation& simulation) : simulation_{simulation}, connection_{simulation.begins()} {}
    Room(const Room&) = delete;
    ~Room() { simulation_.destroyed(connection_); }

    ON_OPEN(opened)
    void opened() { simulation_.opened(connection_); }
    ON_MESSAGE(said)
    void said(std::string_view text) { simulation_.said(connection_, asBytes(text)); }
    ON_MESSAGE(given)
    void given(Bytes bytes) { simulation_.said(connection_, bytes); }
    ON_CLOSE(closed)
    void closed(CloseReason reason) { simulation_.closed(connection_, reason); }
    ON_ERROR(failed)
    void failed(const std::exception&) { simulation_.failed(connection_); }

private:
    Simulation& simulation_;
    Connection& connection_;
};

/// What a coroutine has returned, until the framework has sent it, or could not.
class Reply {
public:
    Reply(Simulation& simulation, Connection& from, Model::Call call, Bytes payload)
        : sender{from}, number{call}, text{asText(payload)}, simulation_{simulation} {}
    Reply(const Reply&) = delete;
    ~Reply() { simulation_.replied(*this); }

    Connection& sender;
    const Model::Call number;
    const std::string text;
    // as it was before
    const bool wasOpen = sender.isOpen(), loopHasRoom = sender.loop().queue().hasRoom(text.size() + Model::kBesidePayload);
    const std::uint64_t dropped = sender.session().droppedMessages();
    const int exceptions = std::uncaught_exceptions();

private:
    Simulation& simulation_;
};

struct Answer {
    std::unique_ptr<Reply> reply;

    operator std::string_view() const noexcept { return reply->text; }
};

/// The same with handlers that may wait. `Given`: what it answers to bytes; void is nothing.
template <class Given>
class SlowRoom {
    SERVER_ENDPOINT(SlowRoom, "/slow-room")
public:
    explicit SlowRoom(Simulation& simulation) : simulation_{simulation}, connection_{simulation.begins()} {}
    SlowRoom(const SlowRoom&) = delete;
    ~SlowRoom() { simulation_.destroyed(connection_); }

    ON_OPEN(opened)
    Async<void> opened() { co_await simulation_.openedSlowly(connection_); }
    ON_MESSAGE(said)
    Async<void> said(std::string text) { co_await simulation_.saidSlowly(connection_, asBytes(text)); }
    ON_MESSAGE(given)
    Async<Given> given(std::vector<std::byte> bytes) {
        co_await simulation_.saidSlowly(connection_, bytes);
        if constexpr (!std::is_void_v<Given>) {
            Given answer{simulation_.reply(connection_)};  // with a name: GCC 12 destroys such a temporary twice
            co_return answer;
        }
    }
    ON_CLOSE(closed)
    Async<void> closed(CloseReason reason) { co_await simulation_.closedSlowly(connection_, reason); }
    ON_ERROR(failed)
    Async<void> failed(std::exception_ptr) { co_await simulation_.failedSlowly(connection_); }

private:
    Simulation& simulation_;
    Connection& connection_;
};

class Listener final : public SessionListener {
public:
    explicit Listener(Simulation& simulation) noexcept : simulation_{simulation} {}
    void opened(const Session& session) override { simulation_.told(Model::Part::Opened, session, nullptr); }
    void closed(const Session& session, const CloseReason& reason) override {
        simulation_.told(Model::Part::Closed, session, &reason);
    }

private:
    Simulation& simulation_;
};

/// A task that was given to the framework: it is told when it runs and when it goes.
class Given {
public:
    Given(Simulation& simulation, std::uint32_t number) noexcept : simulation_{&simulation}, number_{number} {}
    Given(Given&& other) noexcept : simulation_{std::exchange(other.simulation_, nullptr)}, number_{other.number_} {}
    Given& operator=(Given&&) = delete;
    ~Given() {
        if (simulation_) simulation_->taskGone(number_);
    }
    void operator()() const { simulation_->runTask(number_); }

private:
    Simulation* simulation_;
    std::uint32_t number_;
};

/// The value of a property.
class Valuable {
public:
    Valuable(std::size_t& alive, int theValue) noexcept : value{theValue}, alive_{&alive} { ++alive; }
    Valuable(const Valuable& other) noexcept : Valuable{*other.alive_, other.value} {}
    Valuable& operator=(const Valuable&) = default;
    ~Valuable() { --*alive_; }

    int value;

private:
    std::size_t* alive_;
};

}  // namespace patchbay::simulation
