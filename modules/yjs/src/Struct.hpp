#pragma once
// One struct of an update as it lies in its bytes: read, sliced, joined with what its client wrote before it.
//
//   struct  = info:u8
//     info 0    GC: varuint length         what was deleted with its parent
//     info 10   Skip: varuint length       what is missing here
//     else      Item: [0x80] origin (client, clock)  [0x40] right origin (client, clock)
//               neither: varuint 1, varstring name of a root | varuint 0, id of the parent; and with 0x20 varstring key
//               content by info & 31
//
// A struct does not say its own id: the client stands before a section of structs, the clock is where the one before it ended.

#include <patchbay/yjs/encoding.hpp>
#include <patchbay/yjs/update.hpp>

#include <cstdint>

namespace patchbay::yjs::detail {

enum Ref : std::uint8_t { kGc = 0, kDeleted = 1, kJson = 2, kBinary = 3, kString = 4, kEmbed = 5, kFormat = 6, kType = 7, kAny = 8, kDoc = 9, kSkip = 10 };

inline constexpr std::uint8_t kHasOrigin = 0x80;
inline constexpr std::uint8_t kHasRightOrigin = 0x40;
inline constexpr std::uint8_t kHasKey = 0x20;

struct Id {
    ClientId client = 0;
    Clock clock = 0;
    friend bool operator==(const Id&, const Id&) = default;
};

/// Owns: nothing; its bytes are somebody's.
struct Struct {
    std::uint8_t info = 0;
    bool hasParentId = false;
    Clock clock = 0;
    Clock length = 0;
    Id origin;       // with kHasOrigin
    Id rightOrigin;  // with kHasRightOrigin
    Id parent;       // with hasParentId
    const std::byte* begin = nullptr;
    const std::byte* content = nullptr;
    const std::byte* end = nullptr;

    Clock endClock() const noexcept { return clock + length; }
    Ref ref() const noexcept { return static_cast<Ref>(info & 31); }
    bool isItem() const noexcept { return info != kGc && info != kSkip; }
    bool hasOrigin() const noexcept { return (info & kHasOrigin) != 0; }
    bool hasRightOrigin() const noexcept { return (info & kHasRightOrigin) != 0; }
    Bytes contentBytes() const noexcept { return {content, end}; }
    /// Parts of it are structs too.
    bool isDivisible() const noexcept { return !isItem() || ref() == kDeleted || ref() == kJson || ref() == kString || ref() == kAny; }
};

/// The next struct of a peer's section.   Errors: the reader's fault.
void readStruct(Reader& reader, ClientId client, Clock clock, Clock maxClock, Struct& out) noexcept;
/// The same of bytes that have been read that way before.
void readStructUnchecked(Reader& reader, Clock clock, Struct& out) noexcept;

/// Only what stands before its content; its clock, length and end are left to the caller.
void readHeadUnchecked(Reader& reader, Struct& out) noexcept;

/// What lies between two halves of a surrogate pair cannot be written: both are then U+FFFD for whoever reads it, as in yjs.
/// Whether `offset` would do that.
bool cutsAPair(const Struct& one, Clock offset) noexcept;

/// What is left of it from `offset` on.   Requires: divisible, unless that is 0.
void writeFrom(Buffer& out, ClientId client, const Struct& one, Clock offset);
/// What an item has before its content, for the part of it that begins at `offset`.
void writeHead(Buffer& out, ClientId client, const Struct& one, Clock offset, Ref ref);
/// The same place with nothing in it: what yjs leaves of what has been deleted.
void writeDeleted(Buffer& out, ClientId client, const Struct& one, Clock offset, Clock length);
void writeGc(Buffer& out, Clock length);

/// Whether yjs would hold both as one item, so that slicing it gives them back.
bool joins(const Struct& left, const Struct& right, ClientId client) noexcept;

}  // namespace patchbay::yjs::detail
