#pragma once
// Who is there now: sessions in all, of each source, of each user, and strangers (who have not said yet who they are) among them; and the purses
// that they share. As much as there are open sessions, in memory that goes round: who comes and goes has nothing allocated. Of a source or user
// whose last session has gone, a purse that is not full is kept in a small table (Places.hpp).

#include "NodeMemory.hpp"
#include "Places.hpp"
#include "Purse.hpp"
#include "Source.hpp"

#include <patchbay/clock.hpp>
#include <patchbay/session.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace patchbay::guard {

/// Whom a session is counted for.
struct Who {
    std::optional<Source> address;  ///< none where it has no address
    std::optional<Source> user;     ///< none for nobody in particular
    bool isStranger = false;
};

/// What a source still owes that is not there now.
struct Owed {
    std::uint64_t bits = 0;
    Clock::time_point messages{}, bytes{};
    Clock::time_point full() const noexcept { return std::max(messages, bytes); }
};

/// Thread: any.
class Census {
public:
    /// How many there may be; 0: without a limit.
    struct Limits {
        std::size_t sessions = 0;
        std::size_t ofAddress = 0;
        std::size_t ofUser = 0;
        std::size_t strangers = 0;
        std::size_t strangersOfAddress = 0;
    };
    enum class Verdict : std::uint8_t { Welcome, TooManyInAll, TooManyStrangers, TooManyOfAddress, TooManyStrangersOfAddress, TooManyOfUser };
    struct Entry {
        Verdict verdict = Verdict::Welcome;
        std::shared_ptr<MessageToll> toll = {};  ///< what it pays from now on; nullptr: nothing
    };
    /// Units: of the table, where messages have a price.
    static constexpr std::size_t kBytes = Places<Owed>::bytes(Room::ForSome);

    Census(const Limits& limits, const Prices& prices, std::shared_ptr<ServerClock> clock);

    /// Of one more.
    Verdict wouldBe(const Who& who) const;
    /// One more; what is too many then.
    Entry add(const Session& session, const Who& who);
    /// Somebody who was there has said who it is, if it is a user.   Requires: added.
    Entry name(const Session& session, const Source& user);
    /// Nothing where it is not there.
    void remove(const Session& session);
    /// Those whose address is one of these.
    std::vector<Session> sessionsOf(const std::function<bool(const Source&)>& isOne) const;

private:
    struct Party {
        std::size_t sessions = 0;
        std::size_t strangers = 0;
        std::shared_ptr<Purse> purse = nullptr;
    };
    struct Guest {
        Guest(const Session& itsSession, const Who& itIs) : session{itsSession}, who{itIs} {}

        Session session;
        Who who;
        Party *address = nullptr, *user = nullptr;  // nullptr: nobody in particular
    };

    const Party* find(const std::optional<Source>& source) const;
    Party* join(const std::optional<Source>& source);
    Verdict judge(const Who& who, const Party* address, const Party* user, std::size_t more) const;
    Entry welcome(const Guest& guest);
    void leave(const Source& source, Party& party);
    const std::shared_ptr<Purse>& purseOf(const Source& source, Party& party);
    Owed owedBy(const Source& source);
    void keep(const Source& source, const Owed& owed);

    const Limits limits_;
    const Prices prices_;
    const std::shared_ptr<ServerClock> clock_;
    mutable std::mutex lock_;  // guards what follows
    std::size_t strangers_ = 0;
    SpareNodes spareGuests_, spareParties_;
    std::unordered_map<SessionId, Guest, std::hash<SessionId>, std::equal_to<>, NodeMemory<std::pair<const SessionId, Guest>>> guests_;
    std::unordered_map<Source, Party, SourceHash, std::equal_to<>, NodeMemory<std::pair<const Source, Party>>> parties_;
    std::optional<Places<Owed>> owed_;          // where messages have a price
    Clock::time_point allIsPaid_{};             // when nobody owes anything any more; never: nobody ever has
    std::vector<std::shared_ptr<Purse>> spare_; // of those who have gone
};

}  // namespace patchbay::guard
