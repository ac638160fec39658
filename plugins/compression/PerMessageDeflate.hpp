#pragma once
// permessage-deflate on one connection (RFC 7692 §7.2). A message is compressed as a whole or not at all: what is small
// or gets no smaller goes plain, which touches no window.
//
//   direction   context agreed   between two messages it holds
//   receiving   yes              a history from the first compressed message on; its memory is set aside beforehand
//               no               nothing
//   sending     yes              a history from the first compressed message on, if the budget has it; else nothing
//               no               nothing
//
// Streams are borrowed for the time of a message, and told the history. A sender may leave it away whatever was agreed:
// a message that refers to no earlier one is as good to any receiver. Broadcasts rest on that.

#include "Deflater.hpp"
#include "History.hpp"
#include "Inflater.hpp"
#include "MemoryBudget.hpp"
#include "Pool.hpp"

namespace patchbay::compression {

/// What all connections of a factory share; it lives until the last of them has gone.   Thread: any.
struct Shared {
    Shared(std::size_t thresholdBytes, std::size_t budgetBytes, int deflateLevel) noexcept
        : threshold{thresholdBytes}, level{deflateLevel}, budget{budgetBytes} {}

    Pool<Deflater>::Loan deflater();
    Pool<Inflater>::Loan inflater();

    const std::size_t threshold;
    const int level;
    MemoryBudget budget;

private:
    Pool<Deflater> deflaters_;
    Pool<Inflater> inflaters_;
};

/// What was agreed on for one direction.
struct Direction {
    int windowBits;
    bool contextTakeover;
};

class PerMessageDeflate final : public Extension {
public:
    static constexpr std::uint8_t kRsv1 = 0x40;

    /// `receiveShare` is what a history for `receiving` takes, if it takes context over.
    PerMessageDeflate(std::shared_ptr<Shared> shared, Direction sending, Direction receiving,
                      MemoryBudget::Share receiveShare) noexcept;

    std::uint8_t rsvBits() const noexcept override { return kRsv1; }
    std::size_t maxEncodedBytes(std::size_t maxMessageSize) const noexcept override;
    Decoded decode(std::uint8_t rsv, Bytes payload, MessageBuffer& out) override;
    std::uint8_t encode(MessageKind kind, Bytes payload, MessageBuffer& out) override;
    std::uint8_t broadcastForm() const noexcept override { return static_cast<std::uint8_t>(sending_.windowBits); }
    std::uint8_t encodeBroadcast(MessageKind kind, Bytes payload, MessageBuffer& out) const override;
    void forget() noexcept override { isForgotten_ = true; }

private:
    bool keepsWhatItSends();

    std::shared_ptr<Shared> shared_;
    Direction sending_;
    Direction receiving_;
    bool isForgotten_ = false;
    MemoryBudget::Share receiveShare_;
    MemoryBudget::Share sendShare_;
    History sent_;
    History received_;
};

}  // namespace patchbay::compression
