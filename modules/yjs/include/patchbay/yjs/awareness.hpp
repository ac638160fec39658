#pragma once
// Awareness: who is here, and where their cursors are. A state is JSON and lives as long as its client renews it; nothing of it is kept.
//
//   update = varuint n, n × { varuint client, varuint clock, varstring JSON }       the JSON `null`: gone
//
// A client's id belongs to the source that said it first, until that leaves or the state runs out. Clients repeat what they hear of others,
// which is passed over; only what would change another's state is refused.
//
// Source: y-protocols 1.0.

#include <patchbay/yjs/document.hpp>

#include <chrono>
#include <map>
#include <string>

namespace patchbay::yjs {

struct AwarenessLimits {
    /// Of one document. Those who have gone lately are remembered as long as there is room for them too.
    std::size_t maxClients = 1'000;
    /// Ids that one source may bring: a client has one, and another after each time that it was made anew.
    std::size_t maxClientsOfSource = 16;
    /// Of one state.   Units: bytes of JSON.
    std::size_t maxStateBytes = std::size_t{16} << 10;
    /// After so long without a renewal a client is gone; they renew every 15 s.
    std::chrono::milliseconds lifetime = std::chrono::seconds{30};
};

/// What has become of an update.
struct AwarenessApplied {
    /// If there is one, nothing has been taken.
    Fault fault;
    /// What is new, for everybody; empty if nothing is.
    Buffer relay;
    /// States of others' clients, which were left as they are.
    std::size_t refused = 0;
    /// One of those.
    ClientId refusedClient = 0;
};

/// Thread: one at a time.
class Awareness {
public:
    using Time = std::chrono::steady_clock::time_point;

    explicit Awareness(const AwarenessLimits& limits = {}) : limits_{limits} {}

    AwarenessApplied apply(Bytes update, SourceId source, Time now);
    /// A source has gone, and its clients with it. Returns what the others are to be told; empty if that is nothing.
    Buffer leave(SourceId source, Time now);
    /// Drops who has not renewed. Returns as leave().
    Buffer expire(Time now);
    /// All states, for somebody who comes; empty if there are none.
    Buffer encode() const;

    std::size_t clients() const noexcept { return states_.size(); }
    /// How many who have gone it remembers; with clients() no more than AwarenessLimits::maxClients.
    std::size_t remembered() const noexcept { return gone_.size(); }

    /// An update of nothing, for clients that close what has said nothing for 30 s.
    static Buffer keepAlive();

private:
    struct State {
        std::uint64_t clock;
        std::string json;
        SourceId source;
        Time renewed;
    };
    /// The last clock of one who has gone: an echo does not bring them back.
    struct Gone {
        std::uint64_t clock;
        Time at;
    };
    struct Entry {
        ClientId client;
        std::uint64_t clock;
        std::string_view json;
    };

    Fault read(Bytes update, std::vector<Entry>& entries) const;
    bool isNew(const Entry& entry) const;
    bool isOfAnother(const Entry& entry, SourceId source) const;
    /// Forgets who has gone first, where there are too many.
    void makeRoom();
    template <class Predicate>
    Buffer dropIf(Predicate predicate, Time now);

    AwarenessLimits limits_;
    std::map<ClientId, State> states_;
    std::map<ClientId, Gone> gone_;
};

}  // namespace patchbay::yjs
