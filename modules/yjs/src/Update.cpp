#include "UpdateView.hpp"

#include <algorithm>

namespace patchbay::yjs {

using namespace detail;

namespace {

/// Walks over all structs of an update.
class UpdateCursor {
public:
    enum class Skips : std::uint8_t { Shown, PassedOver };

    UpdateCursor(const UpdateView& view, Skips skips) noexcept : view_{view}, skips_{skips}, section_{0} { settle(); }

    bool atEnd() const noexcept { return section_ == view_.sections().size(); }
    ClientId client() const noexcept { return view_.sections()[section_].client; }
    const Struct& current() const noexcept { return structs_->current(); }
    void next() noexcept {
        structs_->next();
        settle();
    }

private:
    void settle() noexcept {
        for (; !atEnd(); ++section_, structs_.reset()) {
            if (!structs_) structs_.emplace(view_.sections()[section_]);
            while (skips_ == Skips::PassedOver && !structs_->atEnd() && structs_->current().info == kSkip) structs_->next();
            if (!structs_->atEnd()) return;
        }
    }

    const UpdateView& view_;
    Skips skips_;
    std::size_t section_;
    std::optional<SectionCursor> structs_;
};

/// One of the updates that are merged.
struct Source {
    UpdateCursor cursor;
    std::int64_t turn;  // among those that stand at the same struct: whoever moved there last comes first
};

/// Whether `b` is to be taken before `a`: for the heap, whose front is the last.
bool comesLater(const Source* a, const Source* b) noexcept {
    if (a->cursor.client() != b->cursor.client()) return a->cursor.client() < b->cursor.client();
    if (a->cursor.current().clock != b->cursor.current().clock) return a->cursor.current().clock > b->cursor.current().clock;
    return a->turn > b->turn;
}

/// Merges structs. One is held back, since a run of GC may still grow.
class Merger {
public:
    explicit Merger(std::vector<UpdateView>& views) {
        sources_.reserve(views.size());
        for (UpdateView& view : views) {
            sources_.push_back({UpdateCursor{view, UpdateCursor::Skips::PassedOver}, static_cast<std::int64_t>(sources_.size())});
            if (!sources_.back().cursor.atEnd()) heap_.push_back(&sources_.back());
        }
        std::make_heap(heap_.begin(), heap_.end(), comesLater);
    }

    void run(Buffer& out) {
        while (!heap_.empty()) {
            std::pop_heap(heap_.begin(), heap_.end(), comesLater);
            Source& source = *heap_.back();
            take(source.cursor);
            if (source.cursor.atEnd()) {
                heap_.pop_back();
                continue;
            }
            source.turn = --lastTurn_;
            std::push_heap(heap_.begin(), heap_.end(), comesLater);
        }
        if (isHolding_) emit();
        writer_.finish(out);
    }

private:
    void take(UpdateCursor& from) {
        const ClientId client = from.client();
        if (!isHolding_) {
            hold(from);
        } else if (!advance(from, client)) {
            return;
        } else if (client != client_) {
            emit();
            hold(from);
        } else {
            goOn(from);
        }
        follow(from);
    }

    /// Steps over what has been written. False if another update is to be looked at first.
    bool advance(UpdateCursor& from, ClientId client) {
        if (client != client_) return true;
        bool hasMoved = false;
        while (!from.atEnd() && from.client() == client_ && from.current().endClock() <= end_) {
            from.next();
            hasMoved = true;
        }
        return !from.atEnd() && from.client() == client && !(hasMoved && from.current().clock > end_);
    }

    /// The next struct of the client that is held.
    void goOn(UpdateCursor& from) {
        const Struct& next = from.current();
        if (next.clock > end_) {
            emit();
            writer_.addSkip(client_, end_, next.clock - end_);
            hold(from);
            return;
        }
        const Clock offset = end_ - next.clock;
        if (isGc_ && next.info == kGc) {
            end_ = next.endClock();
            return;
        }
        emit();
        hold(from, offset);
    }

    /// What the same update says next stays beside it: each struct by itself, as it is written there.
    void follow(UpdateCursor& from) {
        while (!from.atEnd() && from.client() == client_ && from.current().clock == end_) {
            emit();
            hold(from);
        }
    }

