#include "base/Uri.hpp"

#include "base/Utf8.hpp"

#include <algorithm>

namespace patchbay {
namespace {

int hexValue(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// The byte that the escape at the beginning of `text` stands for; -1 where there is none.
int escapedByte(std::string_view text) noexcept {
    if (text.size() < 3 || text[0] != '%') return -1;
    const int high = hexValue(text[1]), low = hexValue(text[2]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

bool isControl(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

/// A '%' that begins no escape stays as it is. False when it begins one in what comes out: `%%32e` becomes `%2e`.
bool appendDecoded(std::string& out, std::string_view text) {
    constexpr std::size_t kEscape = 3;
    std::size_t lone = std::string::npos;  // where the last of these is
    bool isClear = true;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int byte = escapedByte(text.substr(i));
        if (byte < 0 && text[i] == '%') lone = out.size();
        out += byte < 0 ? text[i] : static_cast<char>(byte);
        if (byte >= 0) i += kEscape - 1;
        const bool isBehind = lone != std::string::npos && out.size() == lone + kEscape;
        isClear = isClear && !(isBehind && escapedByte(std::string_view{out}.substr(lone)) >= 0);
    }
    return isClear;
}

/// Without a '%' nothing is copied.
bool decodesToUtf8(std::string_view query, std::string& room) {
    if (query.find('%') == std::string_view::npos) return isUtf8(asBytes(query));
    room.clear();
    appendDecoded(room, query);
    return isUtf8(asBytes(room));
}

std::string formDecode(std::string_view text) {
    std::string spaced{text}, decoded;
    std::replace(spaced.begin(), spaced.end(), '+', ' ');
    appendDecoded(decoded, spaced);
    return decoded;
}

}  // namespace

std::optional<std::string_view> unescaped(std::string_view text, std::string& room) {
    if (text.find('%') == std::string_view::npos) return text;
    room.clear();
    return appendDecoded(room, text) ? std::optional<std::string_view>{room} : std::nullopt;
}

std::string_view problemOfEscapes(std::string_view target) {
    const std::size_t query = std::min(target.find('?'), target.size());
    std::string room;
    const auto path = unescaped(target.substr(0, query), room);
    if (!path) return "a percent sign in the path that would begin an escape once it is decoded (RFC 3986 §2.4)";
    if (!isUtf8(asBytes(*path))) return "the path is not UTF-8 (RFC 3987 §3.1)";
    if (!decodesToUtf8(target.substr(query), room)) return "the query is not UTF-8 (WHATWG URL §5.1)";
    return {};
}

std::optional<std::string> percentDecode(std::string_view segment) {
    std::string room;
    const auto decoded = unescaped(segment, room);
    if (!decoded || std::ranges::any_of(*decoded, isControl) || !isUtf8(asBytes(*decoded))) return std::nullopt;
    return std::string{*decoded};
}

std::string queryParameter(std::string_view target, std::string_view name) {
    const std::size_t mark = target.find('?');
    if (mark == std::string_view::npos) return {};
    std::string_view rest = target.substr(mark + 1);
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('&'), rest.size());
        const std::string_view pair = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        const std::size_t equals = std::min(pair.find('='), pair.size());
        if (formDecode(pair.substr(0, equals)) != name) continue;
        std::string value = formDecode(pair.substr(std::min(equals + 1, pair.size())));
        return isUtf8(asBytes(value)) ? value : std::string{};
    }
    return {};
}

}  // namespace patchbay
