#pragma once
// A document as a server holds it: every struct that clients have written, and what they have deleted. No text is ever put together here:
// for that a client has yjs.
//
//     Document document;
//     Applied applied = document.apply(update, source);
//     if (applied.fault) refuse(applied.fault.text());              // nothing of it has been taken
//     if (applied.relaysOriginal) others.send(update);              // the bytes as they came
//     if (!applied.relay.empty()) everybody.send(applied.relay);    // what an earlier update was held back for, or a part of this one
//     client.send(document.diff(stateVectorOfTheClient));
//
// What is taken is complete: each struct's predecessors, neighbours and parents are here before it, so no client waits for something, and no
// cycle can be. What comes too early is held for its source, within limits, and is neither in the document nor relayed.
//
// A copy of everything costs a few bytes for each edit: what one client has written in one go is one struct.   Thread: one at a time.

#include <patchbay/yjs/update.hpp>

#include <cstdint>
#include <memory>

namespace patchbay::yjs {

struct DocumentLimits {
    UpdateLimits update = {};
    /// All structs.   Units: bytes.
    std::size_t maxBytes = std::size_t{256} << 20;
    /// Ranges of what has been deleted, all clients together: 8 bytes each, which no compaction takes back.
    std::size_t maxDeleteRanges = 4'000'000;
    /// Client ids in the document: each session of each editor is one, for ever.
    std::size_t maxClients = 100'000;
    /// Client ids that one update may bring, and as many whose deletes may wait for them.
    std::size_t maxNewClients = 1'000;
    /// Updates, or parts of some, that wait for structs which are missing, for each source.
    std::size_t maxPendingUpdates = 1'000;
    /// All of them together, for each source.   Units: bytes.
    std::size_t maxPendingBytes = std::size_t{256} << 10;
    /// The same of all sources together. Who waits for a client is looked at each time that this one writes what it waits for.
    std::size_t maxPendingUpdatesOfAll = 10'000;
    /// Units: bytes.
    std::size_t maxPendingBytesOfAll = std::size_t{4} << 20;
};

/// Who sends updates: a connection, as its server numbers them.
using SourceId = std::uint64_t;

/// What has become of an update.
struct Applied {
    /// If there is one, nothing has been taken and everything is as it was.
    Fault fault;
    /// There is something new in the document.
    bool hasChanged = false;
    /// The update was taken whole, and something of it is new: its own bytes are for the others.
    bool relaysOriginal = false;
    /// Something of its source waits for structs that are missing.
    bool isPending = false;
    /// An update for the others beside that, or instead of it: what was taken of this one, and of those that waited for it. For the sources
    /// of the latter it is nothing new, and they bear it.
    Buffer relay;
};

class Document {
public:
    explicit Document(const DocumentLimits& limits = {});
    ~Document();
    Document(Document&&) noexcept;
    Document& operator=(Document&&) noexcept;

    /// Takes what encode() has written, by whatever version, in one go. It is looked at as bytes of a stranger, except for what its
    /// structs refer to.   Requires: nothing has been applied.   Errors: a fault, also for a gap; the document is then empty.
    Fault load(Bytes update);

    /// Takes what is new of an update.   Errors: in what it returns; nothing is thrown but std::bad_alloc, after which the document is to be
    /// loaded anew.
    Applied apply(Bytes update, SourceId source);
    /// Forgets what is held for a source that is gone.
    void forget(SourceId source);
    /// Whether something is held for it: a client whose step 2 has been taken should have left nothing.
    bool isPending(SourceId source) const noexcept;

    /// What somebody lacks who has `known`, and all deletes; everything for an empty one. No character is cut in two: it may begin one
    /// unit earlier, which every client passes over.
    Buffer diff(const StateVector& known) const;
    /// Everything.
    Buffer encode() const { return diff({}); }
    StateVector stateVector() const;

    /// Drops the contents of what has been deleted, and what lay in it, as yjs does, and joins what can be one struct.
    /// What clients see does not change by it, and they may have any older state.
    /// Cost: about that of reading everything, twice.
    void compact();

    /// How far a client has written; 0 if it is not known.
    Clock clockOf(ClientId client) const noexcept;
    std::size_t clients() const noexcept;
    std::size_t structs() const noexcept;
    /// What the structs take, without what says that they are deleted.   Units: bytes.
    std::size_t bytes() const noexcept;
    /// What all of it takes in memory.   Units: bytes.
    std::size_t memory() const noexcept;

private:
    class Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace patchbay::yjs
