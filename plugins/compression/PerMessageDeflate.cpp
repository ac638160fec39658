#include "PerMessageDeflate.hpp"

#include "Parameters.hpp"

namespace patchbay::compression {

Pool<Deflater>::Loan Shared::deflater(int windowBits) {
    auto loan = deflaters_.at(static_cast<std::size_t>(windowBits)).borrow([&] {
        return std::make_unique<Deflater>(windowBits, effort);
    });
    loan->reset();
    return loan;
}

Pool<Inflater>::Loan Shared::inflater() {
    auto loan = inflaters_.borrow([] { return std::make_unique<Inflater>(kMostWindowBits); });
    loan->reset();
    return loan;
}

PerMessageDeflate::PerMessageDeflate(std::shared_ptr<Shared> shared, Direction sending, Direction receiving,
                                     MemoryBudget::Share receiveShare) noexcept
    : shared_{std::move(shared)}, sending_{sending}, receiving_{receiving}, receiveShare_{std::move(receiveShare)} {}

/// What does not compress grows a little, and a sender may flush more often than it needs to.
std::size_t PerMessageDeflate::maxEncodedBytes(std::size_t maxMessageBytes) const noexcept {
    return maxMessageBytes + maxMessageBytes / 8 + maxMessageBytes / 64 + 64;
}

Extension::Decoded PerMessageDeflate::decode(std::uint8_t, Bytes payload, MessageBuffer& out) {
    if (!receiving_.contextTakeover) return shared_->inflater()->inflate(payload, out);
    if (!inflater_) inflater_ = std::make_unique<Inflater>(receiving_.windowBits);
    return inflater_->inflate(payload, out);
}

std::uint8_t PerMessageDeflate::encode(MessageKind kind, Bytes payload, MessageBuffer& out) {
    if (payload.size() < shared_->threshold) return 0;
    if (!ownDeflater()) return encodeBroadcast(kind, payload, out);
    if (std::exchange(isForgotten_, false)) deflater_->reset();
    if (deflater_->deflate(payload, out)) return kRsv1;
    // It has moved on to a message that the peer gets plain.
    isForgotten_ = true;
    return 0;
}

std::uint8_t PerMessageDeflate::encodeBroadcast(MessageKind, Bytes payload, MessageBuffer& out) const {
    if (payload.size() < shared_->threshold) return 0;
    return shared_->deflater(sending_.windowBits)->deflate(payload, out) ? kRsv1 : 0;
}

/// One's own stream is worth its memory where a message can refer to the one before: not where something comes in
/// between every time.
bool PerMessageDeflate::ownDeflater() {
    if (deflater_) return true;
    if (!sending_.contextTakeover || std::exchange(isForgotten_, false)) return false;
    MemoryBudget::Share share = shared_->budget.take(Deflater::memory(sending_.windowBits, shared_->effort));
    if (!share) return false;
    deflater_ = std::make_unique<Deflater>(sending_.windowBits, shared_->effort);
    sendShare_ = std::move(share);
    return true;
}

}  // namespace patchbay::compression
