#include <patchbay/yjs/document.hpp>

#include "Plan.hpp"

#include <algorithm>
#include <compare>
#include <set>
#include <utility>

namespace patchbay::yjs {

using namespace detail;

namespace {

/// What waits for structs that are missing.
struct Held {
    Buffer update;
    std::vector<Id> waits;
};
/// All that a source has waiting, by numbers.
struct Waiting {
    std::map<std::uint64_t, Held> updates;
    std::size_t bytes = 0;
};
/// That an update waits for a struct: found by the client who writes it.
struct Wait {
    ClientId client;
    Clock clock;
    SourceId source;
    std::uint64_t update;

    friend auto operator<=>(const Wait&, const Wait&) = default;  // NOLINT(modernize-use-nullptr): there is no 0
};

}  // namespace

class Document::Inside {
public:
    explicit Inside(const DocumentLimits& limits) : limits_{limits} {}

    Fault load(Bytes update);
    Applied apply(Bytes update, SourceId source);
    void forget(SourceId source);
    bool isPending(SourceId source) const noexcept { return waiting_.contains(source); }
    Buffer diff(const StateVector& known) const;
    void compact();

    const Clients& clients() const noexcept { return clients_; }
    std::size_t bytes() const noexcept { return bytes_; }
    std::size_t memory() const noexcept;

private:
    Applied take(Bytes update, SourceId source);
    Fault faultOf(SourceId source, const Buffer& rest);
    /// Whether the plan's deletes might be more than the document may have.
    bool hasTooManyDeletes();
    /// Takes what the plan has found. If `isRelayed`, also as an update among the parts.
    bool commit(bool isRelayed);
    void hold(SourceId source, Buffer rest, std::vector<Id> waits);
    /// Takes it from those that wait.   Requires: it is one of them.
    Buffer takeHeld(SourceId source, std::uint64_t update);
    /// Tries again what waits for clients who have gone on, until nothing of it does.
    void resolve();
    void resolveOne(SourceId source, std::uint64_t update);

