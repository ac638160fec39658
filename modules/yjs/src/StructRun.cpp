#include "StructRun.hpp"

#include <cstring>

namespace patchbay::yjs::detail {
namespace {

/// A struct whose length is known: nobody need look at its content.
Struct headAt(Bytes bytes, Clock clock, Clock length) noexcept {
    Struct one;
    Reader reader{bytes};
    readHeadUnchecked(reader, one);
    one.clock = clock;
    one.length = length;
    one.end = bytes.data() + bytes.size();
    return one;
}

std::size_t putVarUint(std::byte* at, std::uint64_t value) noexcept {
    std::byte* next = at;
    for (; value > 0x7F; value >>= 7) *next++ = static_cast<std::byte>(0x80 | (value & 0x7F));
    *next++ = static_cast<std::byte>(value);
    return static_cast<std::size_t>(next - at);
}

}  // namespace

void StructRun::append(const Struct& one, Clock offset) {
    const std::size_t begin = bytes_.size();
    writeFrom(bytes_, client_, one, offset);
    end_ += one.length - offset;
    settle(begin);
}

void StructRun::appendPart(const Struct& one, Clock offset, Clock length, std::uint64_t number, Bytes body) {
    const std::size_t begin = bytes_.size();
    writeHead(bytes_, client_, one, offset, one.ref());
    writeVarUint(bytes_, number);
    writeBytes(bytes_, body);
    end_ += length;
    settle(begin);
}

void StructRun::appendDeleted(const Struct& one, Clock offset, Clock length) {
    const std::size_t begin = bytes_.size();
    writeDeleted(bytes_, client_, one, offset, length);
    end_ += length;
    settle(begin);
}

void StructRun::appendGc(Clock length) {
    const std::size_t begin = bytes_.size();
    writeGc(bytes_, length);
    end_ += length;
    settle(begin);
}

void StructRun::settle(std::size_t begin) {
    const Clock clock = Clock{lastClock_} + lastLength_;
    const Struct right = headAt(Bytes{bytes_}.subspan(begin), clock, end_ - clock);
    if (count_ != 0) {
        const Struct left = headAt(Bytes{bytes_}.subspan(last_, begin - last_), lastClock_, lastLength_);
        if (joins(left, right, client_)) return join(left, right);
    }
    if (marks_.empty() || begin - marks_.back().offset >= kMarkEvery) {
        marks_.push_back({static_cast<std::uint32_t>(clock), static_cast<std::uint32_t>(begin), count_});
    }
    ++count_;
    last_ = static_cast<std::uint32_t>(begin);
    lastClock_ = static_cast<std::uint32_t>(clock);
    lastLength_ = static_cast<std::uint32_t>(end_ - clock);
}

void StructRun::join(const Struct& left, const Struct& right) {
    // Both contents begin with a number, of bytes or of values; where it is one of units it is all that there is.
    Reader ofLeft{left.contentBytes()}, ofRight{right.contentBytes()};
    const std::uint64_t number = ofLeft.varUint() + ofRight.varUint();
    const std::size_t at = static_cast<std::size_t>(left.content - bytes_.data());
    const std::size_t leftBody = static_cast<std::size_t>(ofLeft.position() - bytes_.data());
    const std::size_t leftEnd = static_cast<std::size_t>(left.end - bytes_.data());
    const std::size_t rightBody = static_cast<std::size_t>(ofRight.position() - bytes_.data());
    const std::size_t rightSize = bytes_.size() - rightBody;
    const std::size_t body = at + sizeOfVarUint(number);
    const auto move = [this](std::size_t from, std::size_t to, std::size_t size) {
        if (size != 0 && from != to) std::memmove(bytes_.data() + to, bytes_.data() + from, size);
    };
    // The right part first where the left one grows into it: the right one's head, which is dropped, is longer than that.
    move(rightBody, body + (leftEnd - leftBody), rightSize);
    move(leftBody, body, leftEnd - leftBody);
    putVarUint(bytes_.data() + at, number);
    bytes_.resize(body + (leftEnd - leftBody) + rightSize);
    lastLength_ = static_cast<std::uint32_t>(end_ - lastClock_);
}

void StructRun::assign(const Section& section, std::span<const Mark> marks) {
    bytes_.assign(section.structs.begin(), section.structs.end());
    marks_.assign(marks.begin(), marks.end());
    end_ = section.end;
    count_ = static_cast<std::uint32_t>(section.count);
    // The last one, whose clock only reading tells.
    const Found last = find(end_ - 1);
    last_ = static_cast<std::uint32_t>(last.what.begin - bytes_.data());
    lastClock_ = static_cast<std::uint32_t>(last.what.clock);
    lastLength_ = static_cast<std::uint32_t>(last.what.length);
}

void StructRun::shrink() {
    bytes_.shrink_to_fit();
    marks_.shrink_to_fit();
}

}  // namespace patchbay::yjs::detail
