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

FrameReader::FrameReader(Role role, std::uint8_t rsvBits) noexcept : role_{role}, rsvBits_{rsvBits} {}

FrameReader::Result FrameReader::next(std::span<std::byte>& bytes, FramePart& part) noexcept {
    if (bytes.empty()) return Result::NeedMore;
    std::uint8_t place = FramePart::Middle;
    if (stage_ == Stage::Header) {
        if (const Result result = readHeader(bytes); result != Result::Part) return result;
        place = FramePart::First;
    }
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
    part = takePayload(bytes.first(count), place);
    bytes = bytes.subspan(count);
    return Result::Part;
}

FramePart FrameReader::takePayload(std::span<std::byte> bytes, std::uint8_t place) noexcept {
    if (role_ == Role::Server) applyMask(bytes, key_, static_cast<std::size_t>((frameBytes_ - left_) % 4));
    left_ -= bytes.size();
    stage_ = left_ == 0 ? Stage::Header : Stage::Payload;
    if (left_ == 0) place |= FramePart::Last;
    return {firstByte_, static_cast<FramePart::Place>(place), frameBytes_, bytes};
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
    return readLengthAndMask(header_.data());
}

bool FrameReader::startIsAllowed(std::uint8_t first, std::uint8_t second) noexcept {
    const bool control = isControl(first);
    const bool startsMessage = !control && opcodeOf(first) != Opcode::Continuation;
    const std::uint8_t allowedRsv = startsMessage ? rsvBits_ : 0;
    if ((first & kRsvBits & ~allowedRsv) != 0) {
        broken("reserved bit set that no extension has defined for this frame (RFC 6455 §5.2)");
    } else if (!isKnown(opcodeOf(first))) {
        broken("reserved opcode (RFC 6455 §5.2)");
    } else if (control && (first & kFin) == 0) {
        broken("fragmented control frame (RFC 6455 §5.5)");
    } else if (control && (second & kLengthBits) > kMaxControlBytes) {
        broken("control frame with more than 125 bytes (RFC 6455 §5.5)");
    } else if (role_ == Role::Server && (second & kMaskBit) == 0) {
        broken("unmasked client frame (RFC 6455 §5.1)");
    } else if (role_ == Role::Client && (second & kMaskBit) != 0) {
        broken("masked server frame (RFC 6455 §5.1)");
    } else {
        return true;
    }
    return false;
}

FrameReader::Result FrameReader::readLengthAndMask(const std::byte* header) noexcept {
    firstByte_ = byteAt(header, 0);
    const std::uint8_t length = byteAt(header, 1) & kLengthBits;
    const std::byte* at = header + 2;
    if (length < kLength16) {
        frameBytes_ = length;
    } else if (length == kLength16) {
        frameBytes_ = bigEndian(at, 2);
        if (frameBytes_ < kLength16) return broken("16-bit length where 7 bits are enough (RFC 6455 §5.2)");
        at += 2;
    } else {
        frameBytes_ = bigEndian(at, 8);
        if (frameBytes_ >> 63 != 0) return broken("64-bit length with its top bit set (RFC 6455 §5.2)");
        if (frameBytes_ <= 0xFFFF) return broken("64-bit length where 16 bits are enough (RFC 6455 §5.2)");
        at += 8;
    }
    if (role_ == Role::Server) std::copy_n(at, key_.size(), key_.begin());
    left_ = frameBytes_;
    return Result::Part;
}

FrameReader::Result FrameReader::broken(std::string_view rule) noexcept {
    rule_ = rule;
    return Result::Broken;
}

}  // namespace patchbay::protocol
