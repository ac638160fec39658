// Updates of Yjs from anybody: what is accepted is merged and cut into what is accepted again, and a document that has taken it can be written,
// read, compacted and caught up with.
//
//   input = { size  update }        the bytes of a size of 255 are all that are left

#include "Fuzz.hpp"

#include <patchbay/yjs/awareness.hpp>
#include <patchbay/yjs/document.hpp>
#include <patchbay/yjs/messages.hpp>

namespace patchbay::fuzz {
namespace {

using namespace yjs;

/// Accepted by whoever would have to read it.
void requireGood(const Buffer& update, std::string_view rule) { require(!check(update, {SIZE_MAX, kMaxClock, SIZE_MAX, SIZE_MAX}), rule); }

void mergeAndCut(const std::vector<Bytes>& updates) {
    Buffer merged;
    require(!mergeUpdates(updates, merged), "what is accepted is merged");
    requireGood(merged, "a merge is an update");
    Buffer again;
    require(!mergeUpdates(std::vector<Bytes>{merged, merged}, again), "a merge is merged");
    Buffer third;
    require(!mergeUpdates(std::vector<Bytes>{again, merged}, third) && third == again, "merging once more adds nothing");
    StateVector vector;
    require(!stateVectorOf(merged, vector), "a merge has a state vector");
    StateVector copy;
    require(!decodeStateVector(encodeStateVector(vector), copy) && copy == vector, "a state vector reads the same");
    for (auto& [client, clock] : copy) clock /= 2;
    Buffer diff;
    require(!diffUpdate(merged, copy, diff), "a merge is cut");
    requireGood(diff, "a diff is an update");
}

void applyAll(const std::vector<Bytes>& updates) {
    Document document;
    for (const Bytes update : updates) {
        const Buffer before = document.encode();
        const Applied applied = document.apply(update, 1);
        if (applied.fault || !applied.hasChanged) require(document.encode() == before, "what changes nothing leaves it as it was");
        if (!applied.relay.empty()) requireGood(applied.relay, "what is relayed is an update");
    }
    const Buffer whole = document.encode();
    requireGood(whole, "a document is an update");
    Document loaded;
    require(!loaded.load(whole) && loaded.encode() == whole, "a document reads the same");
    Document other;
    require(!other.apply(whole, 1).fault && !other.isPending(1), "a document needs nothing");
    require(other.stateVector() == document.stateVector(), "who takes everything knows everything");

    StateVector half = document.stateVector();
    for (auto& [client, clock] : half) clock /= 2;
    const Buffer missing = document.diff(half);
    requireGood(missing, "what is missing is an update");
    require(!loaded.apply(missing, 1).hasChanged, "what is known is nothing new");

    document.compact();
    const Buffer compacted = document.encode();
    requireGood(compacted, "a compacted document is an update");
    require(document.stateVector() == loaded.stateVector(), "compaction leaves every clock");
    Document late;
    require(!late.load(compacted), "a compacted document is read");
    late.compact();
    require(late.stateVector() == document.stateVector(), "compaction leaves every clock");
    require(!other.apply(compacted, 2).fault && !other.isPending(2), "a compacted document needs nothing");
}

void run(Input input) {
    std::vector<Bytes> updates;
    while (!input.atEnd() && updates.size() < 8) {
        const Bytes piece = asBytes(input.piece());
        Message message;
        if (!readMessage(piece, message)) {
            Message same;
            const Buffer written = writeMessage(message.type, message.body);
            require(!readMessage(written, same) && same.type == message.type, "a message reads the same");
        }
        Awareness awareness;
        const AwarenessApplied applied = awareness.apply(piece, 1, {});
        if (!applied.relay.empty()) require(!Awareness{}.apply(applied.relay, 1, {}).fault, "what is relayed of awareness is read");
        if (!check(piece)) updates.push_back(piece);
    }
    mergeAndCut(updates);
    applyAll(updates);
}

}  // namespace
}  // namespace patchbay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    patchbay::fuzz::run({data, size});
    return 0;
}
