#pragma once
// permessage-deflate (RFC 7692) for messages that are all alike but for their number.
//
// Outgoing: the bytes up to the number's end go into a stored block, which stands at a fixed place and can be changed
// at no cost; the rest was compressed once, without a reference to what lies before it. Any decoder takes that as one
// message, and as none refers to another it is right whether contexts are kept or not.

#include "wire/Stream.hpp"

#include <memory>
#include <vector>

struct z_stream_s;

namespace bench {

inline constexpr int kLargestWindow = 15, kSmallestZlibWindow = 9;  // as powers of two
inline constexpr std::size_t kStoredHeaderBytes = 5;                // RFC 1951 §3.2.4

/// The payload of a compressed message. Its bytes before `storedBytes` stand as they are, behind kStoredHeaderBytes.
/// Requires: storedBytes below 65536.
std::vector<std::byte> deflated(Bytes payload, std::size_t storedBytes, int windowBits);

class Inflater {
public:
    Inflater();
    ~Inflater();
    Inflater(Inflater&&) = delete;

    /// A whole message, valid until the next call of any inflater. With a context kept it may refer to those before.
    /// Errors: std::runtime_error for what is no deflate or longer than `mostBytes`.
    Bytes message(Bytes compressed, bool keepContext, std::size_t mostBytes);

private:
    std::unique_ptr<z_stream_s> stream_;
};

}  // namespace bench
