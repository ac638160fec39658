#include "Census.hpp"

#include <utility>

namespace patchbay::guard {

Census::Census(const Limits& limits, const Prices& prices) : limits_{limits}, prices_{prices}, parties_{16, SourceHash{randomHashKey()}} {
    if (prices_.areNone()) return;
    const HashKey key = randomHashKey();
    purses_.emplace(Purses{Buckets{{}, key, Buckets::Room::ForSome}, Buckets{{}, key, Buckets::Room::ForSome}});
}

std::size_t Census::bytes() const noexcept { return purses_ ? purses_->messages.bytes() + purses_->bytes.bytes() : 0; }

Census::Count Census::countOf(const Source& source) const {
    const auto place = parties_.find(source);
    return place == parties_.end() ? Count{} : place->second.count;
}

Census::Verdict Census::judge(const Who& who, std::size_t more) const {
    const auto tooMany = [more](std::size_t now, std::size_t most) { return most != 0 && now + more > most; };
    if (tooMany(guests_.size(), limits_.sessions)) return Verdict::TooManyInAll;
    if (who.isStranger && tooMany(strangers_, limits_.strangers)) return Verdict::TooManyStrangers;
    if (who.address) {
        const Count here = countOf(*who.address);
        if (tooMany(here.sessions, limits_.ofAddress)) return Verdict::TooManyOfAddress;
        if (who.isStranger && tooMany(here.strangers, limits_.strangersOfAddress)) return Verdict::TooManyStrangersOfAddress;
    }
    if (who.user && tooMany(countOf(*who.user).sessions, limits_.ofUser)) return Verdict::TooManyOfUser;
    return Verdict::Welcome;
}

Census::Verdict Census::wouldBe(const Who& who) const {
    const std::lock_guard guard{lock_};
    return judge(who, 1);
}

Census::Verdict Census::add(const Session& session, const Who& who) {
    const std::lock_guard guard{lock_};
    if (!guests_.try_emplace(session.id(), Guest{session, who}).second) return Verdict::Welcome;
    if (who.isStranger) ++strangers_;
    if (who.address) {
        Count& here = parties_[*who.address].count;
        ++here.sessions;
        if (who.isStranger) ++here.strangers;
    }
    if (who.user) ++parties_[*who.user].count.sessions;
    return judge(who, 0);
}

Census::Verdict Census::name(const Session& session, const Source& user) {
    const std::lock_guard guard{lock_};
    const auto place = guests_.find(session.id());
    if (place == guests_.end() || place->second.who.user) return Verdict::Welcome;  // it stays its user's
    Who& who = place->second.who;
    who.user = user;
    ++parties_[user].count.sessions;
    if (std::exchange(who.isStranger, false)) {
        --strangers_;
        if (who.address) --parties_[*who.address].count.strangers;
    }
    return judge(who, 0);
}

void Census::remove(const Session& session, Clock::time_point now) {
    Guest gone;  // goes when the lock is free again
    const std::lock_guard guard{lock_};
    const auto place = guests_.find(session.id());
    if (place == guests_.end()) return;
    gone = std::move(place->second);
    guests_.erase(place);
    if (gone.who.isStranger) --strangers_;
    if (gone.who.address) leave(*gone.who.address, gone.who.isStranger ? Gone::AsStranger : Gone::Known, now);
    if (gone.who.user) leave(*gone.who.user, Gone::Known, now);
}

void Census::leave(const Source& source, Gone gone, Clock::time_point now) {
    const auto place = parties_.find(source);
    if (place == parties_.end()) return;
    Party& party = place->second;
    if (gone == Gone::AsStranger) --party.count.strangers;
    if (--party.count.sessions > 0) return;
    if (party.purse) {
        purses_->messages.keep(source, party.purse->messages(), now);
        purses_->bytes.keep(source, party.purse->bytes(), now);
    }
    parties_.erase(place);
}

std::shared_ptr<MessageToll> Census::tollOf(const Session& session, Clock::time_point now) {
    if (prices_.areNone()) return nullptr;
    const std::lock_guard guard{lock_};
    const auto place = guests_.find(session.id());
    if (place == guests_.end()) return nullptr;
    const Who& who = place->second.who;
    return std::make_shared<Toll>(prices_, purseOf(who.address, now), purseOf(who.user, now));
}

std::shared_ptr<Purse> Census::purseOf(const std::optional<Source>& source, Clock::time_point now) {
    if (!source) return nullptr;
    Party& party = parties_[*source];
    if (!party.purse) party.purse = std::make_shared<Purse>(purses_->messages.full(*source, now), purses_->bytes.full(*source, now));
    return party.purse;
}

std::vector<Session> Census::sessionsOf(const Source& address) const {
    std::vector<Session> found;
    const std::lock_guard guard{lock_};
    for (const auto& [id, guest] : guests_) {
        if (guest.who.address == address) found.push_back(guest.session);
    }
    return found;
}

}  // namespace patchbay::guard
