#pragma once
// DEFLATE blocks (RFC 1951) back into messages, whoever made them and however they were cut: RFC 7692 §7.2.2. It keeps
// nothing of a message; what the next may refer to is given to it.

#include <patchbay/extension.hpp>

#include <zlib.h>

namespace patchbay::compression {

/// Thread: one at a time.
class Inflater {
public:
    /// Errors: std::bad_alloc.
    Inflater();
    ~Inflater();
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;

    /// Appends the message, which may refer into `history` and to all of itself, to `out`, never more than it takes.
    /// Errors: std::bad_alloc.
    Extension::Decoded inflate(Bytes message, Bytes history, MessageBuffer& out);

private:
    void prepare(Bytes history);
    Extension::Decoded take(Bytes piece, MessageBuffer& out);
    Extension::Decoded step(MessageBuffer& out);

    z_stream stream_{};
    bool betweenBlocks_ = true;
};

}  // namespace patchbay::compression
