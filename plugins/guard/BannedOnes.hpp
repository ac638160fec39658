#pragma once
// Who is banned now, by whom, and until when: by code (the service Bans), and by the operator, whose list is replaced as a whole. A ban is there
// before sessions are looked for that it ends, and who comes is looked for in it after it is counted: nobody is missed between.

#include "Census.hpp"
#include "Source.hpp"

#include <patchbay/bans.hpp>
#include <patchbay/clock.hpp>
#include <patchbay/users.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace patchbay::guard {

/// Of one who bans.   Thread: one at a time.
class BanSet {
public:
    using Time = std::chrono::system_clock::time_point;
    static constexpr std::size_t kMost = 4096;

    /// Errors: as Bans::ban().
    void add(const Ban& ban, Time now);
    bool remove(Ban::Of of, std::string_view whom);
    /// One of its networks.
    bool has(const Source& address, Time now) const;
    bool has(std::string_view user, Time now) const { return holds(users_, user, now); }
    /// Just that one.
    bool has(const Ban& ban, Time now) const;
    bool empty() const noexcept { return networks_.empty() && users_.empty(); }
    void appendTo(std::vector<Ban>& list, Time now) const;

private:
    template <class Whom>
    using Ends = std::map<Whom, Time, std::less<>>;
    static bool holds(const auto& ends, const auto& whom, Time now) {
        const auto place = ends.find(whom);
        return place != ends.end() && place->second > now;
    }
    void makeRoom(Time now);
    void noteLengths();

    Ends<Network> networks_;
    std::vector<std::pair<Source::Kind, std::uint8_t>> lengths_;  // that networks have: which one is asked for
    Ends<std::string> users_;
};

class BannedOnes final : public Bans {
public:
    BannedOnes(std::shared_ptr<ServerClock> clock, std::shared_ptr<Users> users, std::shared_ptr<Census> census)
        : clock_{std::move(clock)}, users_{std::move(users)}, census_{std::move(census)} {}

    std::size_t ban(const Ban& ban) override;
    bool lift(Ban::Of of, std::string_view whom) override;
    std::vector<Ban> list() const override;

    /// Those of the operator, instead of those before. Returns how many sessions that ended.
    /// Errors: as ban(), and for too many; then it is as it was.
    std::size_t setOperators(const std::vector<Ban>& bans);
    bool hasSome() const noexcept {
        // Read by a write, so that it comes before or after that of who bans: then he sees the session, or it the ban.
        return some_.fetch_or(0, std::memory_order_acq_rel) != 0;
    }
    bool has(const Source& address) const { return holds(address); }
    bool has(std::string_view user) const { return holds(user); }

private:
    bool holds(const auto& whom) const {
        if (!hasSome()) return false;
        const auto now = clock_->timeOfDay();
        const std::lock_guard guard{lock_};
        return operators_.has(whom, now) || codes_.has(whom, now);
    }
    void noteSome() { some_.exchange(operators_.empty() && codes_.empty() ? 0 : 1, std::memory_order_acq_rel); }
    std::size_t endSessions(const Ban& ban) const;

    const std::shared_ptr<ServerClock> clock_;
    const std::shared_ptr<Users> users_;
    const std::shared_ptr<Census> census_;
    mutable std::atomic<int> some_{0};  // 0: nobody is banned, as mostly
    mutable std::mutex lock_;           // guards what follows
    BanSet operators_, codes_;
};

}  // namespace patchbay::guard
