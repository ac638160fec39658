// The far end of a connection by bytes: a client that speaks RFC 6455, and looks at all that it hears.
#include "Stream.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace patchbay::simulation {
namespace {

constexpr std::size_t kTooMuch = 1 << 24;  // more than any endpoint takes
constexpr std::uint8_t kFinal = 0x80, kContinuation = 0x0, kText = 0x1, kBinary = 0x2, kClose = 0x8, kPing = 0x9,
                       kPong = 0xA;

std::uint16_t codeIn(Bytes payload) noexcept {
    return static_cast<std::uint16_t>(std::to_integer<unsigned>(payload[0]) << 8 |
                                      std::to_integer<unsigned>(payload[1]));
}

}  // namespace

// ------------------------------------------------------------------------------------------------ the far end speaks

/// Masked, as a client's are (RFC 6455 §5.3).
std::string Stream::frame(std::uint8_t first, Bytes payload) {
    std::string bytes{static_cast<char>(first)};
    if (payload.size() <= 125) {
        bytes += static_cast<char>(0x80 | payload.size());
    } else {
        bytes += static_cast<char>(0x80 | 126);
        bytes += static_cast<char>(payload.size() >> 8);
        bytes += static_cast<char>(payload.size() & 0xFF);
    }
    const std::uint64_t key = random_.next();
    for (int i = 0; i < 4; ++i) bytes += static_cast<char>(key >> 8 * i);
    for (std::size_t i = 0; i < payload.size(); ++i)
        bytes += static_cast<char>(std::to_integer<std::uint64_t>(payload[i]) ^ (key >> 8 * (i % 4)));
    return bytes;
}

/// So many, with pings between some of them.
std::string Stream::frames(std::uint8_t opcode, Bytes payload, std::size_t count) {
    std::string bytes;
    for (std::size_t left = count; left > 1; --left) {
        const std::size_t cut = random_.below(static_cast<std::uint32_t>(payload.size()) + 1);
        bytes += frame(left == count ? opcode : kContinuation, payload.first(cut));
        payload = payload.subspan(cut);
        if (random_.chance(50)) bytes += frame(kFinal | kPing, asBytes("between"));
    }
    return bytes += frame(kFinal | (count == 1 ? opcode : kContinuation), payload);
}

void Stream::say(std::uint32_t step, std::size_t bytes, MessageKind kind) {
    if (clientClosed_) return;
    const std::string payload = saidBy(++said_, step, bytes);
    const std::uint8_t opcode = kind == MessageKind::Text ? kText : kBinary;
    Arriving arriving{
        .what = What::Message, .bytes = {}, .number = said_, .size = static_cast<std::uint32_t>(payload.size())};
    const std::size_t most = connection_.limits().maxFragments;
    const std::size_t many = most != 0 && (most < 2 || random_.chance(50)) ? most : 2;
    arriving.bytes = frames(opcode, asBytes(payload), random_.chance(25) ? many : 1);
    put(std::move(arriving));
    if (random_.chance(10)) put({.what = What::Ping, .bytes = frame(kFinal | kPing, asBytes("there?"))});
}

void Stream::sayGoodbye(CloseCode code) {
    if (clientClosed_) return;
    const auto value = static_cast<std::uint16_t>(code);
    const std::array<std::byte, 2> payload{std::byte(value >> 8), std::byte(value & 0xFF)};
    put({.what = What::Goodbye, .bytes = frame(kFinal | kClose, payload), .code = code});
    codes_.push_back(code);
    clientClosed_ = true;
}

void Stream::breakRule(CloseCause rule) {
    Arriving arriving{.what = What::Break, .bytes = {}, .cause = rule};
    switch (rule) {
        case CloseCause::InvalidText:
            arriving.bytes = frame(kFinal | kText, asBytes("\xff"));
            break;
        case CloseCause::TooBig: {
            arriving.bytes = std::string{static_cast<char>(kFinal | kBinary)} + static_cast<char>(0x80 | 127);
            for (int i = 7; i >= 0; --i) arriving.bytes += static_cast<char>(kTooMuch >> 8 * i);
            arriving.bytes += "mask";
            break;
        }
        default:
            arriving.bytes = frame(kFinal | 0x3, asBytes("reserved"));
    }
    put(std::move(arriving));
    clientClosed_ = disturbed_ = true;
}

