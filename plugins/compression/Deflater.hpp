#pragma once
// Messages into DEFLATE blocks (RFC 1951), as RFC 7692 §7.2.1 wants them: flushed to a byte's end, without the four
// bytes 00 00 ff ff that every flush ends with.

#include <patchbay/message_buffer.hpp>

#include <zlib.h>

namespace patchbay::compression {

/// How hard to try, and with how much memory; zlib's numbers.
struct Effort {
    int level;
    int memLevel;
};

/// Thread: one at a time.
class Deflater {
public:
    /// Never refers further back than 2^windowBits bytes.   Requires: 8 to 15.   Errors: std::bad_alloc.
    Deflater(int windowBits, Effort effort);
    ~Deflater();
    Deflater(const Deflater&) = delete;
    Deflater& operator=(const Deflater&) = delete;

    /// Appends the message, deflated, to `out`. False if it gets no smaller: `out` holds anything then, and reset() is
    /// due before the next message.
    bool deflate(Bytes message, MessageBuffer& out);
    /// The next message refers to none before it.
    void reset() noexcept;

    /// What one takes.   Units: bytes.
    static std::size_t memory(int windowBits, Effort effort) noexcept;

private:
    z_stream stream_{};
};

}  // namespace patchbay::compression