    DocumentLimits limits_;
    Clients clients_;
    std::size_t bytes_ = 0;
    std::size_t deleteRanges_ = 0;
    std::map<SourceId, Waiting> waiting_;
    std::set<Wait> waits_;  // of all that is in it
    std::size_t heldUpdates_ = 0;
    std::size_t heldBytes_ = 0;
    std::uint64_t nextHeld_ = 0;
    std::vector<ClientId> changed_;  // who has gone on since resolve()
    UpdateView view_;            // kept for its memory
    Plan plan_;                  // likewise
    std::vector<Buffer> parts_;  // what apply() is to relay
};

Fault Document::Inside::load(Bytes update) {
    UpdateView view;
    const UpdateLimits limits{limits_.maxBytes, limits_.update.maxClock, SIZE_MAX, SIZE_MAX};
    if (const Fault fault = view.read(update, limits)) return fault;
    Clients clients;
    std::size_t bytes = 0, deleteRanges = 0;
    for (const Section& section : view.sections()) {
        if (section.start != 0 || section.hasSkips) return {Rule::Missing, static_cast<std::size_t>(section.structs.data() - update.data())};
        clients.try_emplace(section.client, section.client).first->second.run.assign(section, view.marksOf(section));
        bytes += section.structs.size();
    }
    for (ClientRanges& one : view.deletes()) {
        const auto found = clients.find(one.client);
        const Clock end = found == clients.end() ? 0 : found->second.run.end();
        for (const Range& range : one.ranges) {
            if (range.end() > end) return {Rule::Missing, update.size()};
        }
        if (found == clients.end()) continue;
        found->second.deleted.addAll(one.ranges);
        deleteRanges += found->second.deleted.ranges().size();
    }
    clients_ = std::move(clients);
    bytes_ = bytes;
    deleteRanges_ = deleteRanges;
    return {};
}

Applied Document::Inside::apply(Bytes update, SourceId source) {
    Applied applied = take(update, source);
    view_.release();
    plan_.release();
    return applied;
}

Applied Document::Inside::take(Bytes update, SourceId source) {
    Applied applied;
    if ((applied.fault = view_.read(update, limits_.update))) return applied;
    if ((applied.fault = plan_.make(clients_, view_))) return applied;
    Buffer rest;
    const bool isWhole = plan_.isWhole();
    if (!isWhole) rest = plan_.rest();
    if ((applied.fault = faultOf(source, rest))) return applied;
    parts_.clear();
    changed_.clear();
    applied.hasChanged = commit(!isWhole);
    applied.relaysOriginal = applied.hasChanged && isWhole;
    if (!isWhole) hold(source, std::move(rest), plan_.waits());
    resolve();
    applied.isPending = isPending(source);
    if (parts_.size() == 1) {
        applied.relay = std::move(parts_.front());
    } else if (!parts_.empty()) {
        // Of our own making, so that nothing can be wrong with them but their size.
        applied.fault = mergeUpdates(std::vector<Bytes>(parts_.begin(), parts_.end()), applied.relay, {SIZE_MAX, kMaxClock, SIZE_MAX, SIZE_MAX});
    }
    giveBack(parts_);
    return applied;
}

/// Whether limits forbid what the plan would do.
Fault Document::Inside::faultOf(SourceId source, const Buffer& rest) {
    std::size_t strangers = 0;
    std::size_t bytes = bytes_;
    for (const Plan::Progress& one : plan_.progress()) {
        strangers += static_cast<std::size_t>(one.before == 0);
        if (one.isNew()) bytes += one.section->structs.size();
    }
    if (plan_.clientsThatWait() > limits_.maxNewClients || strangers > limits_.maxNewClients || clients_.size() + strangers > limits_.maxClients) return {Rule::TooManyClients, 0};
    if (bytes > std::min<std::size_t>(limits_.maxBytes, UINT32_MAX)) return {Rule::TooLarge, 0};
    if (hasTooManyDeletes()) return {Rule::TooManyDeletes, 0};
    if (rest.empty()) return {};
    const auto found = waiting_.find(source);
    const std::size_t count = found == waiting_.end() ? 0 : found->second.updates.size();
    const std::size_t held = found == waiting_.end() ? 0 : found->second.bytes;
    if (count + 1 > limits_.maxPendingUpdates || held + rest.size() > limits_.maxPendingBytes) return {Rule::TooMuchPending, 0};
    if (heldUpdates_ + 1 > limits_.maxPendingUpdatesOfAll || heldBytes_ + rest.size() > limits_.maxPendingBytesOfAll) return {Rule::TooMuchPending, 0};
    return {};
}

bool Document::Inside::hasTooManyDeletes() {
    std::size_t most = deleteRanges_;
    for (const ClientRanges& one : plan_.deletes()) most += one.ranges.size();
    if (most <= limits_.maxDeleteRanges) return false;
    // Close to the limit it is worth knowing which of them are new: clients say all of theirs each time that they come.
    std::size_t ranges = deleteRanges_;
    for (ClientRanges& one : plan_.deletes()) {
        normalise(one.ranges);
        const auto found = clients_.find(one.client);
        ranges += found == clients_.end() ? one.ranges.size() : found->second.deleted.growthBy(one.ranges);
    }
    return ranges > limits_.maxDeleteRanges && ranges != deleteRanges_;
}

bool Document::Inside::commit(bool isRelayed) {
    bool hasChanged = false;
    SectionsWriter writer;
    for (const Plan::Progress& one : plan_.progress()) {
        if (!one.isNew()) continue;
        hasChanged = true;
        const ClientId client = one.section->client;
        changed_.push_back(client);
        StructRun& run = clients_.try_emplace(client, client).first->second.run;
        const std::size_t before = run.bytes().size();
        for (SectionCursor cursor = one.first; run.end() != one.end; cursor.next()) {
            const Struct& next = cursor.current();
            if (next.info == kSkip || next.endClock() <= run.end()) continue;
            const Clock offset = run.end() - next.clock;
            if (isRelayed) writer.add(client, next, offset);
            run.append(next, offset);
        }
        bytes_ += run.bytes().size() - before;
    }
    for (ClientRanges& one : plan_.deletes()) {
        if (one.ranges.empty()) continue;
        DeletedRanges& deleted = clients_.find(one.client)->second.deleted;
        deleteRanges_ -= deleted.ranges().size();
        hasChanged = deleted.addAll(one.ranges) || hasChanged;
        deleteRanges_ += deleted.ranges().size();
    }
    if (isRelayed && hasChanged) {
        writer.finish(parts_.emplace_back());
        writeDeleteSet(parts_.back(), plan_.deletes());
    }
    return hasChanged;
}

void Document::Inside::hold(SourceId source, Buffer rest, std::vector<Id> waits) {
    const std::uint64_t update = nextHeld_++;
    for (const Id& id : waits) waits_.insert({id.client, id.clock, source, update});
    Waiting& waiting = waiting_[source];
    waiting.bytes += rest.size();
    heldBytes_ += rest.size();
    ++heldUpdates_;
    waiting.updates.emplace(update, Held{std::move(rest), std::move(waits)});
}

Buffer Document::Inside::takeHeld(SourceId source, std::uint64_t update) {
    const auto waiting = waiting_.find(source);
    const auto node = waiting->second.updates.extract(update);
    Held& held = node.mapped();
    for (const Id& id : held.waits) waits_.erase({id.client, id.clock, source, update});
    waiting->second.bytes -= held.update.size();
    heldBytes_ -= held.update.size();
    --heldUpdates_;
    if (waiting->second.updates.empty()) waiting_.erase(waiting);
    return std::move(held.update);
}

void Document::Inside::forget(SourceId source) {
    for (auto found = waiting_.find(source); found != waiting_.end(); found = waiting_.find(source)) takeHeld(source, found->second.updates.begin()->first);
}

void Document::Inside::resolve() {
    while (!changed_.empty()) {
        const ClientId client = changed_.back();
        changed_.pop_back();
        // What is held again waits for what is still not here.
        for (auto first = waits_.lower_bound({client, 0, 0, 0}); first != waits_.end() && first->client == client && first->clock < endOf(clients_, client);
             first = waits_.lower_bound({client, 0, 0, 0})) {
            resolveOne(first->source, first->update);
        }
    }
    giveBack(changed_);
}

void Document::Inside::resolveOne(SourceId source, std::uint64_t number) {
    const Buffer update = takeHeld(source, number);
    if (view_.read(update, limits_.update) || plan_.make(clients_, view_)) return;  // it turns out to be of no use to anybody
    if (faultOf(source, {})) return;
    Buffer rest;
    if (!plan_.isWhole()) rest = plan_.rest();
    commit(true);
    if (!plan_.isWhole()) hold(source, std::move(rest), plan_.waits());
}

Buffer Document::Inside::diff(const StateVector& known) const {
    struct Piece {
        const StructRun* run;
        Found first;
        Clock offset;
    };
    std::vector<Piece> pieces;
    std::size_t size = 16, withDeletes = 0;
    for (const auto& [id, client] : clients_) {
        if (!client.deleted.empty()) ++withDeletes;
        size += 16 + 10 * client.deleted.ranges().size();
        const auto found = known.find(id);
        const Clock from = found == known.end() ? 0 : found->second;
        if (from >= client.run.end()) continue;
        Piece& piece = pieces.emplace_back(Piece{&client.run, client.run.find(from), 0});
        piece.offset = from - piece.first.what.clock;
        if (cutsAPair(piece.first.what, piece.offset)) --piece.offset;
        size += 40 + static_cast<std::size_t>(client.run.bytes().data() + client.run.bytes().size() - piece.first.what.begin);
    }
    Buffer out;
    out.reserve(size);
    writeVarUint(out, pieces.size());
    for (const Piece& piece : pieces) {
        const Struct& first = piece.first.what;
        const Bytes all = piece.run->bytes();
        writeVarUint(out, piece.run->count() - piece.first.index);
        writeVarUint(out, piece.run->client());
        writeVarUint(out, first.clock + piece.offset);
        writeFrom(out, piece.run->client(), first, piece.offset);
        writeBytes(out, {first.end, all.data() + all.size()});
    }
    writeVarUint(out, withDeletes);
    for (const auto& [id, client] : clients_) {
        if (!client.deleted.empty()) writeRanges(out, id, client.deleted.ranges());
    }
    return out;
}

void Document::Inside::compact() {
    clients_ = compacted(clients_);
    bytes_ = deleteRanges_ = 0;
    for (const auto& [id, client] : clients_) {
        bytes_ += client.run.bytes().size();
        deleteRanges_ += client.deleted.ranges().size();
    }
}

std::size_t Document::Inside::memory() const noexcept {
    static constexpr std::size_t kNode = 64;  // of the map
    std::size_t bytes = sizeof *this + view_.capacityBytes() + plan_.capacityBytes();
    for (const auto& [id, client] : clients_) bytes += kNode + client.run.memory() + client.deleted.capacityBytes();
    for (const auto& [source, waiting] : waiting_) bytes += kNode + waiting.bytes + waiting.updates.size() * (kNode + sizeof(Held));
    bytes += waits_.size() * (kNode + sizeof(Wait) + sizeof(Id));
    return bytes;
}

Document::Document(const DocumentLimits& limits) : inside_{std::make_unique<Inside>(limits)} {}
Document::~Document() = default;
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;

Fault Document::load(Bytes update) { return inside_->load(update); }
Applied Document::apply(Bytes update, SourceId source) { return inside_->apply(update, source); }
void Document::forget(SourceId source) { inside_->forget(source); }
bool Document::isPending(SourceId source) const noexcept { return inside_->isPending(source); }
Buffer Document::diff(const StateVector& known) const { return inside_->diff(known); }
void Document::compact() { inside_->compact(); }
Clock Document::clockOf(ClientId client) const noexcept { return endOf(inside_->clients(), client); }
std::size_t Document::clients() const noexcept { return inside_->clients().size(); }
std::size_t Document::bytes() const noexcept { return inside_->bytes(); }
std::size_t Document::memory() const noexcept { return inside_->memory(); }

StateVector Document::stateVector() const {
    StateVector vector;
    for (const auto& [id, client] : inside_->clients()) vector.emplace_hint(vector.end(), id, client.run.end());
    return vector;
}

std::size_t Document::structs() const noexcept {
    std::size_t count = 0;
    for (const auto& [id, client] : inside_->clients()) count += client.run.count();
    return count;
}

}  // namespace patchbay::yjs
