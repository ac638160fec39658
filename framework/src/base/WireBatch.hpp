#pragma once
// Messages as they go on the wire, one behind the other, with their ends: what is encoded once and queued for many.

#include "base/MemoryBudget.hpp"

#include <patchbay/bytes.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

namespace patchbay {

/// Never changed once it is shared.
struct WireBatch {
    std::vector<std::byte> bytes;
    std::vector<std::size_t> ends;  ///< where each message ends in `bytes`, ascending
    std::size_t mostHead = 0;       ///< how long the longest head is

    std::size_t count() const noexcept { return ends.size(); }
    std::size_t start(std::size_t message) const noexcept { return message == 0 ? 0 : ends[message - 1]; }
    std::size_t size(std::size_t message) const noexcept { return ends[message] - start(message); }
    Bytes message(std::size_t message) const noexcept { return Bytes{bytes}.subspan(start(message), size(message)); }

    /// Units: bytes of memory, used or not.
    std::size_t heldBytes() const noexcept {
        return sizeof *this + bytes.capacity() + ends.capacity() * sizeof(std::size_t);
    }

    void append(Bytes head, Bytes payload) {
        bytes.insert(bytes.end(), head.begin(), head.end());
        bytes.insert(bytes.end(), payload.begin(), payload.end());
        ends.push_back(bytes.size());
        mostHead = std::max(mostHead, head.size());
    }
};

using SharedBatch = std::shared_ptr<const WireBatch>;

/// One whose memory is counted, by countHeld() when all is in it.
template <Held What>
struct HeldBatch final : WireBatch {
    void countHeld() noexcept { held_.set(heldBytes()); }

private:
    HeldBytes<What> held_;
};

/// One message that is `head` and then `payload`.
inline SharedBatch makeBatch(Bytes head, Bytes payload) {
    auto batch = std::make_shared<HeldBatch<Held::Queues>>();
    batch->bytes.reserve(head.size() + payload.size());
    batch->append(head, payload);
    batch->countHeld();
    return batch;
}

}  // namespace patchbay
