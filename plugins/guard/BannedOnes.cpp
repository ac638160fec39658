#include "BannedOnes.hpp"

#include "BanList.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace patchbay::guard {
namespace {

/// Whose end is the first.
auto firstEnd(auto& ends) {
    return std::ranges::min_element(ends, {}, [](const auto& each) { return each.second; });
}

}  // namespace

void BanSet::add(const Ban& ban, Time now) {
    requireWhom(ban);
    if (ban.of == Ban::Of::User) {
        if (!users_.contains(ban.whom)) makeRoom(now);
        users_.insert_or_assign(ban.whom, ban.end);
        return;
    }
    const Network network = Network::of(ban.whom);
    if (!networks_.contains(network)) makeRoom(now);
    networks_.insert_or_assign(network, ban.end);
    if (std::ranges::find(lengths_, std::pair{network.first.kind, network.length}) == lengths_.end()) noteLengths();
}

void BanSet::noteLengths() {
    lengths_.clear();
    for (const auto& [network, end] : networks_) {  // which go by their lengths
        const std::pair length{network.first.kind, network.length};
        if (std::ranges::find(lengths_, length) == lengths_.end()) lengths_.push_back(length);
    }
}

bool BanSet::has(const Source& address, Time now) const {
    return std::ranges::any_of(lengths_, [&](const auto& each) {
        return each.first == address.kind && holds(networks_, Network::around(address, each.second), now);
    });
}

bool BanSet::has(const Ban& ban, Time now) const {
    return ban.of == Ban::Of::User ? has(std::string_view{ban.whom}, now) : holds(networks_, Network::of(ban.whom), now);
}

void BanSet::makeRoom(Time now) {
    if (networks_.size() + users_.size() < kMost) return;
    const auto isOver = [now](const auto& each) { return each.second <= now; };
    if (std::erase_if(networks_, isOver) + std::erase_if(users_, isOver) > 0) return noteLengths();
    const auto network = firstEnd(networks_);
    const auto user = firstEnd(users_);
    const bool ofUser = network == networks_.end() || (user != users_.end() && user->second < network->second);
    ofUser ? static_cast<void>(users_.erase(user)) : static_cast<void>(networks_.erase(network));
}

bool BanSet::remove(Ban::Of of, std::string_view whom) {
    if (of == Ban::Of::Address) return networks_.erase(Network::of(whom)) > 0;
    const auto place = users_.find(whom);
    if (place == users_.end()) return false;
    users_.erase(place);
    return true;
}

void BanSet::appendTo(std::vector<Ban>& list, Time now) const {
    for (const auto& [network, end] : networks_) {
        if (end > now) list.push_back({Ban::Of::Address, network.text(), end});
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
        noteSome();
    }
    return ban.end > now ? endSessions(ban) : 0;
}

bool BannedOnes::lift(Ban::Of of, std::string_view whom) {
    const std::lock_guard guard{lock_};
    const bool was = codes_.remove(of, whom);
    noteSome();
    return was;
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
    const auto isNew = [&](const Ban& ban) { return ban.end > now && !operators_.has(ban, now); };
    std::vector<Ban> come;
    {
        const std::lock_guard guard{lock_};
        std::ranges::copy_if(bans, std::back_inserter(come), isNew);
        std::swap(operators_, next);
        noteSome();
    }
    std::size_t ended = 0;
    for (const Ban& each : come) ended += endSessions(each);
    return ended;
}

/// Requires: the lock is free.
std::size_t BannedOnes::endSessions(const Ban& ban) const {
    if (ban.of == Ban::Of::User) return users_->close(ban.whom, CloseCause::Banned);
    const Network network = Network::of(ban.whom);
    const auto sessions = census_->sessionsOf([&](const Source& source) { return network.holds(source); });
    for (const Session& session : sessions) session.closeFor(CloseCause::Banned, {});
    return sessions.size();
}

}  // namespace patchbay::guard
