#pragma once
// What clients of `patchbay.1` say (framework/WIRE.md §2, §3, §5 … §8), sans I/O: a message in, its objects out.
//
//     text    = object *( LF object )          no LF at the end, none within
//     binary  = object LF bytes                the bytes are the object's data
//     object  = {}                             ping, but in a binary message
//             | hello | join | leave | history | auth | state | answer      told by the first of these members that it has
//             | data                           a request
//             | anything else                  Unknown
//
// - What is no JSON, or no object, is the message's fault: nothing behind it is read.
// - An object that is one of these, and wrong, is Malformed: with its id, where it has one, somebody hears of that.
// - Bounds: those of a message. A message of one object is parsed in place of being taken apart; nothing here is kept.
// - Members that nobody knows are skipped: newer clients have more. A known one that stands twice is Malformed.

#include <patchbay/bytes.hpp>
#include <patchbay/json.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace patchbay::wire {

/// The subprotocol.
inline constexpr std::string_view kName = "patchbay.1";
/// The largest id and offset: what JavaScript's numbers hold exactly.
inline constexpr std::uint64_t kMostNumber = (std::uint64_t{1} << 53) - 1;
inline constexpr std::size_t kLeastClient = 22, kMostClient = 64, kMostTopic = 255, kMostEpoch = 16;
inline constexpr std::uint64_t kMostHistory = 100, kUsualHistory = 50;

/// A place in a topic's history.
struct Position {
    static constexpr bool allowUnknown = true;
    std::string epoch;
    std::uint64_t offset;
    friend bool operator==(const Position&, const Position&) = default;
};

struct Ping {};
struct Hello {
    std::string client;
    std::optional<std::string> token;
    std::uint64_t next = 0;
    std::map<std::string, Position> since;
};
struct Join {
    std::uint64_t id = 0;  ///< here and below: 0 where there is none
    std::string topic;
    std::optional<Position> since;
};
struct Leave {
    std::uint64_t id = 0;
    std::string topic;
};
struct History {
    std::uint64_t id = 0;
    std::string topic;
    std::optional<std::uint64_t> before;
    std::uint64_t limit = kUsualHistory;
};
struct Auth {
    std::uint64_t id = 0;
    std::string token;
};
/// Valid until the reader reads on.
struct Request {
    std::uint64_t id = 0;
    MessageKind kind = MessageKind::Text;
    Bytes data;  ///< JSON as it stands; of a JSON text what it says; or bytes
};
/// An object of a server that knows more.
struct Unknown {
    std::uint64_t id = 0;
};
struct Malformed {
    std::uint64_t id = 0;
    bool isHello = false;
    std::string why;
};
using ClientObject = std::variant<Ping, Hello, Join, Leave, History, Auth, Request, Unknown, Malformed>;

/// Takes messages apart.   Thread: one at a time.
class Reader {
public:
    /// The objects of this message are next.   Requires: it stays as it is until the last has been read. Text is UTF-8.
    void begin(MessageKind kind, Bytes message) noexcept;
    /// The next object; nothing behind the last, and from a fault on.
    std::optional<ClientObject> next();
    /// What is wrong with the message as a whole; empty: nothing so far.
    std::string_view fault() const noexcept { return fault_; }

private:
    struct Members;
    std::optional<ClientObject> fail(std::string_view rule) noexcept;
    std::optional<ClientObject> readObject(std::string_view object, std::optional<Bytes> bytes);
    ClientObject readKnown(const Members& members, std::string_view object, std::optional<Bytes> bytes);
    ClientObject readRequest(const Members& members, std::string_view object, std::optional<Bytes> bytes) const;

    json::Document document_;
    MessageKind kind_ = MessageKind::Text;
    std::string_view left_;
    bool over_ = true;
    std::string_view fault_;
};

/// The public name of a client: whoever sees it cannot tell the secret.   Returns: 32 characters of hex.
std::string publicName(std::string_view client);

/// `epoch` in digits of base 36.   Requires: not 0.
std::string epochText(std::uint64_t epoch);

}  // namespace patchbay::wire
