#include "wire/Objects.hpp"

#include <patchbay/errors.hpp>

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <utility>

namespace patchbay::wire {
namespace {

using json::Value, json::detail::Place;

constexpr std::string_view kNoJson = "an object that is no JSON", kNoObject = "something that is no object",
                           kNoLine = "an empty line, or a line feed at the end", kNoHead = "a binary message without its object";

enum class Name : std::uint8_t { Hello, Join, Leave, History, Auth, State, Answer, Data, Id, Since, Before, Limit, Count };
constexpr std::array<std::string_view, static_cast<std::size_t>(Name::Count)> kNames{
    "hello", "join", "leave", "history", "auth", "state", "answer", "data", "id", "since", "before", "limit"};

struct HelloIn {
    static constexpr bool allowUnknown = true;
    std::string client;
    std::optional<std::string> token;
    std::uint64_t next;
    std::optional<std::map<std::string, Position>> since;
};

[[noreturn]] void failAt(std::string_view member, const std::string& problem) { json::detail::failReading(Place{Place{}, member}, problem); }

std::uint64_t readNumber(Value value, std::string_view member, std::uint64_t least, std::uint64_t most) {
    const std::uint64_t number = json::detail::readUnsigned(value, most, Place{Place{}, member});
    if (number < least) failAt(member, "at least " + std::to_string(least));
    return number;
}

std::string readTopic(Value value, std::string_view member) {
    const std::string_view topic = json::detail::readText(value, Place{Place{}, member});
    if (topic.empty() || topic.size() > kMostTopic) failAt(member, "a topic has 1 to 255 bytes");
    return std::string{topic};
}

void check(const Position& position) {
    const bool known = !position.epoch.empty() && position.epoch.size() <= kMostEpoch &&
                       std::ranges::all_of(position.epoch, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); });
    if (!known) failAt("epoch", "an epoch has 1 to 16 characters of 0-9a-z");
    if (position.offset > kMostNumber) failAt("offset", "an offset is less than 2^53");
}

bool isSecretCharacter(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

Hello readHello(Value value) {
    HelloIn in{};
    json::read(value, in);
    const bool isSecret = in.client.size() >= kLeastClient && in.client.size() <= kMostClient && std::ranges::all_of(in.client, isSecretCharacter);
    if (!isSecret) failAt("client", "22 to 64 characters of A-Za-z0-9_-");
    if (in.next == 0 || in.next > kMostNumber) failAt("next", "an id is 1 to 2^53 - 1");
    Hello hello{std::move(in.client), std::move(in.token), in.next, {}};
    if (in.since) hello.since = std::move(*in.since);
    for (const auto& [topic, position] : hello.since) {
        if (topic.empty() || topic.size() > kMostTopic) failAt("since", "a topic has 1 to 255 bytes");
        check(position);
    }
    return hello;
}

/// Where the value of an object's member stands, of whom it is the `wanted`th.   Requires: it is JSON, and has so many.
std::string_view valueOf(std::string_view object, std::size_t wanted) noexcept {
    std::size_t depth = 0, member = 0, begin = 0;
    for (std::size_t at = 0; at < object.size(); ++at) {
        switch (object[at]) {
            case '"':
                for (++at; object[at] != '"'; ++at) at += object[at] == '\\' ? 1 : 0;
                break;
            case '{':
            case '[': ++depth; break;
            case ':':
                if (depth == 1) begin = at + 1;
                break;
            case '}':
            case ']':
            case ',':
                if (depth == 1 && member++ == wanted) return object.substr(begin, at - begin);
                if (object[at] != ',') --depth;
                break;
            default: break;
        }
    }
    return {};
}

std::string_view trimmed(std::string_view json) noexcept {
    constexpr std::string_view kSpace = " \t\r\n";
    const std::size_t first = json.find_first_not_of(kSpace);
    return first == std::string_view::npos ? std::string_view{} : json.substr(first, json.find_last_not_of(kSpace) + 1 - first);
}

}  // namespace

/// Those of an object that are known.
struct Reader::Members {
    std::array<std::optional<Value>, kNames.size()> values;
    std::size_t dataIndex = 0;  // among all
    std::size_t count = 0;      // of all
    std::optional<Name> twice;

    explicit Members(Value object) {
        json::detail::Members all{object, Place{}};
        std::string_view name;
        for (Value value; all.next(name, value); ++count) {
            const auto found = std::ranges::find(kNames, name);
            if (found == kNames.end()) continue;
            const auto which = static_cast<std::size_t>(found - kNames.begin());
            if (values[which]) twice = static_cast<Name>(which);
            values[which] = value;
            if (static_cast<Name>(which) == Name::Data) dataIndex = count;
        }
    }
    const std::optional<Value>& operator[](Name name) const noexcept { return values[static_cast<std::size_t>(name)]; }
    bool has(Name name) const noexcept { return (*this)[name].has_value(); }
    std::uint64_t id() const { return has(Name::Id) ? readNumber(*(*this)[Name::Id], "id", 1, kMostNumber) : 0; }
    std::optional<Position> since() const {
        if (!has(Name::Since)) return std::nullopt;
        Position position{};
        json::read(*(*this)[Name::Since], position);
        check(position);
        return position;
    }
};

