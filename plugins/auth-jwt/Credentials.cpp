#include "Credentials.hpp"

#include "Verifier.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cctype>

namespace patchbay::auth_jwt {
namespace {

constexpr std::string_view kSubprotocol = "bearer.";
constexpr std::string_view kBlank = " \t";

bool isSame(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// Puts in what was found, unless there is another one.
void add(Found& found, Found::Way way, std::string_view token) {
    if (found.way != Found::Way::Nothing) {
        if (found.way != way || found.token != token) found = {Found::Way::Ambiguous, {}};
        return;
    }
    found = {way, std::string{token}};
}

Found inHeader(const HandshakeRequest& request) {
    Found found;
    for (const auto& [name, value] : request.headers) {
        if (!isSame(name, "Authorization")) continue;
        const std::string_view text = trimmed(value);
        const std::size_t space = std::min(text.find(' '), text.size());
        if (isSame(text.substr(0, space), "Bearer")) add(found, Found::Way::Header, trimmed(text.substr(space)));
    }
    return found;
}

Found inCookie(const HandshakeRequest& request, std::string_view wanted) {
    Found found;
    for (const auto& [name, value] : request.headers) {
        if (!isSame(name, "Cookie")) continue;
        for (std::string_view rest = value; !rest.empty();) {
            const std::size_t end = std::min(rest.find(';'), rest.size());
            const std::string_view pair = trimmed(rest.substr(0, end));
            rest.remove_prefix(std::min(end + 1, rest.size()));
            const std::size_t sign = pair.find('=');
            if (sign != std::string_view::npos && pair.substr(0, sign) == wanted) add(found, Found::Way::Cookie, pair.substr(sign + 1));
        }
    }
    return found;
}

}  // namespace

Found findToken(const HandshakeRequest& request, std::string_view cookie, std::string_view query) {
    Found found = inHeader(request);
    for (const std::string& offered : request.offeredSubprotocols) {
        if (offered.starts_with(kSubprotocol)) add(found, Found::Way::Subprotocol, std::string_view{offered}.substr(kSubprotocol.size()));
    }
    if (!query.empty()) {
        if (const std::string token = request.queryParameter(query); !token.empty()) add(found, Found::Way::Query, token);
    }
    if (found.way == Found::Way::Nothing && !cookie.empty()) found = inCookie(request, cookie);
    return found;
}

std::optional<std::string> tokenIn(std::string_view message) {
    constexpr std::string_view kSpace = " \t\r\n", kKey = "\"auth\"";
    const std::size_t brace = message.find_first_not_of(kSpace);
    if (brace == std::string_view::npos || message[brace] != '{') return std::nullopt;
    const std::size_t key = message.find_first_not_of(kSpace, brace + 1);
    if (key == std::string_view::npos || !message.substr(key).starts_with(kKey)) return std::nullopt;
    if (message.size() > kMostToken + 1024) return std::string{};
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    std::string_view token;
    const bool isOne = parser.parse(message.data(), message.size()).get(object) == simdjson::SUCCESS && object.size() == 1 &&
                       object["auth"].get(token) == simdjson::SUCCESS;
    return isOne ? std::string{token} : std::string{};
}

}  // namespace patchbay::auth_jwt
