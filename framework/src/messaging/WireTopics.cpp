// What a session of a client of `patchbay.1` hears of topics, and what its client asks of them.   Source: framework/WIRE.md §5, §6

#include "base/Guarded.hpp"
#include "messaging/History.hpp"
#include "messaging/SessionCore.hpp"
#include "messaging/WireSession.hpp"
#include "wire/Writing.hpp"

#include <patchbay/errors.hpp>

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

namespace patchbay::messaging {
namespace {

constexpr std::chrono::seconds kLookForRoom{1};

/// An epoch that no history has, where it is none of ours.
TopicPosition positionOf(const wire::Position& since) {
    TopicPosition position{0, since.offset};
    const char* const end = since.epoch.data() + since.epoch.size();
    const auto [at, error] = std::from_chars(since.epoch.data(), end, position.epoch, 36);
    if (error != std::errc{} || at != end) position.epoch = 0;
    return position;
}

/// What is told of what subscribing has thrown.   Requires: within a catch.
wire::Error refusalOf() {
    try {
        throw;
    } catch (const Forbidden&) {
        return {"forbidden"};
    } catch (const TooManyTopics&) {
        return {"too-many"};
    } catch (...) {
        return {"failed"};
    }
}

}  // namespace

bool WireSession::isIn(std::string_view topic) const {
    const auto topics = session_.rare().belongings.topics();
    return std::ranges::any_of(topics, [&](const auto& each) { return each->name() == topic; });
}

void WireSession::complete(std::string_view topic, Subscribing& how) {
    how.tells = true;
    const std::lock_guard guard{lock_};
    const auto known = since_.find(std::string{topic});
    if (known == since_.end()) return;
    if (!how.since) how.since = positionOf(known->second);
    since_.erase(known);
}

void WireSession::join(const wire::Join& join) noexcept {
    const auto forget = [&] {
        const auto [first, last] = joining_.equal_range(join.topic);
        const auto mine = std::find_if(first, last, [&](const auto& each) { return each.second == join.id; });
        if (mine != last) joining_.erase(mine);
    };
    try {
        if (joining_.size() >= kMostAnswers) return refuse(join.id, {"busy", {}, true});
        TopicTable& table = *session_.endpoint().topicTable;
        if (!table.isOffered(join.topic) && !isIn(join.topic)) return refuse(join.id, {"forbidden"});
        if (join.id != 0) joining_.emplace(join.topic, join.id);  // before: it may be told at once
        Subscribing how{.again = true, .tells = true};
        if (join.since) how.since = positionOf(*join.since);
        table.subscribe(session_.shared_from_this(), join.topic, how);
    } catch (...) {
        const wire::Error why = refusalOf();
        forget();
        refuse(join.id, why);
    }
}

void WireSession::joined(const JoinedTopic& joined) noexcept {
    const auto thrown = thrownBy([&] {
        std::uint64_t from = joined.position.offset;
        if (!joined.publications.empty()) {
            const Excerpt& first = joined.publications.front();
            if (const PublicationHead* const head = first.batch->head(first.first)) from = head->offset - 1;
        }
        detail::EncodingBuffer buffer;
        wire::writeJoined(buffer.text(), {joined.name, joined.position.epoch, joined.position.offset, from, joined.recovered, joined.latest});
        say(buffer.text());
        for (const Excerpt& one : joined.publications) session_.show({*one.batch, one.first, one.last, joined.tag, false});
        const auto [first, last] = joining_.equal_range(joined.name);
        for (auto each = first; each != last; ++each) {
            buffer.text().clear();
            wire::writeOk(buffer.text(), each->second);
            say(buffer.text());
        }
        joining_.erase(first, last);
    });
    if (thrown) session_.close(CloseCause::OutOfMemory, std::nullopt, {});
}

void WireSession::leave(const wire::Leave& leave) noexcept {
    const auto thrown = thrownBy([&] {
        session_.endpoint().topicTable->unsubscribe(session_, leave.topic);  // which says no `left`: it was asked
        endJoins(leave.topic);
        if (leave.id == 0) return;
        detail::EncodingBuffer buffer;
        wire::writeOk(buffer.text(), leave.id);
        say(buffer.text());
    });
    if (thrown) refuse(leave.id, {"failed"});
}

/// A topic that has been left before it was told of.
void WireSession::endJoins(std::string_view topic) noexcept {
    const auto [first, last] = joining_.equal_range(topic);
    for (auto each = first; each != last; ++each) refuse(each->second, {"not-joined"});
    joining_.erase(first, last);
}

void WireSession::left(std::string_view topic, const wire::Error* why) noexcept {
    const auto thrown = thrownBy([&] {
        detail::EncodingBuffer buffer;
        wire::writeLeft(buffer.text(), topic, why);
        say(buffer.text());
    });
    if (thrown) session_.close(CloseCause::OutOfMemory, std::nullopt, {});
    endJoins(topic);
}

void WireSession::history(const wire::History& history) noexcept {
    const auto tell = [known = session_.weak_from_this(), id = history.id, most = session_.endpoint().maxMessageSize()](patchbay::Outcome<Slice> outcome) {
        std::string answer;
        try {
            const Slice slice = outcome.take();
            wire::HistoryPage page{wire::epochText(slice.last.epoch), {}, !slice.publications.empty() && slice.kept < slice.publications.front().offset};
            for (const Publication& each : slice.publications)
                page.list.push_back({{each.offset, each.client, each.request, each.key, each.amends}, each.kind, asBytes(each.data)});
            wire::writeHistory(answer, id, page, most);
        } catch (const StoreError& error) {
            answer.clear();
            wire::writeError(answer, id, {"busy", {}, error.mayPass()});
        }
        const auto self = known.lock();
        if (!self) return;
        self->inTurn([self, answer] {
            self->wire()->readsHistory_ = false;
            self->wire()->say(answer);
        });
    };
    if (history.id == 0) return;
    if (readsHistory_) return refuse(history.id, {"busy", {}, true});
    const auto thrown = thrownBy([&] {
        if (!isIn(history.topic)) return refuse(history.id, {"not-joined"});
        readsHistory_ = true;
        session_.endpoint().topicTable->read(history.topic, {history.before.value_or(kNoOffset), static_cast<std::size_t>(history.limit)}, tell);
    });
    if (!thrown) return;
    readsHistory_ = false;
    refuse(history.id, {"unsupported"});
}

// ------------------------------------------------------------------------------------------------ what was lost while connected

void WireSession::lostSome() noexcept {
    if (stage_ != Stage::Greeted || !session_.isOpen() || atTimer_ != 0) return;
    const auto thrown = thrownBy([&] {
        atTimer_ = session_.loop().after(kLookForRoom, [weak = session_.weak_from_this()] {
            const auto self = weak.lock();
            if (self && self->wire()) self->wire()->tellWhereTopicsStand();
        });
    });
    if (thrown) session_.close(CloseCause::OutOfMemory, std::nullopt, {});
}

/// Behind what waits for this loop: so far each topic has come to this session, or has not.
void WireSession::tellWhereTopicsStand() noexcept {
    atTimer_ = 0;
    if (!carrier_ || !session_.isOpen()) return;
    if (carrier_->queuedBytes() > session_.sendQueue().bytes / 2) return lostSome();
    const auto thrown = thrownBy([&] {
        std::map<std::string, std::uint64_t> offsets;
        for (const auto& topic : session_.rare().belongings.topics()) {
            if (topic->hasHistory()) offsets[topic->name()] = topic->position().offset;
        }
        if (offsets.empty()) return;
        std::string message;
        wire::writeAt(message, offsets);
        session_.inTurn([self = session_.shared_from_this(), message = std::move(message)] { self->wire()->say(message); });
    });
    if (thrown) session_.close(CloseCause::OutOfMemory, std::nullopt, {});
}

}  // namespace patchbay::messaging
