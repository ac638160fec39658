#include "wire/Writing.hpp"

#include "wire/Objects.hpp"

#include <patchbay/errors.hpp>
#include <patchbay/json.hpp>

#include <algorithm>

namespace patchbay::wire {
namespace {

constexpr std::size_t kKeptBytes = 64 * 1024;

void writeText(std::string& out, std::string_view text) { json::detail::writeText(out, text, json::detail::Place{}); }
void writeNumber(std::string& out, std::uint64_t number) { json::detail::writeUnsigned(out, number); }

/// `,"name":`
void begin(std::string& out, std::string_view name) {
    if (out.back() != '{') out += ',';
    out.append(1, '"').append(name).append("\":");
}
void member(std::string& out, std::string_view name, std::string_view text) {
    begin(out, name);
    writeText(out, text);
}
void member(std::string& out, std::string_view name, std::uint64_t number) {
    begin(out, name);
    writeNumber(out, number);
}
void member(std::string& out, std::string_view name, bool yes) {
    begin(out, name);
    out.append(yes ? "true" : "false");
}

void error(std::string& out, const Error& error) {
    begin(out, "error");
    out += '{';
    member(out, "code", error.code);
    if (!error.text.empty()) member(out, "text", error.text);
    member(out, "retry", error.retry);
    out += '}';
}

/// The end of an object that has data: within it, or behind it.
void finish(std::string& out, MessageKind kind, Bytes data) {
    if (kind == MessageKind::Binary) {
        out.append("}\n").append(asText(data));
        return;
    }
    begin(out, "data");
    writeValue(out, asText(data));
    out += '}';
}

/// Whether it could be: spares plain texts the parser.
bool mayBeJson(std::string_view text) noexcept {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && std::string_view{"{[\"-0123456789tfn"}.find(text[first]) != std::string_view::npos;
}

/// Within a list of its own: what is written stands within an object, which nests one deeper.
bool isJson(std::string_view text) {
    if (!mayBeJson(text)) return false;
    const auto isOneValue = [text](json::Document& document, std::string& list) {
        list.assign(1, '[').append(text).append(1, ']');
        try {
            json::detail::Elements values{document.parse(list), json::detail::Place{}};
            json::Value value;
            return values.next(value) && !values.next(value);
        } catch (const DecodeError&) {
            return false;
        }
    };
    if (text.size() > kKeptBytes) {
        json::Document once;
        std::string list;
        return isOneValue(once, list);
    }
    static thread_local json::Document document;
    static thread_local std::string list;
    return isOneValue(document, list);
}

}  // namespace

void writeValue(std::string& out, std::string_view text) {
    if (!isJson(text)) return writeText(out, text);
    constexpr std::string_view kSpace = " \t\r\n";
    const std::size_t before = out.size(), first = text.find_first_not_of(kSpace);
    out.append(text.substr(first, text.find_last_not_of(kSpace) + 1 - first));
    std::replace(out.begin() + static_cast<std::ptrdiff_t>(before), out.end(), '\n', ' ');  // between values: within texts there is none
}

void writeWelcome(std::string& out, const Welcome& welcome) {
    out.append("{\"welcome\":{");
    member(out, "session", std::to_string(welcome.session));
    member(out, "you", welcome.you);
    if (!welcome.user.empty()) member(out, "user", welcome.user);
    if (!welcome.subprotocol.empty()) member(out, "subprotocol", welcome.subprotocol);
    member(out, "ping", welcome.ping);
    if (welcome.expires) member(out, "expires", *welcome.expires);
    begin(out, "limits");
    out += '{';
    member(out, "message", welcome.message);
    member(out, "topics", welcome.topics);
    member(out, "ids", welcome.ids);
    out.append("}}}");
}

void writeOk(std::string& out, std::uint64_t id) {
    out += '{';
    member(out, "id", id);
    member(out, "ok", true);
    out += '}';
}

void writeError(std::string& out, std::uint64_t id, const Error& why) {
    out += '{';
    member(out, "id", id);
    error(out, why);
    out += '}';
}

void writeAnswer(std::string& out, std::uint64_t id, MessageKind kind, Bytes data) {
    out += '{';
    member(out, "id", id);
    finish(out, kind, data);
}

void writeExpires(std::string& out, std::uint64_t id, std::optional<std::uint64_t> expires) {
    out += '{';
    member(out, "id", id);
    begin(out, "data");
    out += '{';
    if (expires) member(out, "expires", *expires);
    out.append("}}");
}

void writeData(std::string& out, MessageKind kind, Bytes data) {
    out += '{';
    finish(out, kind, data);
}

void writeJoined(std::string& out, const Joined& joined) {
    out += '{';
    member(out, "joined", joined.topic);
    member(out, "epoch", epochText(joined.epoch));
    member(out, "offset", joined.offset);
    member(out, "from", joined.from);
    if (joined.recovered) member(out, "recovered", *joined.recovered);
    if (joined.latest) member(out, "latest", true);
    out += '}';
}

void writeLeft(std::string& out, std::string_view topic, const Error* why) {
    out += '{';
    member(out, "left", topic);
    if (why) error(out, *why);
    out += '}';
}

void writeAt(std::string& out, const std::map<std::string, std::uint64_t>& offsets) {
    out.append("{\"at\":{");
    for (const auto& [topic, offset] : offsets) {
        if (out.back() != '{') out += ',';
        writeText(out, topic);
        out += ':';
        writeNumber(out, offset);
    }
    out.append("}}");
}

namespace {

/// RFC 4648 §4
void writeBase64(std::string& out, Bytes bytes) {
    constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    out += '"';
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const std::size_t count = std::min<std::size_t>(bytes.size() - at, 3);
        std::uint32_t three = 0;
        for (std::size_t byte = 0; byte < 3; ++byte) three = three << 8 | (byte < count ? std::to_integer<std::uint32_t>(bytes[at + byte]) : 0);
        for (std::size_t digit = 0; digit < 4; ++digit) out += digit <= count ? kDigits[three >> (18 - 6 * digit) & 0x3F] : '=';
    }
    out += '"';
}

void writeHead(std::string& out, const Head& head) {
    if (head.offset != 0) member(out, "offset", head.offset);
    if (!head.client.empty()) {
        begin(out, "by");
        out += '[';
        writeText(out, head.client);
        out += ',';
        writeNumber(out, head.request);
        out += ']';
    }
    if (!head.key.empty()) member(out, "key", head.key);
    if (head.amends != 0) member(out, "amends", head.amends);
}

}  // namespace

