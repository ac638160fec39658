#include <patchbay/yjs/awareness.hpp>

#include <algorithm>
#include <set>

namespace patchbay::yjs {
namespace {

constexpr std::string_view kNull = "null";
constexpr std::size_t kLeast = 3;  // bytes of an entry

/// Collects entries, whose number stands before them.
class EntriesWriter {
public:
    void add(ClientId client, std::uint64_t clock, std::string_view json) {
        ++count_;
        writeVarUint(entries_, client);
        writeVarUint(entries_, clock);
        writeVarString(entries_, json);
    }
    /// Nothing if there are none.
    Buffer finish() const {
        Buffer out;
        if (count_ == 0) return out;
        writeVarUint(out, count_);
        writeBytes(out, entries_);
        return out;
    }

private:
    std::size_t count_ = 0;
    Buffer entries_;
};

}  // namespace

Fault Awareness::read(Bytes update, std::vector<Entry>& entries) const {
    Reader reader{update};
    for (std::uint64_t left = reader.count(kLeast); left != 0 && reader.ok(); --left) {
        Entry entry{};
        entry.client = reader.varUint();
        entry.clock = reader.varUint();
        const std::byte* const start = reader.position();
        entry.json = reader.varJson();
        if (entry.json.size() > limits_.maxStateBytes) reader.fail(Rule::TooLarge, start);
        entries.push_back(entry);
    }
    reader.end();
    return reader.fault();
}

bool Awareness::isNew(const Entry& entry) const {
    if (const auto known = states_.find(entry.client); known != states_.end()) {
        return entry.clock > known->second.clock || (entry.clock == known->second.clock && entry.json == kNull);
    }
    const auto gone = gone_.find(entry.client);
    return entry.json != kNull && (gone == gone_.end() || entry.clock > gone->second.clock);
}

bool Awareness::isOfAnother(const Entry& entry, SourceId source) const {
    const auto known = states_.find(entry.client);
    return known != states_.end() && known->second.source != source;
}

AwarenessApplied Awareness::apply(Bytes update, SourceId source, Time now) {
    AwarenessApplied applied;
    std::vector<Entry> entries;
    if ((applied.fault = read(update, entries))) return applied;
    std::size_t own = 0;
    for (const auto& [client, state] : states_) own += static_cast<std::size_t>(state.source == source);
    std::set<ClientId> strangers;
    for (const Entry& entry : entries) {
        if (isNew(entry) && !states_.contains(entry.client)) strangers.insert(entry.client);
    }
    if (!strangers.empty() && (states_.size() + strangers.size() > limits_.maxClients || own + strangers.size() > limits_.maxClientsOfSource)) {
        applied.fault = {Rule::TooManyStates, 0};
        return applied;
    }
    EntriesWriter relay;
    for (const Entry& entry : entries) {
        if (!isNew(entry)) continue;
        if (isOfAnother(entry, source)) {
            // The same clock with null is an echo of somebody who has not heard for long.
            if (entry.clock > states_.find(entry.client)->second.clock) {
                ++applied.refused;
                applied.refusedClient = entry.client;
            }
            continue;
        }
        relay.add(entry.client, entry.clock, entry.json);
        if (entry.json == kNull) {
            states_.erase(entry.client);
            gone_.insert_or_assign(entry.client, Gone{entry.clock, now});
        } else {
            gone_.erase(entry.client);
            states_.insert_or_assign(entry.client, State{entry.clock, std::string{entry.json}, source, now});
            makeRoom();
        }
    }
    applied.relay = relay.finish();
    return applied;
}

void Awareness::makeRoom() {
    // Rarely more than one, and only where somebody has come: the search is worth no order by time.
    while (!gone_.empty() && states_.size() + gone_.size() > limits_.maxClients) {
        gone_.erase(std::min_element(gone_.begin(), gone_.end(), [](const auto& a, const auto& b) { return a.second.at < b.second.at; }));
    }
}

template <class Predicate>
Buffer Awareness::dropIf(Predicate predicate, Time now) {
    EntriesWriter writer;
    for (auto one = states_.begin(); one != states_.end();) {
        if (!predicate(one->second)) {
            ++one;
            continue;
        }
        writer.add(one->first, one->second.clock, kNull);
        gone_.insert_or_assign(one->first, Gone{one->second.clock, now});
        one = states_.erase(one);
    }
    std::erase_if(gone_, [&](const auto& one) { return now - one.second.at > 2 * limits_.lifetime; });
    return writer.finish();
}

Buffer Awareness::leave(SourceId source, Time now) {
    return dropIf([source](const State& state) { return state.source == source; }, now);
}

Buffer Awareness::expire(Time now) {
    return dropIf([&](const State& state) { return now - state.renewed >= limits_.lifetime; }, now);
}

Buffer Awareness::encode() const {
    EntriesWriter writer;
    for (const auto& [client, state] : states_) writer.add(client, state.clock, state.json);
    return writer.finish();
}

Buffer Awareness::keepAlive() { return Buffer{std::byte{0}}; }

}  // namespace patchbay::yjs
