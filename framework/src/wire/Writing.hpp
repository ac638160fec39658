#pragma once
// What a server says to clients of `patchbay.1` (framework/WIRE.md §3 … §8), sans I/O. Each function appends one object, without a line
// feed, to `out`.
//
// `data` is what the application has sent: text that is JSON as it is, other text as a JSON text. Bytes stand in no object: what
// has them is a binary message, the object, a line feed, and they.

#include <patchbay/bytes.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay::wire {

struct Welcome {
    std::uint64_t session = 0;  ///< its number
    std::string_view you = {};
    std::string_view user = {};         ///< empty: nobody
    std::string_view subprotocol = {};  ///< empty: none
    std::uint64_t ping = 0;        ///< seconds
    std::optional<std::uint64_t> expires = {};
    std::uint64_t message = 0, topics = 0, ids = 0;
};
void writeWelcome(std::string& out, const Welcome& welcome);

/// Why something was not done.   Units: `code` as WIRE.md's; `text` is UTF-8, empty for none.
struct Error {
    std::string_view code;
    std::string_view text = {};
    bool retry = false;
};
void writeOk(std::string& out, std::uint64_t id);
void writeError(std::string& out, std::uint64_t id, const Error& error);
/// A whole message: of bytes the object is followed by them.
void writeAnswer(std::string& out, std::uint64_t id, MessageKind kind, Bytes data);
/// `{"id":16,"data":{"expires":3600}}`; without where they do not.
void writeExpires(std::string& out, std::uint64_t id, std::optional<std::uint64_t> expires);
/// What is told to one client, of no topic and no request. A whole message.
void writeData(std::string& out, MessageKind kind, Bytes data);

struct Joined {
    std::string_view topic;
    std::uint64_t epoch = 0, offset = 0;
    std::uint64_t from = 0;
    std::optional<bool> recovered = {};
    bool latest = false;
};
void writeJoined(std::string& out, const Joined& joined);
/// `error`: nullptr for none.
void writeLeft(std::string& out, std::string_view topic, const Error* error);
void writeAt(std::string& out, const std::map<std::string, std::uint64_t>& offsets);

/// What stands beside the data of a publication.
struct Head {
    std::uint64_t offset = 0;       ///< 0: passing
    std::string_view client = {};   ///< the public name of who published it; empty: nobody
    std::uint64_t request = 0;
    std::string_view key = {};
    std::uint64_t amends = 0;
};
/// A part of a topic's history, in the order of its offsets.
struct HistoryPage {
    struct Entry {
        Head head;
        MessageKind kind = MessageKind::Text;
        Bytes data;
    };
    std::string epoch;
    std::vector<Entry> list;
    bool more = false;  ///< older ones are kept
};
/// The outcome of what has asked for it: the newest of the list that fit into `most` bytes, and one in any case.
void writeHistory(std::string& out, std::uint64_t id, const HistoryPage& page, std::size_t most);
/// A whole message.
void writePublication(std::string& out, std::string_view topic, const Head& head, MessageKind kind, Bytes data);

/// Appends text of the application's as a value of JSON, without line feeds.   Requires: it is UTF-8.
void writeValue(std::string& out, std::string_view text);

/// Whether what one of these has made is a binary message: only these have a line feed.
inline bool isBinary(std::string_view message) noexcept { return message.find('\n') != std::string_view::npos; }
inline MessageKind kindOf(std::string_view message) noexcept { return isBinary(message) ? MessageKind::Binary : MessageKind::Text; }

}  // namespace patchbay::wire
