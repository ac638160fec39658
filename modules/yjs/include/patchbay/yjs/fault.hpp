#pragma once
// What is wrong with bytes of a peer. A peer's mistake is data: nothing here throws because of it.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace patchbay::yjs {

/// The rule that bytes have broken. `None` is no fault.
enum class Rule : std::uint8_t {
    None,
    // lib0's encoding
    Truncated,          ///< A value reaches over the end.
    TrailingBytes,      ///< Something stands behind the end.
    IntegerOutOfRange,  ///< Beyond 2^53−1.
    OverlongInteger,    ///< More bytes than the number needs, which no encoder writes.
    NotUtf8,
    NotJson,
    UnknownValue,  ///< No kind of value of lib0's `any`.
    TooDeep,       ///< Values within values, deeper than a client's stack is sure to hold.
    // an update by itself
    CountTooLarge,      ///< A count that the bytes left cannot hold.
    UnknownContent,     ///< No kind of struct or content.
    UnknownType,        ///< No kind of shared type.
    ZeroLength,         ///< A struct, or a range of deletes, of nothing (clients throw on the latter); a client with none of them, which yjs never writes.
    ClockTooLarge,      ///< A struct, or a delete, that ends beyond UpdateLimits::maxClock.
    ClientsOutOfOrder,  ///< Clients stand in descending order, each once.
    RefersToItself,     ///< An origin or parent of the same client that comes no earlier: it could never be resolved.
    TooLarge,           ///< More bytes than UpdateLimits::maxBytes, or a document beyond DocumentLimits::maxBytes.
    TooManyDeletes,     ///< More ranges than UpdateLimits::maxDeleteRanges, or a document beyond DocumentLimits::maxDeleteRanges.
    // an update and a document
    TooManyClients,  ///< More clients than UpdateLimits, or more new ones than DocumentLimits allow.
    ParentIsNoType,  ///< A parent that can have no children.
    Missing,         ///< What is loaded has a gap.
    TooMuchPending,  ///< What waits for structs that are missing, beyond DocumentLimits.
    // awareness and messages
    TooManyStates,  ///< More clients than AwarenessLimits allow.
    UnknownMessage,
};

/// What each rule says, for people: "a value reaches over the end".
std::string_view textOf(Rule rule) noexcept;

/// The first rule that was broken, and where.
struct [[nodiscard]] Fault {
    Rule rule = Rule::None;
    /// Where the value begins that broke it.   Units: bytes from the beginning of what was read.
    std::size_t at = 0;

    explicit operator bool() const noexcept { return rule != Rule::None; }
    /// "a value reaches over the end (byte 17)"
    std::string text() const;
};

}  // namespace patchbay::yjs
