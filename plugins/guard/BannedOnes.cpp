#include "BannedOnes.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace patchbay::guard {
namespace {

Source addressOf(std::string_view text) {
    std::string_view bare = text;
    if (bare.ends_with("/64")) bare.remove_suffix(3);  // as list() says it
    if (const auto source = Source::of(bare)) return *source;
    throw std::invalid_argument{"a ban: \"" + std::string{text} + "\" is no address; write 192.0.2.7, or 2001:db8:1:2::"};
}

void requireName(std::string_view name) {
    if (name.empty()) throw std::invalid_argument{"a ban: the name of a user is empty; who has none is banned by his address"};
    if (name.size() > BanSet::kLongestName) throw std::invalid_argument{"a ban: the name of a user is longer than 256 bytes"};
}

/// Whose end is the first.
auto firstEnd(auto& ends) {
    return std::ranges::min_element(ends, {}, [](const auto& each) { return each.second; });
}

}  // namespace

void BanSet::add(const Ban& ban, Time now) {
    if (ban.of == Ban::Of::User) {
        requireName(ban.whom);
        if (!users_.contains(ban.whom)) makeRoom(now);
        users_.insert_or_assign(ban.whom, ban.end);
        return;
    }
    const Source address = addressOf(ban.whom);
    if (!addresses_.contains(address)) makeRoom(now);
    addresses_.insert_or_assign(address, ban.end);
}

void BanSet::makeRoom(Time now) {
    if (addresses_.size() + users_.size() < kMost) return;
    const auto isOver = [now](const auto& each) { return each.second <= now; };
    if (std::erase_if(addresses_, isOver) + std::erase_if(users_, isOver) > 0) return;
    const auto address = firstEnd(addresses_);
    const auto user = firstEnd(users_);
    const bool ofUser = address == addresses_.end() || (user != users_.end() && user->second < address->second);
    ofUser ? static_cast<void>(users_.erase(user)) : static_cast<void>(addresses_.erase(address));
}

bool BanSet::remove(Ban::Of of, std::string_view whom) {
    if (of == Ban::Of::Address) return addresses_.erase(addressOf(whom)) > 0;
    const auto place = users_.find(whom);
    if (place == users_.end()) return false;
    users_.erase(place);
    return true;
}

void BanSet::appendTo(std::vector<Ban>& list, Time now) const {
    for (const auto& [address, end] : addresses_) {
        if (end > now) list.push_back({Ban::Of::Address, address.text(), end});
    }
    for (const auto& [name, end] : users_) {
        if (end > now) list.push_back({Ban::Of::User, name, end});
    }
}

std::size_t BannedOnes::ban(const Ban& ban) {
    const auto now = clock_->timeOfDay();
    {
        const std::lock_guard guard{lock_};
        codes_.add(ban, now);
    }
    return ban.end > now ? endSessions(ban) : 0;
}

bool BannedOnes::lift(Ban::Of of, std::string_view whom) {
    const std::lock_guard guard{lock_};
    return codes_.remove(of, whom);
}

std::vector<Ban> BannedOnes::list() const {
    std::vector<Ban> all;
    const auto now = clock_->timeOfDay();
    const std::lock_guard guard{lock_};
    operators_.appendTo(all, now);
    codes_.appendTo(all, now);
    return all;
}

std::size_t BannedOnes::setOperators(const std::vector<Ban>& bans) {
    if (bans.size() > BanSet::kMost) throw std::invalid_argument{"more than " + std::to_string(BanSet::kMost) + " bans"};
    const auto now = clock_->timeOfDay();
    BanSet next;
    for (const Ban& each : bans) next.add(each, now);
    const auto isNew = [&](const Ban& ban) {
        if (ban.end <= now) return false;
        return ban.of == Ban::Of::User ? !operators_.has(std::string_view{ban.whom}, now) : !operators_.has(addressOf(ban.whom), now);
    };
    std::vector<Ban> come;
    {
        const std::lock_guard guard{lock_};
        std::ranges::copy_if(bans, std::back_inserter(come), isNew);
        std::swap(operators_, next);
    }
    std::size_t ended = 0;
    for (const Ban& each : come) ended += endSessions(each);
    return ended;
}

/// Requires: the lock is free.
std::size_t BannedOnes::endSessions(const Ban& ban) const {
    if (ban.of == Ban::Of::User) return users_->close(ban.whom, CloseCause::Banned);
    const auto sessions = census_->sessionsOf(addressOf(ban.whom));
    for (const Session& session : sessions) session.closeFor(CloseCause::Banned, {});
    return sessions.size();
}

}  // namespace patchbay::guard
