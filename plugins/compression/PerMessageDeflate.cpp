#include "PerMessageDeflate.hpp"

#include "Parameters.hpp"

namespace patchbay::compression {

Pool<Deflater>::Loan Shared::deflater() {
    return deflaters_.borrow([&] { return std::make_unique<Deflater>(level); });
}

Pool<Inflater>::Loan Shared::inflater() {
    return inflaters_.borrow([] { return std::make_unique<Inflater>(); });
}

PerMessageDeflate::PerMessageDeflate(std::shared_ptr<Shared> shared, Direction sending, Direction receiving,
                                     MemoryBudget::Share receiveShare) noexcept
    : shared_{std::move(shared)}, sending_{sending}, receiving_{receiving}, receiveShare_{std::move(receiveShare)} {}

/// What does not compress grows a little, and a sender may flush more often than it needs to.
std::size_t PerMessageDeflate::maxEncodedBytes(std::size_t maxMessageSize) const noexcept {
    return maxMessageSize + maxMessageSize / 8 + maxMessageSize / 64 + 64;
}

Extension::Decoded PerMessageDeflate::decode(std::uint8_t, Bytes payload, MessageBuffer& out) {
    const std::size_t before = out.size();
    const Decoded result = shared_->inflater()->inflate(payload, received_.bytes(), out);
    if (result != Decoded::Whole || !receiving_.contextTakeover) return result;
    if (!received_.isKept()) received_.keep(receiving_.windowBits);
    received_.add(out.bytes().subspan(before));
    return result;
}

std::uint8_t PerMessageDeflate::encode(MessageKind kind, Bytes payload, MessageBuffer& out) {
    if (payload.size() < shared_->threshold) return 0;
    if (!keepsWhatItSends()) return encodeBroadcast(kind, payload, out);
    if (!shared_->deflater()->deflate(payload, {sending_.windowBits, sent_.bytes()}, out)) return 0;
    sent_.add(payload);
    return kRsv1;
}

std::uint8_t PerMessageDeflate::encodeBroadcast(MessageKind, Bytes payload, MessageBuffer& out) const {
    if (payload.size() < shared_->threshold) return 0;
    return shared_->deflater()->deflate(payload, {.windowBits = sending_.windowBits}, out) ? kRsv1 : 0;
}

/// A history is worth its memory where a message can refer to the one before: not where something comes in between
/// every time.
bool PerMessageDeflate::keepsWhatItSends() {
    if (std::exchange(isForgotten_, false)) {
        sent_.clear();
        return sent_.isKept();
    }
    if (sent_.isKept()) return true;
    if (!sending_.contextTakeover) return false;
    MemoryBudget::Share share = shared_->budget.take(History::memory(sending_.windowBits));
    if (!share) return false;
    sent_.keep(sending_.windowBits);
    sendShare_ = std::move(share);
    return true;
}

}  // namespace patchbay::compression
