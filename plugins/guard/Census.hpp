#pragma once
// Who is there now: sessions in all, of each source, of each user, and strangers (who have not said yet who they are) among them; and the purses
// that they share. As much as there are open sessions: of a source or user whose last one has gone, a purse that is not full is kept in two
// small tables (Buckets).

#include "Buckets.hpp"
#include "Purse.hpp"

#include <patchbay/session.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

namespace patchbay::guard {

/// Whom a session is counted for.
struct Who {
    std::optional<Source> address;  ///< none where it has no address
    std::optional<Source> user;     ///< none for nobody in particular
    bool isStranger = false;
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

    Census(const Limits& limits, const Prices& prices);

    /// Of one more.
    Verdict wouldBe(const Who& who) const;
    /// One more; what is too many then.
    Verdict add(const Session& session, const Who& who);
    /// Somebody who was there has said who it is, if it is a user.   Requires: added.
    Verdict name(const Session& session, const Source& user);
    /// Nothing where it is not there.
    void remove(const Session& session, Clock::time_point now);
    /// What it pays from now on; nullptr: nothing.
    std::shared_ptr<MessageToll> tollOf(const Session& session, Clock::time_point now);
    /// Those of an address.
    std::vector<Session> sessionsOf(const Source& address) const;
    /// Of the tables.
    std::size_t bytes() const noexcept;

private:
    struct Count {
        std::size_t sessions = 0;
        std::size_t strangers = 0;
    };
    struct Party {
        Count count = {};
        std::shared_ptr<Purse> purse = nullptr;
    };
    struct Guest {
        Session session;
        Who who;
    };
    /// Of whoever is not there.
    struct Purses {
        Buckets messages, bytes;
    };

    enum class Gone : std::uint8_t { Known, AsStranger };

    Count countOf(const Source& source) const;
    Verdict judge(const Who& who, std::size_t more) const;
    void leave(const Source& source, Gone gone, Clock::time_point now);
    std::shared_ptr<Purse> purseOf(const std::optional<Source>& source, Clock::time_point now);

    const Limits limits_;
    const Prices prices_;
    mutable std::mutex lock_;  // guards what follows
    std::size_t strangers_ = 0;
    std::unordered_map<SessionId, Guest> guests_;
    std::unordered_map<Source, Party, SourceHash> parties_;
    std::optional<Purses> purses_;
};

}  // namespace patchbay::guard
