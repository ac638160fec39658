#pragma once
// Updates (V1) as bytes: what yjs does with them without a document, byte for byte, for bytes that may come from anybody.
//
//   update    = varuint n, n × section, deleteSet
//   section   = varuint count, varuint client, varuint first clock, count × struct      clients in descending order
//   deleteSet = varuint n, n × { varuint client, varuint count, count × (varuint clock, varuint length) }       no count is 0
//
// A document that stays is a `Document`: merging again and again costs more each time.

#include <patchbay/bytes.hpp>
#include <patchbay/yjs/encoding.hpp>
#include <patchbay/yjs/fault.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <span>

namespace patchbay::yjs {

/// Whoever writes: a random number of each session of a client.
using ClientId = std::uint64_t;
/// How many units a client had written before: characters (UTF-16), values, types.
using Clock = std::uint64_t;

/// What an update may be. The defaults are beyond what any editor sends.
struct UpdateLimits {
    /// Of one update.   Units: bytes.
    std::size_t maxBytes = std::size_t{16} << 20;
    /// Where the last struct or delete of a client may end; at most 2^31−1, which is also the default.
    Clock maxClock = 0x7FFFFFFF;
    /// Ranges of deletes in one update, all clients together.
    std::size_t maxDeleteRanges = 1'000'000;
    /// Clients in one update, and entries of its deletes. At least DocumentLimits::maxClients, since one who has everything may say everything.
    std::size_t maxClients = 100'000;
};

/// The largest `UpdateLimits::maxClock`.
inline constexpr Clock kMaxClock = 0x7FFFFFFF;

/// How far somebody knows each client. What is not in it is not known.
using StateVector = std::map<ClientId, Clock, std::greater<>>;

/// Whether anybody may be sent it: every client reads it without an error, and it is within the limits.
Fault check(Bytes update, const UpdateLimits& limits = {});

/// What all of them say together, as yjs 13's mergeUpdates() writes it. One alone stays as it is.
/// Errors: the first fault of the first faulty one; `out` is then as it was.
Fault mergeUpdates(std::span<const Bytes> updates, Buffer& out, const UpdateLimits& limits = {});

/// What of it somebody lacks who has `known`, and all its deletes, as yjs' diffUpdate() writes it.
Fault diffUpdate(Bytes update, const StateVector& known, Buffer& out, const UpdateLimits& limits = {});

/// How far one who has this alone knows each client, as yjs' encodeStateVectorFromUpdate() counts it: up to the first gap.
Fault stateVectorOf(Bytes update, StateVector& out, const UpdateLimits& limits = {});

Fault decodeStateVector(Bytes bytes, StateVector& out);
Buffer encodeStateVector(const StateVector& vector);

}  // namespace patchbay::yjs