void Stream::sayInTooManyFrames() {
    const std::size_t most = connection_.limits().maxFragments;
    if (most == 0) return breakRule(CloseCause::TooBig);
    put({.what = What::Break, .bytes = frames(kText, asBytes("one frame more than it may have"), most + 1), .cause = CloseCause::TooBig});
    clientClosed_ = disturbed_ = true;
}

void Stream::loseConnection() {
    if (!wire_) return;
    disturbed_ = true;
    clientClosed_ = false;
    put({.what = random_.chance(50) ? What::Reset : What::Fin, .bytes = {}});
    clientClosed_ = true;
}

void Stream::calm() noexcept {
    stalled_ = hangs_ = false;
    delay_ = {};
    for (Arriving& arriving : underWay_) arriving.due = around_.machine.now;
}

// ------------------------------------------------------------------------------------------------ the far end hears

void Stream::hear() {
    while (hearFrame()) continue;
}

/// False when none is whole.
bool Stream::hearFrame() {
    const Bytes bytes = asBytes(heard_);
    if (bytes.size() < 2) return false;
    const auto first = std::to_integer<std::uint8_t>(bytes[0]), second = std::to_integer<std::uint8_t>(bytes[1]);
    const std::size_t head = second == 126 ? 4 : second == 127 ? 10 : 2;
    if (bytes.size() < head) return false;
    std::size_t size = second;
    if (head > 2) size = 0;
    for (std::size_t i = 2; i < head; ++i) size = size << 8 | std::to_integer<std::size_t>(bytes[i]);
    if (bytes.size() < head + size) return false;
    const std::string payload = heard_.substr(head, size);
    heard_.erase(0, head + size);
    // A ping is answered until the peer's Close has come (RFC 6455 §5.5.2).
    if (goodbyeHeard_ && first != (kFinal | kPong))
        around_.model.fail(Rule::Ghost, "the client hears something behind the goodbye");
    switch (first) {
        case kFinal | kText:
        case kFinal | kBinary:
            hearMessage(asBytes(payload));
            break;
        case kFinal | kPing:
            put({.what = What::Pong, .bytes = frame(kFinal | kPong, asBytes(payload))});
            break;
        case kFinal | kPong:
            break;
        case kFinal | kClose:
            hearGoodbye(asBytes(payload));
            break;
        default:
            around_.model.fail(Rule::Torn, "the client hears no frame: its first byte is " + std::to_string(first));
    }
    return true;
}

void Stream::hearMessage(Bytes payload) {
    const Model::Call call = callIn(payload);
    if (call == 0)
        return around_.model.fail(Rule::Torn,
                                  "a message of " + std::to_string(payload.size()) + " bytes is not what was sent");
    for (; !entered_.empty() && entered_.front() != call; ++fallen_) entered_.pop_front();
    if (entered_.empty())
        return around_.model.fail(Rule::Ghost,
                                  "the client hears call " + std::to_string(call) + ", which was not sent, or before");
    entered_.pop_front();
    if (!orderly_ && ++late_ > 1) around_.model.fail(Rule::Ghost, "the client hears what was to be dropped");
    if (fallen_ > dropped() && orderly_)
        around_.model.fail(Rule::Loss, "the client misses " + std::to_string(fallen_) + " messages, and " +
                                           std::to_string(dropped()) + " were dropped");
}

void Stream::hearGoodbye(Bytes payload) {
    goodbyeHeard_ = true;
    const CloseCode code = payload.size() < 2 ? CloseCode::NoStatus : CloseCode{codeIn(payload)};
    if (std::ranges::find(codes_, code) == codes_.end())
        around_.model.fail(Rule::Reason, "the client hears a goodbye with " +
                                             std::to_string(static_cast<unsigned>(code)) + ", which nobody gave");
    if (orderly_ && entered_.size() + fallen_ > dropped())
        around_.model.fail(Rule::Loss, "a goodbye comes before " + std::to_string(entered_.size()) + " messages");
    if (!mute_) sayGoodbye(code);
}

}  // namespace patchbay::simulation
