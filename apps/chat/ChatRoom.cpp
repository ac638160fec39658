#include "ChatRoom.hpp"

#include "Names.hpp"

#include <chrono>

namespace chat {
namespace {

constexpr std::size_t kLongestName = 40;
constexpr std::size_t kLongestRoom = 160;  // forty characters of any kind
constexpr std::size_t kLongestText = 4000;

std::int64_t nowInMilliseconds() {
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

/// `text` without white space at its ends.
std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    const auto first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

/// At most `most` bytes, cut where a character ends.
std::string cut(std::string_view text, std::size_t most) {
    if (text.size() <= most) return std::string{text};
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
    return std::string{text.substr(0, most)};
}

}  // namespace

void ChatRoom::joined(Session session, PathParam<"room"> room) {
    if (room.value.size() > kLongestRoom) throw patchbay::Refused{"The name of this room is too long: 160 bytes are the most."};
    const std::string wanted = cut(tidied(session.queryParameter("name")), kLongestName);
    if (const auto problem = problemOfName(wanted); !problem.empty()) throw patchbay::Refused{std::string{problem}};
    if (!problemOfName(room.value).empty()) throw patchbay::Refused{"The name of this room has characters that rooms may not have."};
    const auto subscribe = [&] { session.subscribe(room); };
    auto entrance = rooms_.enter(room, wanted.empty() ? session.displayName() : wanted, subscribe);
    if (!entrance) return session.close(patchbay::CloseCode::TryAgainLater, "this room is full");
    name_ = entrance->name;
    session.send(Welcome{name_, std::string{room.value}, std::move(entrance->people), std::move(entrance->recent)});
    topics_.publish(room, Joined{name_}, session);
}

void ChatRoom::said(Session session, const Say& say, PathParam<"room"> room) {
    const std::string_view text = trimmed(say.text);
    if (text.empty()) return;
    if (text.size() > kLongestText) return session.send(Refused{"This message is too long: 4000 bytes are the most."});
    const Said said{name_, std::string{text}, nowInMilliseconds()};
    rooms_.say(room, said, [&] { topics_.publish(room, said); });
}

void ChatRoom::typing(Session session, const Typing&, PathParam<"room"> room) {
    topics_.publish(room, IsTyping{name_}, session);
}

void ChatRoom::left(Session, PathParam<"room"> room) {
    if (name_.empty()) return;  // it never got in
    rooms_.leave(room, name_);
    topics_.publish(room, Left{name_});
}

void ChatRoom::failed(Session session, const patchbay::DecodeError&) {
    session.send(Refused{"The server did not understand this message."});
}

}  // namespace chat
