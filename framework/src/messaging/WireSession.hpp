#pragma once
// A session of a client of `patchbay.1`: its hello, its requests, its silence. Handlers see a session as any other.
//
//     open ──> AwaitsHello ── hello ──> AwaitsName ── its token has been looked at ──> AwaitsAnswers ── the store has said what it
//     knows ──> Greeted: welcome, then the open handler
//
// - What is not to come before welcome ends the session with 1002, what is no JSON with 1007.
// - Everything that a client asks for goes through its session's strand, in the order in which it comes; what it sends wrongly is answered
//   as it comes.
// - A request's outcome is told when it is recorded (Once), to whatever connection of its client waits for it.
// Source: framework/WIRE.md
//
// Thread: the session's loop's, where nothing else is said.

#include "base/Loop.hpp"
#include "messaging/JoinedTopic.hpp"
#include "messaging/Once.hpp"
#include "messaging/WireCarrier.hpp"
#include "wire/Objects.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay::wire {
struct Error;
}

namespace patchbay::messaging {

class SessionCore;

class WireSession {
public:
    /// Requires: the session has it.
    explicit WireSession(SessionCore& session) noexcept : session_{session} {}
    WireSession(const WireSession&) = delete;
    ~WireSession();

    /// Comes between the session and its carrier.
    std::unique_ptr<Carrier> wrap(std::unique_ptr<Carrier> carrier);
    /// The session waits for its client's hello.
    void await();
    void receive(MessageKind kind, Bytes message) noexcept;
    /// Something that it has waited for may be there: who its peer is, or that receiving goes on.
    void goOn() noexcept;
    /// Its principal has been replaced, and may be here.
    void principalChanged() noexcept;
    /// Nothing is said any more, and no time is counted.
    void end() noexcept;

    // ---- for its carrier ----
    void carrierEnded() noexcept { carrier_ = nullptr; }
    void sent(SendStatus status) noexcept;

    // ---- for events ----
    SessionCore& session() const noexcept { return session_; }
    /// Says a message of objects. Where there is no room for it the session ends, whatever its queue's policy: nothing of it may be missing.
    void say(std::string_view message) noexcept;
    void refuse(std::uint64_t id, const wire::Error& why) noexcept;
    const std::shared_ptr<Once::Client>& client() const noexcept { return client_; }
    /// The public name of its client.
    const std::string& you() const noexcept { return you_; }
    /// To be called from any thread with what a request has come to.
    Once::Client::Told teller(std::uint64_t id, MessageKind kind, Bytes data);
    /// An outcome that the store alone has.
    void fetch(std::uint64_t id) noexcept;
    void refresh(const wire::Auth& auth) noexcept;
    void join(const wire::Join& join) noexcept;
    void leave(const wire::Leave& leave) noexcept;
    void history(const wire::History& history) noexcept;

    // ---- for topics ----
    /// How it joins: it is told of it, and where it was counts, if its hello has said so and nobody else has.   Thread: any.
    void complete(std::string_view topic, Subscribing& how);
    /// It is in that topic from here on, and is shown that.
    void joined(const JoinedTopic& joined) noexcept;
    /// It is there no longer, without having asked.   `why`: nullptr: the application's.
    void left(std::string_view topic, const wire::Error* why) noexcept;
    bool isIn(std::string_view topic) const;
    /// Publications have fallen to the policy of a queue.
    void lostSome() noexcept;

private:
    enum class Stage : std::uint8_t { AwaitsHello, AwaitsName, AwaitsAnswers, Greeted };

    void take(wire::ClientObject object);
    void awaitWelcome();
    void begin(wire::Hello hello);
    void greet(bool known) noexcept;
    void request(const wire::Request& request);
    template <class Object, class Do>
    void inOrder(Object object, Do act);
    void fetchThose() noexcept;
    void fetched(const std::vector<std::string>& outcomes) noexcept;
    bool showToken(const std::string& token);
    void breach(std::string_view rule) noexcept;
    std::optional<std::uint64_t> expires() const;
    void watch();
    void look() noexcept;
    void endJoins(std::string_view topic) noexcept;
    void tellWhereTopicsStand() noexcept;

    SessionCore& session_;
    WireCarrier* carrier_ = nullptr;
    Stage stage_ = Stage::AwaitsHello;
    std::string secret_;
    std::string you_;
    std::uint64_t next_ = 1;
    std::uint64_t lastRequest_ = 0;  // the id of its last one here
    std::multimap<std::string, std::uint64_t, std::less<>> joining_;  // ids of joins that have not been told
    std::shared_ptr<Once::Client> client_;
    std::vector<std::uint64_t> refreshing_;  // ids of tokens that are being looked at
    std::chrono::seconds ping_{};
    // One at a time of each: a page or a client's outcomes may be much to hold.
    bool fetches_ = false;       // outcomes from the store
    std::vector<std::uint64_t> fetching_;  // whose are read next
    bool readsHistory_ = false;  // a page of a topic's
    TimerId timer_ = 0;  // until its hello is due; then welcome; then until somebody has been silent for too long
    Clock::time_point lastSent_{};
    std::optional<Clock::time_point> asked_;  // when it was asked for a sign of life
    std::uint32_t pings_ = 0;                 // of its own that no `{}` has answered: so many to come are answers
    TimerId atTimer_ = 0;                     // until there may be room to say where topics stand; 0: nothing was lost
    std::mutex lock_;                         // guards what follows
    std::map<std::string, wire::Position> since_;  // what it has last seen of topics that it has not joined again
};

}  // namespace patchbay::messaging
