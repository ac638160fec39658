// Frames: any bytes, to a server and to a client, with and without an extension, in chunks and as a whole, held and
// not.
//
//   input = flags  chunk  chunk  frames         flags: 1 client role, 2 extension, 4 small limits; the five above, by
//   turns:
//                                               whether a message is followed by a hold

#include "Fuzz.hpp"

#include "protocol/Connection.hpp"

#include <cstring>
#include <functional>
#include <memory>
#include <utility>

namespace patchbay::fuzz {
namespace {

using namespace protocol;

constexpr std::uint8_t kClientRole = 1;
constexpr std::uint8_t kExtension = 2;
constexpr std::uint8_t kSmallLimits = 4;
constexpr unsigned kFirstHold = 3, kHolds = 5;

constexpr MaskKey kKey{std::byte{0x37}, std::byte{0xfa}, std::byte{0x21}, std::byte{0x3d}};
MaskKey knownKey() { return kKey; }

/// Owns RSV1; turns every bit of a message over, doubles nothing, refuses a message that starts with a zero.
class Inverted : public Extension {
public:
    std::uint8_t rsvBits() const noexcept override { return 0x40; }
    std::size_t maxEncodedBytes(std::size_t maxMessageSize) const noexcept override { return maxMessageSize + 1; }

    Decoded decode(std::uint8_t, Bytes payload, MessageBuffer& out) override {
        if (!payload.empty() && payload.front() == std::byte{0}) return Decoded::Broken;
        return invert(payload, out) ? Decoded::Whole : Decoded::TooBig;
    }

    std::uint8_t encode(MessageKind, Bytes payload, MessageBuffer& out) override {
        if (!payload.empty() && payload.front() == std::byte{0xFF}) return 0;
        return invert(payload, out) ? 0x40 : 0;
    }

private:
    static bool invert(Bytes payload, MessageBuffer& out) {
        std::vector<std::byte> turned(payload.begin(), payload.end());
        for (std::byte& byte : turned) byte = ~byte;
        return out.append(turned);
    }
};

std::unique_ptr<Extension> extensionFor(std::uint8_t flags) {
    return (flags & kExtension) != 0 ? std::make_unique<Inverted>() : nullptr;
}
Limits limitsFor(std::uint8_t flags) { return (flags & kSmallLimits) != 0 ? Limits{20, 3} : Limits{4_KiB, 0}; }
Role roleFor(std::uint8_t flags) { return (flags & kClientRole) != 0 ? Role::Client : Role::Server; }
Role other(Role role) { return role == Role::Client ? Role::Server : Role::Client; }

/// RFC 3629 by its definition: decode each character and look at what came out.
bool isText(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const auto lead = static_cast<std::uint8_t>(text[at]);
        const std::size_t length = lead < 0x80 ? 1 : lead < 0xC0 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF8 ? 4 : 0;
        if (length == 0 || text.size() - at < length) return false;
        std::uint32_t point = length == 1 ? lead : lead & (0xFFU >> (length + 1));
        for (std::size_t i = 1; i < length; ++i) {
            const auto byte = static_cast<std::uint8_t>(text[at + i]);
            if ((byte & 0xC0) != 0x80) return false;
            point = point << 6 | (byte & 0x3F);
        }
        const std::uint32_t least = length == 1 ? 0 : length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000;
        if (point < least || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return false;
        at += length;
    }
    return true;
}

struct Event {
    enum class Kind : std::uint8_t { Text, Binary, Pong, Reply, Close, Failure };
    Kind kind;
    std::string data;
    int code = 0;
    bool operator==(const Event&) const = default;
};

/// Notes what happens and looks at each event as it comes.
class Recorder : public Receiver, public Output {
public:
    explicit Recorder(Limits limits) : limits_{limits} {}

    void onMessage(MessageKind kind, std::span<std::byte> payload) override {
        require(payload.size() <= limits_.maxMessageSize, "a message is no larger than the limit");
        require(kind == MessageKind::Binary || isText(asText(payload)), "a text message is UTF-8");
        add({kind == MessageKind::Text ? Event::Kind::Text : Event::Kind::Binary, std::string{asText(payload)}});
        if (whenMessage) whenMessage();
    }
    void onPong(Bytes payload) override {
        require(payload.size() <= kMaxControlBytes, "a pong carries at most 125 bytes");
        add({Event::Kind::Pong, std::string{asText(payload)}});
    }
    void onReply(Bytes frame) override {
        replies += asText(frame);
        add({Event::Kind::Reply, std::string{asText(frame)}});
    }
    void onClose(CloseCode code, std::string_view reason) override {
        require(isText(reason), "a close reason is UTF-8");
        answer(code, {});
        add({Event::Kind::Close, std::string{reason}, static_cast<int>(code)});
        ended_ = true;
    }
    void onFailure(CloseCode code, std::string_view rule) override {
        require(!rule.empty(), "a failure names its rule");
        answer(code, rule);
        add({Event::Kind::Failure, std::string{rule}, static_cast<int>(code)});
        ended_ = true;
    }
    void write(Bytes header, Bytes payload) override { written.append(asText(header)).append(asText(payload)); }

