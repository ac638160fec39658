#pragma once
// DEFLATE blocks (RFC 1951) back into messages, whoever made them and however they were cut: RFC 7692 §7.2.2.

#include <patchbay/extension.hpp>

#include <zlib.h>

namespace patchbay::compression {

/// Thread: one at a time.
class Inflater {
public:
    /// Reads what refers at most 2^windowBits bytes back.   Requires: 8 to 15.   Errors: std::bad_alloc.
    explicit Inflater(int windowBits);
    ~Inflater();
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;

    /// Appends the message to `out`, never more than it takes.
    Extension::Decoded inflate(Bytes message, MessageBuffer& out);
    /// The next message refers to none before it.
    void reset() noexcept;

    /// What one takes.   Units: bytes.
    static std::size_t memory(int windowBits) noexcept;

private:
    Extension::Decoded take(Bytes piece, MessageBuffer& out);
    Extension::Decoded step(MessageBuffer& out);

    z_stream stream_{};
    bool betweenBlocks_ = true;
};

}  // namespace patchbay::compression
