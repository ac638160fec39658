#include "Struct.hpp"

#include "Utf.hpp"

namespace patchbay::yjs::detail {
namespace {

constexpr std::uint64_t kTypes = 7;
constexpr std::uint64_t kXmlElement = 3;
constexpr std::uint64_t kXmlHook = 5;

Id readId(Reader& reader) noexcept {
    const ClientId client = reader.varUint();
    return {client, reader.varUint()};
}

/// A struct that waits for itself, or for what can only come after it, would wait for ever.
Id readReference(Reader& reader, ClientId client, Clock clock) noexcept {
    const std::byte* const start = reader.position();
    const Id id = readId(reader);
    if (id.client == client && id.clock >= clock) reader.fail(Rule::RefersToItself, start);
    return id;
}

/// Returns its length. Text of bytes that are known is not looked at but counted.
template <bool kChecked>
Clock readContent(Reader& reader, std::uint8_t ref) noexcept {
    const std::byte* const start = reader.position();
    switch (ref) {
        case kDeleted: return reader.varUint();
        case kJson: {
            const std::uint64_t count = reader.count(1);
            for (std::uint64_t left = count; left != 0 && reader.ok(); --left) {
                const std::byte* const at = reader.position();
                const std::string_view text = kChecked ? reader.varString() : reader.varStringUnchecked();
                if (kChecked && reader.ok() && text != "undefined" && !isJson(text)) reader.fail(Rule::NotJson, at);
            }
            return count;
        }
        case kBinary: reader.varBytes(); return 1;
        case kString: {
            const std::string_view text = reader.varStringUnchecked();
            if (!kChecked) return utf16Length(text);
            const std::optional<std::size_t> length = utf16LengthChecked(text);
            if (!length) reader.fail(Rule::NotUtf8, start);
            return length.value_or(0);
        }
        case kEmbed: kChecked ? reader.varJson() : reader.varStringUnchecked(); return 1;
        case kFormat:
            kChecked ? reader.varString() : reader.varStringUnchecked();
            kChecked ? reader.varJson() : reader.varStringUnchecked();
            return 1;
        case kType: {
            const std::uint64_t type = reader.varUint();
            if (type >= kTypes) reader.fail(Rule::UnknownType, start);
            if (type == kXmlElement || type == kXmlHook) kChecked ? reader.varString() : reader.varStringUnchecked();
            return 1;
        }
        case kAny: {
            const std::uint64_t count = reader.count(1);
            for (std::uint64_t left = count; left != 0 && reader.ok(); --left) reader.any();
            return count;
        }
        case kDoc:
            kChecked ? reader.varString() : reader.varStringUnchecked();
            reader.any();
            return 1;
        default: reader.fail(Rule::UnknownContent, start); return 0;
    }
}

template <bool kChecked>
void readHead(Reader& reader, ClientId client, Clock clock, Struct& out) noexcept {
    out.begin = reader.position();
    out.info = reader.byte();
    out.hasParentId = false;
    if (out.isItem()) {
        if ((out.info & 31) == kGc || (out.info & 31) > kDoc) reader.fail(Rule::UnknownContent, out.begin);
        const auto reference = [&] { return kChecked ? readReference(reader, client, clock) : readId(reader); };
        const auto text = [&] { kChecked ? reader.varString() : reader.varStringUnchecked(); };
        if (out.hasOrigin()) out.origin = reference();
        if (out.hasRightOrigin()) out.rightOrigin = reference();
        if (!out.hasOrigin() && !out.hasRightOrigin()) {
            const std::byte* const start = reader.position();
            const std::uint64_t kind = reader.varUint();
            if (kind > 1) reader.fail(Rule::UnknownContent, start);
            out.hasParentId = kind == 0;
            if (out.hasParentId) {
                out.parent = reference();
            } else {
                text();
            }
            if ((out.info & kHasKey) != 0) text();
        }
    }
    out.content = reader.position();
}

template <bool kChecked>
void read(Reader& reader, ClientId client, Clock clock, Clock maxClock, Struct& out) noexcept {
    readHead<kChecked>(reader, client, clock, out);
    out.clock = clock;
    out.length = out.isItem() ? readContent<kChecked>(reader, out.info & 31) : reader.varUint();
    out.end = reader.position();
    if (kChecked && reader.ok()) {
        if (out.length == 0) reader.fail(Rule::ZeroLength, out.begin);
        if (out.length > maxClock || clock > maxClock - out.length) reader.fail(Rule::ClockTooLarge, out.begin);
    }
}

/// A string without its first units. A cut through a pair leaves U+FFFD, as in yjs.
void writeTextFrom(Buffer& out, const Struct& one, Clock offset) {
    static constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
    Reader reader{one.contentBytes()};
    std::string_view text = reader.varStringUnchecked();
    const Utf16Cut cut = utf16Cut(text, offset);
    text.remove_prefix(cut.bytes + (cut.throughAPair ? 4 : 0));
    writeVarUint(out, text.size() + (cut.throughAPair ? kReplacement.size() : 0));
    if (cut.throughAPair) writeBytes(out, asBytes(kReplacement));
    writeBytes(out, asBytes(text));
}

/// Values of JSON or `any` without the first.
void writeValuesFrom(Buffer& out, const Struct& one, Clock offset) {
    Reader reader{one.contentBytes()};
    reader.varUint();
    for (Clock left = offset; left != 0; --left) one.ref() == kAny ? reader.any() : static_cast<void>(reader.varBytes());
    writeVarUint(out, one.length - offset);
    writeBytes(out, {reader.position(), one.end});
}

}  // namespace

void readStruct(Reader& reader, ClientId client, Clock clock, Clock maxClock, Struct& out) noexcept {
    read<true>(reader, client, clock, maxClock, out);
}

void readStructUnchecked(Reader& reader, Clock clock, Struct& out) noexcept { read<false>(reader, 0, clock, 0, out); }

void readHeadUnchecked(Reader& reader, Struct& out) noexcept { readHead<false>(reader, 0, 0, out); }

bool cutsAPair(const Struct& one, Clock offset) noexcept {
    if (one.ref() != kString || !one.isItem() || offset == 0 || offset >= one.length) return false;
    Reader reader{one.contentBytes()};
    return utf16Cut(reader.varStringUnchecked(), offset).throughAPair;
}

void writeHead(Buffer& out, ClientId client, const Struct& one, Clock offset, Ref ref) {
    auto info = static_cast<std::uint8_t>((one.info & ~31U) | ref);
    // Beside an origin a key carries nothing: yjs forgets it when it reads that, and keeps it for a part of what had none.
    if (one.hasOrigin() || one.hasRightOrigin()) info &= static_cast<std::uint8_t>(~kHasKey);
    if (offset == 0) {
        writeByte(out, info);
        return writeBytes(out, {one.begin + 1, one.content});
    }
    writeByte(out, info | kHasOrigin);
    writeVarUint(out, client);
    writeVarUint(out, one.clock + offset - 1);
    if (one.hasRightOrigin()) {
        writeVarUint(out, one.rightOrigin.client);
        writeVarUint(out, one.rightOrigin.clock);
    }
}

void writeFrom(Buffer& out, ClientId client, const Struct& one, Clock offset) {
    if (!one.isItem()) {
        writeByte(out, one.info);
        return writeVarUint(out, one.length - offset);
    }
    writeHead(out, client, one, offset, one.ref());
    if (offset == 0) return writeBytes(out, one.contentBytes());
    switch (one.ref()) {
        case kDeleted: return writeVarUint(out, one.length - offset);
        case kString: return writeTextFrom(out, one, offset);
        default: return writeValuesFrom(out, one, offset);
    }
}

void writeDeleted(Buffer& out, ClientId client, const Struct& one, Clock offset, Clock length) {
    writeHead(out, client, one, offset, kDeleted);
    writeVarUint(out, length);
}

void writeGc(Buffer& out, Clock length) {
    writeByte(out, kGc);
    writeVarUint(out, length);
}

bool joins(const Struct& left, const Struct& right, ClientId client) noexcept {
    if (left.endClock() != right.clock) return false;
    if (!left.isItem() || !right.isItem()) return left.info == kGc && right.info == kGc;
    return left.ref() == right.ref() && left.isDivisible() && right.hasOrigin() && right.origin == Id{client, right.clock - 1} &&
           left.hasRightOrigin() == right.hasRightOrigin() && (!left.hasRightOrigin() || left.rightOrigin == right.rightOrigin);
}

}  // namespace patchbay::yjs::detail