void Reader::begin(MessageKind kind, Bytes message) noexcept {
    kind_ = kind;
    left_ = asText(message);
    over_ = false;
    fault_ = {};
}

std::optional<ClientObject> Reader::fail(std::string_view rule) noexcept {
    over_ = true;
    fault_ = rule;
    return std::nullopt;
}

std::optional<ClientObject> Reader::next() {
    if (over_) return std::nullopt;
    const std::size_t end = left_.find('\n');
    const std::string_view object = left_.substr(0, end);
    if (kind_ == MessageKind::Binary && end == std::string_view::npos) return fail(kNoHead);
    if (object.empty()) return fail(kNoLine);
    std::optional<Bytes> bytes;
    if (kind_ == MessageKind::Binary) bytes = asBytes(left_.substr(end + 1));
    over_ = bytes || end == std::string_view::npos;
    if (!over_) left_.remove_prefix(end + 1);
    try {
        return readObject(object, bytes);
    } catch (const DecodeError&) {
        return fail(kNoJson);
    }
}

std::optional<ClientObject> Reader::readObject(std::string_view object, std::optional<Bytes> bytes) {
    const Value root = document_.parse(object);
    std::optional<Members> members;
    try {
        members.emplace(root);
    } catch (const DecodeError&) {
        return fail(kNoObject);
    }
    std::uint64_t id = 0;
    try {
        id = members->id();
        if (members->twice) failAt(kNames[static_cast<std::size_t>(*members->twice)], "stands twice");
        return readKnown(*members, object, bytes);
    } catch (const DecodeError& error) {
        return Malformed{id, members->has(Name::Hello), error.what()};
    }
}

ClientObject Reader::readKnown(const Members& members, std::string_view object, std::optional<Bytes> bytes) {
    const std::uint64_t id = members.id();
    if (bytes && !members.has(Name::Data)) {
        for (std::size_t name = 0; name < static_cast<std::size_t>(Name::Data); ++name) {
            if (members.values[name]) failAt(kNames[name], "does not come with bytes");
        }
        return Request{id, MessageKind::Binary, *bytes};
    }
    if (const auto& hello = members[Name::Hello]) return readHello(*hello);
    if (const auto& join = members[Name::Join]) return Join{id, readTopic(*join, "join"), members.since()};
    if (const auto& leave = members[Name::Leave]) return Leave{id, readTopic(*leave, "leave")};
    if (const auto& history = members[Name::History]) {
        History read{id, readTopic(*history, "history"), std::nullopt, kUsualHistory};
        if (const auto& before = members[Name::Before]) read.before = readNumber(*before, "before", 0, kMostNumber);
        if (const auto& limit = members[Name::Limit]) read.limit = readNumber(*limit, "limit", 1, kMostHistory);
        return read;
    }
    if (const auto& auth = members[Name::Auth]) return Auth{id, std::string{json::detail::readText(*auth, Place{Place{}, "auth"})}};
    if (members.has(Name::State) || members.has(Name::Answer)) return Unknown{id};
    if (members.has(Name::Data)) return readRequest(members, object, bytes);
    if (members.count == 0) return Ping{};
    return Unknown{id};
}

ClientObject Reader::readRequest(const Members& members, std::string_view object, std::optional<Bytes> bytes) const {
    if (bytes) failAt("data", "stands where bytes are");
    const Value data = *members[Name::Data];
    if (json::detail::isText(data)) return Request{members.id(), MessageKind::Text, asBytes(json::detail::readText(data, Place{Place{}, "data"}))};
    return Request{members.id(), MessageKind::Text, asBytes(trimmed(valueOf(object, members.dataIndex)))};
}

std::string publicName(std::string_view client) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    constexpr std::size_t kBytes = 16;
    std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
    SHA256(reinterpret_cast<const unsigned char*>(client.data()), client.size(), hash.data());
    std::string name;
    name.reserve(2 * kBytes);
    for (const unsigned char byte : std::span{hash}.first(kBytes)) name.append(1, kDigits[byte >> 4]).append(1, kDigits[byte & 0xF]);
    return name;
}

std::string epochText(std::uint64_t epoch) {
    std::array<char, kMostEpoch> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), epoch, 36).ptr;
    return {digits.data(), end};
}

}  // namespace patchbay::wire