    std::vector<Event> events;
    std::string replies;
    std::string written;
    std::function<void()> whenMessage;
    Connection* answers = nullptr;  // whose end it answers

private:
    void answer(CloseCode code, std::string_view text) {
        if (!answers->close(code, text, *this)) return;
        replies += written;
        add({Event::Kind::Reply, std::exchange(written, {})});
    }
    void add(Event event) {
        require(!ended_, "nothing follows a close or a failure");
        events.push_back(std::move(event));
    }

    Limits limits_;
    bool ended_ = false;
};

struct Peer {
    Peer(Role role, std::uint8_t flags, Limits limits)
        : record{limits}, connection{role, limits, record, extensionFor(flags), &knownKey} {
        record.answers = &connection;
    }

    /// Each chunk lies in memory of its own, with exactly the slack that receive() asks for.
    void receive(Chunks chunks) {
        while (!chunks.atEnd()) receive(chunks.next());
    }

    Recorder record;
    Connection connection;

private:
    /// What a hold leaves comes again, after a try while it lasts.
    void receive(std::string_view chunk) {
        do {
            const std::size_t events = record.events.size();
            const bool held = connection.isHeld();
            std::vector<std::byte> buffer(chunk.size() + kSlackBytes, std::byte{0xA5});
            std::memcpy(buffer.data(), chunk.data(), chunk.size());
            const std::size_t left = connection.receive(std::span{buffer}.first(chunk.size()));
            require(left == 0 || connection.isHeld(), "only a hold leaves bytes");
            require(!held || (left == chunk.size() && record.events.size() == events), "nothing comes through a hold");
            require(asText(Bytes{buffer}.first(chunk.size()).last(left)) == chunk.substr(chunk.size() - left),
                    "what is left is untouched");
            chunk.remove_prefix(chunk.size() - left);
            if (held) connection.release();
        } while (!chunk.empty() || connection.isHeld());
    }
};

/// Holds after some of its messages.
struct HeldPeer : Peer {
    HeldPeer(Role role, std::uint8_t flags, Limits limits) : Peer{role, flags, limits} {
        record.whenMessage = [this, flags, messages = 0U]() mutable {
            if ((flags >> (kFirstHold + messages++ % kHolds) & 1) != 0) connection.hold();
        };
    }
};

/// The other side understands every reply, and the code in a Close that answers a failure.
void checkReplies(const Recorder& record, std::uint8_t flags) {
    Peer peer{other(roleFor(flags)), flags, {}};
    peer.receive({record.replies, 0, 0});
    const std::vector<Event>& seen = peer.record.events;
    require(std::ranges::none_of(seen, [](const Event& e) { return e.kind == Event::Kind::Failure; }),
            "the peer accepts every reply");
    if (record.events.empty() || record.events.back().kind != Event::Kind::Failure) return;
    require(!seen.empty() && seen.back().kind == Event::Kind::Close && seen.back().code == record.events.back().code,
            "a failure tells the peer its code");
}

/// A message that arrived arrives again when the other side sends it.
void checkRoundTrip(const std::vector<Event>& events, std::uint8_t flags) {
    Peer sender{other(roleFor(flags)), flags, limitsFor(flags)};
    std::vector<Event> sent;
    for (const Event& event : events) {
        if (event.kind != Event::Kind::Text && event.kind != Event::Kind::Binary) continue;
        const auto kind = event.kind == Event::Kind::Text ? MessageKind::Text : MessageKind::Binary;
        require(sender.connection.send(kind, asBytes(event.data), sender.record), "an open connection sends");
        sent.push_back(event);
    }
    Peer receiver{roleFor(flags), flags, limitsFor(flags)};
    receiver.receive({sender.record.written, 7, 0});
    require(receiver.record.events == sent, "what is encoded decodes to the same");
}

void run(Input input) {
    const std::uint8_t flags = input.byte();
    const std::size_t first = input.byte();
    const std::size_t second = input.byte();
    Peer whole{roleFor(flags), flags, limitsFor(flags)};
    whole.receive({input.rest(), 0, 0});
    HeldPeer chunked{roleFor(flags), flags, limitsFor(flags)};
    chunked.receive({input.rest(), first, second});
    require(whole.record.events == chunked.record.events, "chunks and holds give the same events as the whole");
    checkReplies(whole.record, flags);
    checkRoundTrip(whole.record.events, flags);
}

}  // namespace
}  // namespace patchbay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    patchbay::fuzz::run({data, size});
    return 0;
}
