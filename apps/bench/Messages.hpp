#pragma once
// The messages of a run, on their way out and back. All are one pattern; only their numbers differ, so a message costs
// the writing of eight bytes, and with permessage-deflate no compression either (Deflate.hpp). What comes back is
// compared with the same pattern: the number of all, every byte of one in 64.
//
// With permessage-deflate texts take turns with others, more than a window holds: a server that keeps its context would
// else find each message whole in the one before, as nobody's messages are in life.

#include "Deflate.hpp"
#include "Payload.hpp"
#include "wire/Stream.hpp"

namespace bench {

class Messages {
public:
    explicit Messages(const Options& options);

    /// How many fit into one batch.
    std::size_t most() const noexcept { return most_; }
    /// `count` messages with the numbers from `first` on, masked, as they go to a server.   Requires: 1 <= count <=
    /// most().
    Bytes outgoing(std::uint64_t first, std::size_t count);
    /// Compresses with a window of 2^bits bytes or less from here on.
    void limitWindow(int bits);

    /// Compares bytes of message `number` that begin at `offset` of its payload.   Requires: they lie within size().
    /// Errors: std::runtime_error, which says what is wrong.
    void check(std::uint64_t number, std::size_t offset, Bytes part) const;
    /// Compares a whole message; JSON by what it says, however it is written.   Errors: likewise.
    void checkWhole(std::uint64_t number, Bytes message) const;
    /// The number that a whole message has.   Errors: std::runtime_error when it holds none.
    std::uint64_t numberOf(Bytes message) const;

    std::size_t size() const noexcept { return size_; }
    /// Opcode with FIN, as an answer's first byte has it, or the first byte of the first fragment but for FIN.
    std::byte opcode() const noexcept;
    bool isFramed() const noexcept { return framed_; }
    /// Whether answers can only be compared as a whole, since they may be compressed or written in another way.
    bool comesWhole() const noexcept { return deflate_ || kind_ == Kind::Json; }

private:
    struct Variant {
        Payload payload;
        std::vector<std::byte> frame;
        std::size_t numberAt = 0;  // in the frame
    };
    void layOut();
    void layOut(Variant& variant, Bytes body, std::size_t numberAt);
    const Payload& payload(std::uint64_t number) const { return variants_[number % variants_.size()].payload; }

    Kind kind_;
    bool framed_, deflate_;
    std::size_t size_, inFlight_, most_ = 1;
    int windowBits_ = kLargestWindow;
    std::vector<Variant> variants_;
    Number numberMask_{};  // of the place where the number stands
    std::vector<std::byte>
        outgoing_;  // room for `most_` frames; where there is one variant they stand there from the start
};

}  // namespace bench