void writePublication(std::string& out, std::string_view topic, const Head& head, MessageKind kind, Bytes data) {
    out += '{';
    member(out, "topic", topic);
    writeHead(out, head);
    finish(out, kind, data);
}

void writeHistory(std::string& out, std::uint64_t id, const HistoryPage& page, std::size_t most) {
    std::vector<std::string> entries;  // the newest first
    std::size_t bytes = 0;
    constexpr std::size_t kAround = 128;
    for (auto each = page.list.rbegin(); each != page.list.rend(); ++each) {
        std::string entry{'{'};
        writeHead(entry, each->head);
        if (each->kind == MessageKind::Text) {
            begin(entry, "data");
            writeValue(entry, asText(each->data));
        } else {
            begin(entry, "bytes");
            writeBase64(entry, each->data);
        }
        entry += '}';
        bytes += entry.size() + 1;
        if (!entries.empty() && bytes + kAround > most) break;
        entries.push_back(std::move(entry));
    }
    out += '{';
    member(out, "id", id);
    begin(out, "data");
    out += '{';
    member(out, "epoch", page.epoch);
    begin(out, "list");
    out += '[';
    for (auto each = entries.rbegin(); each != entries.rend(); ++each) out.append(each == entries.rbegin() ? "" : ",").append(*each);
    out += ']';
    member(out, "more", page.more || entries.size() < page.list.size());
    out.append("}}");
}

}  // namespace patchbay::wire
