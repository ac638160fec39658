#include "protocol/FrameReader.hpp"

#include <algorithm>

namespace patchbay::protocol {
namespace {

std::uint8_t byteAt(const std::byte* bytes, std::size_t i) noexcept { return std::to_integer<std::uint8_t>(bytes[i]); }

std::uint64_t bigEndian(const std::byte* bytes, std::size_t count) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < count; ++i) value = value << 8 | byteAt(bytes, i);
    return value;
}

bool isKnown(Opcode opcode) noexcept {
    switch (opcode) {
        case Opcode::Continuation:
        case Opcode::Text:
        case Opcode::Binary:
        case Opcode::Close:
        case Opcode::Ping:
        case Opcode::Pong:
            return true;
    }
    return false;
}

}  // namespace

enum class FrameReader::Rule : std::uint8_t {
    None,
    ReservedBit,
    ReservedOpcode,
    FragmentedControl,
    LargeControl,
    Unmasked,
    Masked,
    Needless16,
    TopBit,
    Needless64
};

std::string_view FrameReader::rule() const noexcept {
    switch (rule_) {
        case Rule::None:
            break;
        case Rule::ReservedBit:
            return "reserved bit set that no extension has defined for this frame (RFC 6455 §5.2)";
        case Rule::ReservedOpcode:
            return "reserved opcode (RFC 6455 §5.2)";
        case Rule::FragmentedControl:
            return "fragmented control frame (RFC 6455 §5.5)";
        case Rule::LargeControl:
            return "control frame with more than 125 bytes (RFC 6455 §5.5)";
        case Rule::Unmasked:
            return "unmasked client frame (RFC 6455 §5.1)";
        case Rule::Masked:
            return "masked server frame (RFC 6455 §5.1)";
        case Rule::Needless16:
            return "16-bit length where 7 bits are enough (RFC 6455 §5.2)";
        case Rule::TopBit:
            return "64-bit length with its top bit set (RFC 6455 §5.2)";
        case Rule::Needless64:
            return "64-bit length where 16 bits are enough (RFC 6455 §5.2)";
    }
    return {};
}

FrameReader::FrameReader(Role role, std::uint8_t rsvBits) noexcept : role_{role}, rsvBits_{rsvBits} {}

FrameReader::Result FrameReader::next(std::span<std::byte>& bytes, FramePart& part) noexcept {
    if (bytes.empty()) return Result::NeedMore;
    std::uint8_t place = FramePart::Middle;
    if (stage_ == Stage::Header) {
        if (const Result result = readHeader(bytes); result != Result::Part) return result;
        place = FramePart::First;
    }
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(payload_.left, bytes.size()));
    part = takePayload(bytes.first(count), place);
    bytes = bytes.subspan(count);
    return Result::Part;
}

FramePart FrameReader::takePayload(std::span<std::byte> bytes, std::uint8_t place) noexcept {
    if (role_ == Role::Server) applyMask(bytes, key_, static_cast<std::size_t>((payload_.bytes - payload_.left) % 4));
    payload_.left -= bytes.size();
    stage_ = payload_.left == 0 ? Stage::Header : Stage::Payload;
    if (payload_.left == 0) place |= FramePart::Last;
    return {firstByte_, static_cast<FramePart::Place>(place), payload_.bytes, bytes};
}

FrameReader::Result FrameReader::readHeader(std::span<std::byte>& bytes) noexcept {
    if (collected_ != 0 || bytes.size() < 2) return collectHeader(bytes);
    const std::size_t size = headerBytes(byteAt(bytes.data(), 1));
    if (bytes.size() < size) return collectHeader(bytes);
    if (!startIsAllowed(byteAt(bytes.data(), 0), byteAt(bytes.data(), 1))) return Result::Broken;
    const Result result = readLengthAndMask(bytes.data());
    bytes = bytes.subspan(size);
    return result;
}

FrameReader::Result FrameReader::collectHeader(std::span<std::byte>& bytes) noexcept {
    if (collected_ == 0) header_ = {};
    std::size_t wanted = collected_ < 2 ? 2 : headerBytes(byteAt(header_.data(), 1));
    while (!bytes.empty() && collected_ < wanted) {
        header_[collected_++] = bytes.front();
        bytes = bytes.subspan(1);
        if (collected_ != 2) continue;
        if (!startIsAllowed(byteAt(header_.data(), 0), byteAt(header_.data(), 1))) return Result::Broken;
        wanted = headerBytes(byteAt(header_.data(), 1));
    }
    if (collected_ < wanted) return Result::NeedMore;
    collected_ = 0;
    const auto header = header_;  // its place is the payload's from here on
    return readLengthAndMask(header.data());
}

bool FrameReader::startIsAllowed(std::uint8_t first, std::uint8_t second) noexcept {
    const bool control = isControl(first);
    const bool startsMessage = !control && opcodeOf(first) != Opcode::Continuation;
    const std::uint8_t allowedRsv = startsMessage ? rsvBits_ : 0;
    if ((first & kRsvBits & ~allowedRsv) != 0) {
        broken(Rule::ReservedBit);
    } else if (!isKnown(opcodeOf(first))) {
        broken(Rule::ReservedOpcode);
    } else if (control && (first & kFin) == 0) {
        broken(Rule::FragmentedControl);
    } else if (control && (second & kLengthBits) > kMaxControlBytes) {
        broken(Rule::LargeControl);
    } else if (role_ == Role::Server && (second & kMaskBit) == 0) {
        broken(Rule::Unmasked);
    } else if (role_ == Role::Client && (second & kMaskBit) != 0) {
        broken(Rule::Masked);
    } else {
        return true;
    }
    return false;
}

FrameReader::Result FrameReader::readLengthAndMask(const std::byte* header) noexcept {
    firstByte_ = byteAt(header, 0);
    const std::uint8_t length = byteAt(header, 1) & kLengthBits;
    const std::byte* at = header + 2;
    std::uint64_t size = length;
    if (length == kLength16) {
        size = bigEndian(at, 2);
        if (size < kLength16) return broken(Rule::Needless16);
        at += 2;
    } else if (length > kLength16) {
        size = bigEndian(at, 8);
        if (size >> 63 != 0) return broken(Rule::TopBit);
        if (size <= 0xFFFF) return broken(Rule::Needless64);
        at += 8;
    }
    if (role_ == Role::Server) std::copy_n(at, key_.size(), key_.begin());
    payload_ = {size, size};
    return Result::Part;
}

FrameReader::Result FrameReader::broken(Rule rule) noexcept {
    rule_ = rule;
    return Result::Broken;
}

}  // namespace patchbay::protocol
