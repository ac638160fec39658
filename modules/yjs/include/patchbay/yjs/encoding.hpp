#pragma once
// lib0's encoding, which everything of Yjs is made of: a strict reader of a peer's bytes, and a writer.
//
//   varuint    groups of 7 bits, the lowest first; the high bit says that another follows; at most 2^53−1
//   varint     first byte: continues (0x80), negative (0x40), 6 bits; then groups as above
//   varbytes   varuint length, bytes
//   varstring  the same, UTF-8
//   any        a byte for the kind, then the value: 127 undefined, 126 null, 125 varint, 124 float32, 123 float64, 122 bigint64,
//              121 false, 120 true, 119 varstring, 118 object (varuint n, n × varstring any), 117 array (varuint n, n × any), 116 varbytes
//
// Source: lib0 0.2, as yjs 13.6 uses it.

#include <patchbay/bytes.hpp>
#include <patchbay/yjs/fault.hpp>

#include <vector>

namespace patchbay::yjs {

/// Bytes of one's own.
using Buffer = std::vector<std::byte>;

/// The largest number that JavaScript counts to.
inline constexpr std::uint64_t kMaxInteger = (std::uint64_t{1} << 53) - 1;
/// How deep values of `any` and of JSON may lie in each other: every client reads them by recursion.
inline constexpr unsigned kMaxDepth = 200;

/// Reads bytes of a peer, never beyond their end. After a fault every value is 0 or empty and nothing is left, so that a caller may
/// read on and ask at the end.   Owns: nothing, what it returns lies in the bytes it was given.   Thread: one at a time.
class Reader {
public:
    explicit Reader(Bytes bytes) noexcept : begin_{bytes.data()}, next_{bytes.data()}, end_{bytes.data() + bytes.size()} {}

    std::uint8_t byte() noexcept {
        if (next_ == end_) return fail(Rule::Truncated), std::uint8_t{0};
        return static_cast<std::uint8_t>(*next_++);
    }
    std::uint64_t varUint() noexcept {
        if (next_ != end_ && static_cast<std::uint8_t>(*next_) < 0x80) return static_cast<std::uint8_t>(*next_++);
        return longVarUint();
    }
    Bytes varBytes() noexcept;
    std::string_view varString() noexcept;
    /// A varstring that is JSON.
    std::string_view varJson() noexcept;
    /// One value, which is looked at but not kept.
    void any(unsigned depth = 0) noexcept;
    /// A count of values of `least` bytes each at least.
    std::uint64_t count(std::size_t least) noexcept;
    /// A varstring's bytes, whatever they are: for those that have been looked at before.
    std::string_view varStringUnchecked() noexcept { return asText(varBytes()); }
    /// Says that nothing may follow.
    void end() noexcept {
        if (next_ != end_) fail(Rule::TrailingBytes);
    }

    /// The first fault stays.
    void fail(Rule rule) noexcept { fail(rule, next_); }
    void fail(Rule rule, const std::byte* at) noexcept;
    bool ok() const noexcept { return !fault_; }
    Fault fault() const noexcept { return fault_; }

    const std::byte* position() const noexcept { return next_; }
    std::size_t offset() const noexcept { return static_cast<std::size_t>(next_ - begin_); }
    std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - next_); }

private:
    std::uint64_t longVarUint() noexcept;
    void varInt() noexcept;
    void skip(std::size_t bytes) noexcept;

    const std::byte* begin_;
    const std::byte* next_;
    const std::byte* end_;
    Fault fault_;
};

void writeByte(Buffer& out, std::uint8_t value);
/// Requires: at most kMaxInteger.
void writeVarUint(Buffer& out, std::uint64_t value);
void writeBytes(Buffer& out, Bytes bytes);
void writeVarBytes(Buffer& out, Bytes bytes);
void writeVarString(Buffer& out, std::string_view text);
/// How many bytes writeVarUint() writes.
std::size_t sizeOfVarUint(std::uint64_t value) noexcept;

/// Whether it is one value of JSON (RFC 8259), no deeper than kMaxDepth.
bool isJson(std::string_view text) noexcept;

}  // namespace patchbay::yjs
