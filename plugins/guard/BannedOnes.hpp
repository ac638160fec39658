#pragma once
// Who is banned now, by whom, and until when: by code (the service Bans), and by the operator, whose list is replaced as a whole. A ban is there
// before sessions are looked for that it ends, and who comes is looked for in it after it is counted: nobody is missed between.

#include "Census.hpp"
#include "Source.hpp"

#include <patchbay/bans.hpp>
#include <patchbay/clock.hpp>
#include <patchbay/users.hpp>

#include <chrono>
#include <cstddef>
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
    static constexpr std::size_t kLongestName = 256;

    /// Errors: as Bans::ban().
    void add(const Ban& ban, Time now);
    bool remove(Ban::Of of, std::string_view whom);
    bool has(const Source& address, Time now) const { return holds(addresses_, address, now); }
    bool has(std::string_view user, Time now) const { return holds(users_, user, now); }
    void appendTo(std::vector<Ban>& list, Time now) const;

private:
    template <class Whom>
    using Ends = std::map<Whom, Time, std::less<>>;
    static bool holds(const auto& ends, const auto& whom, Time now) {
        const auto place = ends.find(whom);
        return place != ends.end() && place->second > now;
    }
    void makeRoom(Time now);

    Ends<Source> addresses_;
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
    bool has(const Source& address) const { return holds(address); }
    bool has(std::string_view user) const { return holds(user); }

private:
    bool holds(const auto& whom) const {
        const auto now = clock_->timeOfDay();
        const std::lock_guard guard{lock_};
        return operators_.has(whom, now) || codes_.has(whom, now);
    }
    std::size_t endSessions(const Ban& ban) const;

    const std::shared_ptr<ServerClock> clock_;
    const std::shared_ptr<Users> users_;
    const std::shared_ptr<Census> census_;
    mutable std::mutex lock_;  // guards what follows
    BanSet operators_, codes_;
};

}  // namespace patchbay::guard
