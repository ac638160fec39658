#include "base/Uri.hpp"
#include "protocol/HttpGrammar.hpp"

#include <patchbay/http.hpp>

#include <algorithm>

namespace patchbay {

std::string_view findHeader(const HeaderFields& fields, std::string_view name) noexcept {
    for (const auto& [key, value] : fields) {
        if (protocol::equalsIgnoringCase(key, name)) return value;
    }
    return {};
}

std::string_view HttpRequest::path() const noexcept { return std::string_view{target}.substr(0, target.find('?')); }

std::string_view HttpRequest::pathParameter(std::string_view name) const noexcept {
    for (const auto& [key, value] : pathParameters) {
        if (key == name) return value;
    }
    return {};
}

std::string HttpRequest::queryParameter(std::string_view name) const { return patchbay::queryParameter(target, name); }

// ------------------------------------------------------------------------------------------------ cookies

namespace {

/// cookie-octet (RFC 6265 §4.1.1).
bool isCookieValue(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F && c != '"' && c != ',' && c != ';' && c != '\\'; });
}
/// path-value and domain.
bool isAttribute(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7F && c != ';'; });
}

std::string_view nameOf(SameSite sameSite) noexcept {
    if (sameSite == SameSite::Strict) return "Strict";
    return sameSite == SameSite::Lax ? "Lax" : "None";
}

}  // namespace

std::string_view HttpRequest::cookie(std::string_view name) const noexcept {
    for (const auto& [key, all] : headers) {
        if (!protocol::equalsIgnoringCase(key, "Cookie")) continue;
        for (std::string_view rest = all; !rest.empty();) {
            const std::size_t end = std::min(rest.find(';'), rest.size());
            const std::string_view pair = protocol::trimmed(rest.substr(0, end));
            rest.remove_prefix(std::min(end + 1, rest.size()));
            const std::size_t equals = pair.find('=');
            if (equals == std::string_view::npos || pair.substr(0, equals) != name) continue;
            std::string_view value = pair.substr(equals + 1);
            if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
            return value;
        }
    }
    return {};
}

void HttpResponse::setCookie(const Cookie& cookie) {
    if (!protocol::isToken(cookie.name)) throw std::invalid_argument{"setCookie: the name \"" + cookie.name + "\" is no token"};
    if (!isCookieValue(cookie.value)) {
        throw std::invalid_argument{"setCookie: the value of " + cookie.name + " has a character that a cookie cannot have; encode it"};
    }
    if (!isAttribute(cookie.path) || !isAttribute(cookie.domain)) {
        throw std::invalid_argument{"setCookie: the path or the domain of " + cookie.name + " has a character that it cannot have"};
    }
    std::string field = cookie.name + "=" + cookie.value;
    if (!cookie.path.empty()) field.append("; Path=").append(cookie.path);
    if (!cookie.domain.empty()) field.append("; Domain=").append(cookie.domain);
    if (cookie.maxAge) field.append("; Max-Age=").append(std::to_string(cookie.maxAge->count()));
    if (cookie.secure) field.append("; Secure");
    if (cookie.httpOnly) field.append("; HttpOnly");
    field.append("; SameSite=").append(nameOf(cookie.sameSite));
    addHeader("Set-Cookie", field);
}

// ------------------------------------------------------------------------------------------------ answers

void HttpResponse::setHeader(std::string_view name, std::string_view value) {
    std::erase_if(headers, [&](const auto& field) { return protocol::equalsIgnoringCase(field.first, name); });
    headers.emplace_back(name, value);
}

void HttpResponse::write(std::string_view type, std::string_view text) {
    setHeader("Content-Type", type);
    body.append(text);
}

}  // namespace patchbay
