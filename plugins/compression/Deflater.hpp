#pragma once
// Messages into DEFLATE blocks (RFC 1951), as RFC 7692 §7.2.1 wants them: flushed to a byte's end, without the four
// bytes 00 00 ff ff that every flush ends with. It keeps nothing of a message; what the next may refer to is given to
// it.
//
//   level   a message that has a history, up to 2 KiB   any other message
//   1       the fixed Huffman code                      a code of its own
//   2       a code of its own                           a code of its own
//   3       a code of its own, and a harder search for repetitions
//
// Making a code takes longer than all the rest of a small message. One with a history consists mostly of references, to
// which a code of its own adds little; one without consists mostly of letters, to which it adds much.

#include <patchbay/message_buffer.hpp>

#include <isa-l/igzip_lib.h>

#include <memory>

namespace patchbay::compression {

/// Thread: one at a time.
class Deflater {
public:
    static constexpr int kLeastLevel = 1;
    static constexpr int kMostLevel = 3;

    /// Requires: kLeastLevel to kMostLevel.   Errors: std::bad_alloc.
    explicit Deflater(int level);
    Deflater(const Deflater&) = delete;
    Deflater& operator=(const Deflater&) = delete;

    /// How far a message may refer back: into `history`, and never further than 2^windowBits bytes.
    struct Reach {
        int windowBits;
        Bytes history = {};
    };

    /// Appends the message, deflated, to `out`. False if it gets no smaller: `out` holds anything then.
    /// Requires: windows of 8 to 15.
    bool deflate(Bytes message, Reach reach, MessageBuffer& out);

private:
    void prepare(std::size_t messageBytes, Reach reach) noexcept;

    std::uint32_t level_;  // the library's
    bool fixesSmall_;
    std::unique_ptr<std::uint8_t[]> scratch_;
    isal_zstream stream_;
};

}  // namespace patchbay::compression
