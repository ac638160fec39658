#include "Census.hpp"

#include <algorithm>
#include <utility>

namespace patchbay::guard {
namespace {

constexpr std::size_t kSparePurses = 64;

}  // namespace

Census::Census(const Limits& limits, const Prices& prices, std::shared_ptr<ServerClock> clock)
    : limits_{limits},
      prices_{prices},
      clock_{std::move(clock)},
      guests_{NodeMemory<std::pair<const SessionId, Guest>>{spareGuests_}},
      parties_{NodeMemory<std::pair<const Source, Party>>{spareParties_}} {
    if (prices_.areNone()) return;
    owed_.emplace(Room::ForSome);
    spare_.reserve(kSparePurses);
}

const Census::Party* Census::find(const std::optional<Source>& source) const {
    if (!source) return nullptr;
    const auto place = parties_.find(*source);
    return place == parties_.end() ? nullptr : &place->second;
}

Census::Party* Census::join(const std::optional<Source>& source) {
    if (!source) return nullptr;
    Party& party = parties_[*source];
    ++party.sessions;
    return &party;
}

Census::Verdict Census::judge(const Who& who, const Party* address, const Party* user, std::size_t more) const {
    const auto tooMany = [more](std::size_t now, std::size_t most) { return most != 0 && now + more > most; };
    if (tooMany(guests_.size(), limits_.sessions)) return Verdict::TooManyInAll;
    if (who.isStranger && tooMany(strangers_, limits_.strangers)) return Verdict::TooManyStrangers;
    if (address && tooMany(address->sessions, limits_.ofAddress)) return Verdict::TooManyOfAddress;
    if (address && who.isStranger && tooMany(address->strangers, limits_.strangersOfAddress)) return Verdict::TooManyStrangersOfAddress;
    if (user && tooMany(user->sessions, limits_.ofUser)) return Verdict::TooManyOfUser;
    return Verdict::Welcome;
}

Census::Verdict Census::wouldBe(const Who& who) const {
    const std::lock_guard guard{lock_};
    return judge(who, find(who.address), find(who.user), 1);
}

Census::Entry Census::add(const Session& session, const Who& who) {
    const std::lock_guard guard{lock_};
    const auto [place, isNew] = guests_.try_emplace(session.id(), session, who);
    if (!isNew) return {};
    // Whatever fails below, remove() takes back just what has been counted.
    Guest& guest = place->second;
    if (who.isStranger) ++strangers_;
    guest.address = join(who.address);
    if (who.isStranger && guest.address) ++guest.address->strangers;
    guest.user = join(who.user);
    return welcome(guest);
}

Census::Entry Census::name(const Session& session, const Source& user) {
    const std::lock_guard guard{lock_};
    const auto place = guests_.find(session.id());
    if (place == guests_.end() || place->second.user) return {};  // it stays its user's, with what it pays
    Guest& guest = place->second;
    guest.who.user = user;
    guest.user = join(user);
    if (std::exchange(guest.who.isStranger, false)) {
        --strangers_;
        if (guest.address) --guest.address->strangers;
    }
    return welcome(guest);
}

Census::Entry Census::welcome(const Guest& guest) {
    const Verdict verdict = judge(guest.who, guest.address, guest.user, 0);
    if (verdict != Verdict::Welcome || prices_.areNone()) return {verdict};
    if (guest.address && guest.user) {
        return {verdict, std::make_shared<Toll>(purseOf(*guest.who.address, *guest.address), purseOf(*guest.who.user, *guest.user))};
    }
    if (guest.address) return {verdict, purseOf(*guest.who.address, *guest.address)};
    if (guest.user) return {verdict, purseOf(*guest.who.user, *guest.user)};
    return {verdict};
}

const std::shared_ptr<Purse>& Census::purseOf(const Source& source, Party& party) {
    if (party.purse) return party.purse;
    const Owed owed = owedBy(source);
    if (!spare_.empty() && spare_.back().use_count() == 1) {  // its last session has let it go, too
        party.purse = std::move(spare_.back());
        spare_.pop_back();
        party.purse->begin(owed.messages, owed.bytes);
    } else {
        party.purse = std::make_shared<Purse>(prices_, owed.messages, owed.bytes);
    }
    return party.purse;
}

/// The time is not asked for where nobody has ever owed anything.
Owed Census::owedBy(const Source& source) {
    if (allIsPaid_ == Clock::time_point{}) return {};
    const auto now = clock_->now();
    return now < allIsPaid_ ? owed_->of(source, now) : Owed{};
}

void Census::remove(const Session& session) {
    Session gone;  // goes when the lock is free again
    const std::lock_guard guard{lock_};
    const auto place = guests_.find(session.id());
    if (place == guests_.end()) return;
    Guest& guest = place->second;
    gone = std::move(guest.session);
    if (guest.who.isStranger) {
        --strangers_;
        if (guest.address) --guest.address->strangers;
    }
    if (guest.address) leave(*guest.who.address, *guest.address);
    if (guest.user) leave(*guest.who.user, *guest.user);
    guests_.erase(place);
}

void Census::leave(const Source& source, Party& party) {
    if (--party.sessions > 0) return;
    if (party.purse) {
        keep(source, {.messages = party.purse->messages(), .bytes = party.purse->bytes()});
        if (spare_.size() < kSparePurses) spare_.push_back(std::move(party.purse));
    }
    parties_.erase(source);
}

void Census::keep(const Source& source, const Owed& owed) {
    if (owed.full() == Clock::time_point{}) return;  // who has sent nothing
    const auto now = clock_->now();
    if (owed.full() <= now) return;
    Owed& kept = owed_->of(source, now);
    kept.messages = std::max(kept.messages, owed.messages);
    kept.bytes = std::max(kept.bytes, owed.bytes);
    allIsPaid_ = std::max(allIsPaid_, kept.full());
}

std::vector<Session> Census::sessionsOf(const std::function<bool(const Source&)>& isOne) const {
    std::vector<Session> found;
    const std::lock_guard guard{lock_};
    for (const auto& [id, guest] : guests_) {
        if (guest.who.address && isOne(*guest.who.address)) found.push_back(guest.session);
    }
    return found;
}

}  // namespace patchbay::guard