    void hold(UpdateCursor& from, Clock offset = 0) {
        client_ = from.client();
        held_ = from.current();
        offset_ = offset;
        start_ = held_.clock + offset;
        end_ = held_.endClock();
        isGc_ = held_.info == kGc;
        isHolding_ = true;
        from.next();
    }

    void emit() { isGc_ ? writer_.addGc(client_, start_, end_ - start_) : writer_.add(client_, held_, offset_); }

    std::vector<Source> sources_;
    std::vector<Source*> heap_;
    std::int64_t lastTurn_ = 0;
    SectionsWriter writer_;
    bool isHolding_ = false;
    bool isGc_ = false;
    ClientId client_ = 0;
    Struct held_;
    Clock offset_ = 0;
    Clock start_ = 0;
    Clock end_ = 0;
};

void mergeDeletes(std::vector<UpdateView>& views, Buffer& out) {
    std::map<ClientId, std::vector<Range>> all;
    for (UpdateView& view : views) {
        for (const ClientRanges& one : view.deletes()) {
            std::vector<Range>& ranges = all[one.client];
            ranges.insert(ranges.end(), one.ranges.begin(), one.ranges.end());
        }
    }
    DeleteSet set;
    for (auto& [client, ranges] : all) {
        normalise(ranges);
        set.push_back({client, std::move(ranges)});
    }
    writeDeleteSet(out, set);
}

}  // namespace

Fault check(Bytes update, const UpdateLimits& limits) { return UpdateView{}.read(update, limits); }

Fault mergeUpdates(std::span<const Bytes> updates, Buffer& out, const UpdateLimits& limits) {
    std::vector<UpdateView> views(updates.size());
    for (std::size_t n = 0; n < updates.size(); ++n) {
        if (const Fault fault = views[n].read(updates[n], limits)) return fault;
    }
    if (updates.size() == 1) {
        writeBytes(out, updates.front());
        return {};
    }
    Merger{views}.run(out);
    mergeDeletes(views, out);
    return {};
}

Fault diffUpdate(Bytes update, const StateVector& known, Buffer& out, const UpdateLimits& limits) {
    UpdateView view;
    if (const Fault fault = view.read(update, limits)) return fault;
    SectionsWriter writer;
    for (const Section& section : view.sections()) {
        const auto found = known.find(section.client);
        const Clock from = found == known.end() ? 0 : found->second;
        SectionCursor cursor{section};
        while (!cursor.atEnd() && (cursor.current().info == kSkip || cursor.current().endClock() <= from)) cursor.next();
        for (bool isFirst = true; !cursor.atEnd(); cursor.next(), isFirst = false) {
            const Clock clock = cursor.current().clock;
            writer.add(section.client, cursor.current(), isFirst && clock < from ? from - clock : 0);
        }
    }
    writer.finish(out);
    writeDeleteSet(out, view.deletes());
    return {};
}

Fault stateVectorOf(Bytes update, StateVector& out, const UpdateLimits& limits) {
    UpdateView view;
    if (const Fault fault = view.read(update, limits)) return fault;
    for (const Section& section : view.sections()) {
        if (section.start != 0) continue;
        Clock end = 0;
        for (SectionCursor cursor{section}; !cursor.atEnd() && cursor.current().info != kSkip; cursor.next()) end = cursor.current().endClock();
        if (end != 0) out[section.client] = end;
    }
    return {};
}

Fault decodeStateVector(Bytes bytes, StateVector& out) {
    Reader reader{bytes};
    for (std::uint64_t left = reader.count(2); left != 0 && reader.ok(); --left) {
        const ClientId client = reader.varUint();
        const Clock clock = reader.varUint();
        if (reader.ok()) out[client] = clock;
    }
    reader.end();
    return reader.fault();
}

Buffer encodeStateVector(const StateVector& vector) {
    Buffer out;
    writeVarUint(out, vector.size());
    for (const auto& [client, clock] : vector) {
        writeVarUint(out, client);
        writeVarUint(out, clock);
    }
    return out;
}

}  // namespace patchbay::yjs
