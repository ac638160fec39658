#include <patchbay/yjs/encoding.hpp>

#include "Utf.hpp"

namespace patchbay::yjs {

void Reader::fail(Rule rule, const std::byte* at) noexcept {
    if (!fault_) fault_ = {rule, static_cast<std::size_t>(at - begin_)};
    next_ = end_;
}

std::uint64_t Reader::longVarUint() noexcept {
    const std::byte* const start = next_;
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        if (next_ == end_) return fail(Rule::Truncated, start), 0;
        const auto octet = static_cast<std::uint8_t>(*next_++);
        const std::uint64_t group = octet & 0x7FU;
        if (shift > 49 || (shift == 49 && group > 0xF)) return fail(Rule::IntegerOutOfRange, start), 0;  // 4 bits are left of 53
        value |= group << shift;
        if (octet < 0x80) {
            if (group == 0 && shift != 0) return fail(Rule::OverlongInteger, start), 0;
            return value;
        }
    }
}

void Reader::varInt() noexcept {
    const std::byte* const start = next_;
    std::uint8_t octet = byte();
    for (unsigned bits = 6; (octet & 0x80) != 0; bits += 7) {
        octet = byte();
        if (bits >= 48 && octet > 0x1F) return fail(Rule::IntegerOutOfRange, start);  // 5 bits are left of 53
        if (octet == 0 && ok()) return fail(Rule::OverlongInteger, start);
    }
}

void Reader::skip(std::size_t bytes) noexcept {
    if (bytes > left()) return fail(Rule::Truncated);
    next_ += bytes;
}

Bytes Reader::varBytes() noexcept {
    const std::byte* const start = next_;
    const std::uint64_t size = varUint();
    if (size > left()) return fail(Rule::Truncated, start), Bytes{};
    const Bytes bytes{next_, static_cast<std::size_t>(size)};
    next_ += size;
    return bytes;
}

std::string_view Reader::varString() noexcept {
    const std::byte* const start = next_;
    const std::string_view text = asText(varBytes());
    if (!utf16LengthChecked(text)) return fail(Rule::NotUtf8, start), std::string_view{};
    return text;
}

std::string_view Reader::varJson() noexcept {
    const std::byte* const start = next_;
    const std::string_view text = varString();
    if (ok() && !isJson(text)) return fail(Rule::NotJson, start), std::string_view{};
    return text;
}

std::uint64_t Reader::count(std::size_t least) noexcept {
    const std::byte* const start = next_;
    const std::uint64_t count = varUint();
    if (count > left() / least) return fail(Rule::CountTooLarge, start), 0;
    return count;
}

void Reader::any(unsigned depth) noexcept {
    const std::byte* const start = next_;
    if (depth > kMaxDepth) return fail(Rule::TooDeep, start);
    switch (const std::uint8_t kind = byte(); kind) {
        case 127:  // undefined
        case 126:  // null
        case 121:  // false
        case 120: return;
        case 125: return varInt();
        case 124: return skip(4);
        case 123:
        case 122: return skip(8);
        case 119: varString(); return;
        case 118:
        case 117:
            for (std::uint64_t left = count(kind == 118 ? 2 : 1); left != 0 && ok(); --left) {
                if (kind == 118) varString();
                any(depth + 1);
            }
            return;
        case 116: varBytes(); return;
        default: fail(Rule::UnknownValue, start);
    }
}

void writeByte(Buffer& out, std::uint8_t value) { out.push_back(std::byte{value}); }

void writeVarUint(Buffer& out, std::uint64_t value) {
    for (; value > 0x7F; value >>= 7) writeByte(out, static_cast<std::uint8_t>(0x80 | (value & 0x7F)));
    writeByte(out, static_cast<std::uint8_t>(value));
}

void writeBytes(Buffer& out, Bytes bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

void writeVarBytes(Buffer& out, Bytes bytes) {
    writeVarUint(out, bytes.size());
    writeBytes(out, bytes);
}

void writeVarString(Buffer& out, std::string_view text) { writeVarBytes(out, asBytes(text)); }

std::size_t sizeOfVarUint(std::uint64_t value) noexcept {
    std::size_t size = 1;
    for (; value > 0x7F; value >>= 7) ++size;
    return size;
}

}  // namespace patchbay::yjs
