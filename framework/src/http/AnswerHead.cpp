#include "http/AnswerHead.hpp"

#include "protocol/HttpGrammar.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>

namespace patchbay::http {
namespace {

using namespace std::string_view_literals;

constexpr std::array<std::string_view, 8> kOfTheServer{"Content-Length", "Transfer-Encoding", "Connection", "Upgrade",
                                                       "Date",           "Keep-Alive",        "TE",         "Trailer"};
constexpr std::string_view kOfHandshakes = "Sec-WebSocket-";

bool isOfTheServer(std::string_view name) noexcept {
    if (protocol::equalsIgnoringCase(name.substr(0, kOfHandshakes.size()), kOfHandshakes)) return true;
    return std::ranges::any_of(kOfTheServer, [&](std::string_view one) { return protocol::equalsIgnoringCase(one, name); });
}

bool hasControl(std::string_view value) noexcept {
    return std::ranges::any_of(value, [](char c) { return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 0x7F; });
}

void appendNumber(std::string& out, std::uint64_t number) {
    std::array<char, 20> digits;
    out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

}  // namespace

std::string mistakeIn(const HeaderFields& fields) {
    for (const auto& [name, value] : fields) {
        if (!protocol::isToken(name)) return "a field's name is no token";
        if (isOfTheServer(name)) return "the field " + name + " is the server's to write";
        if (hasControl(value)) return "the value of the field " + name + " has a control character";
    }
    return {};
}

void giveType(HttpResponse& response) {
    if (response.body.empty() || isBodiless(response.status) || !findHeader(response.headers, "Content-Type").empty()) return;
    response.addHeader("Content-Type", "text/plain; charset=utf-8");
}

std::string mistakeIn(int status, const HeaderFields& fields) {
    if (status < 200 || status > 599) return "the status " + std::to_string(status) + " is not one from 200 to 599";
    return mistakeIn(fields);
}

Framing framingOf(int status, std::optional<std::uint64_t> length, const AnswerTerms& terms) noexcept {
    if (terms.toHead || isBodiless(status)) return Framing::None;
    if (length) return Framing::Length;
    return terms.minorVersion == 1 ? Framing::Chunked : Framing::UntilEnd;
}

void writeField(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": "sv).append(value).append("\r\n"sv);
}

void writeAnswerHead(std::string& out, int status, const HeaderFields& fields, std::optional<std::uint64_t> length, const AnswerTerms& terms) {
    out.append("HTTP/1.1 "sv);
    appendNumber(out, static_cast<std::uint64_t>(status));
    out.append(" "sv).append(reasonOf(status)).append("\r\nDate: "sv).append(currentDate()).append("\r\n"sv);
    bool named = false;
    for (const auto& [name, value] : fields) {
        writeField(out, name, value);
        named = named || protocol::equalsIgnoringCase(name, "Server");
    }
    if (!named) out.append("Server: Patchbay\r\n"sv);
    if (!isBodiless(status)) {
        if (length) {
            out.append("Content-Length: "sv);
            appendNumber(out, *length);
            out.append("\r\n"sv);
        } else if (terms.minorVersion == 1) {
            out.append("Transfer-Encoding: chunked\r\n"sv);
        }
    }
    const bool upgrades = !findHeader(fields, "Upgrade").empty();  // RFC 9110 §7.8: "MUST also send an 'Upgrade' connection option"
    if (upgrades) {
        out.append(terms.keepAlive ? "Connection: Upgrade\r\n" : "Connection: Upgrade, close\r\n");
    } else if (!terms.keepAlive) {
        out.append("Connection: close\r\n");
    } else if (terms.minorVersion == 0) {
        out.append("Connection: keep-alive\r\n");
    }
    out.append("\r\n");
}

std::string_view reasonOf(int status) noexcept {
    switch (status) {
        case 101: return "Switching Protocols";
        case 200: return "OK";
        case 201: return "Created";
        case 202: return "Accepted";
        case 203: return "Non-Authoritative Information";
        case 204: return "No Content";
        case 205: return "Reset Content";
        case 206: return "Partial Content";
        case 300: return "Multiple Choices";
        case 301: return "Moved Permanently";
        case 302: return "Found";
        case 303: return "See Other";
        case 304: return "Not Modified";
        case 307: return "Temporary Redirect";
        case 308: return "Permanent Redirect";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 402: return "Payment Required";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 406: return "Not Acceptable";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 410: return "Gone";
        case 411: return "Length Required";
        case 412: return "Precondition Failed";
        case 413: return "Content Too Large";
        case 414: return "URI Too Long";
        case 415: return "Unsupported Media Type";
        case 416: return "Range Not Satisfiable";
        case 417: return "Expectation Failed";
        case 421: return "Misdirected Request";
        case 422: return "Unprocessable Content";
        case 425: return "Too Early";
        case 426: return "Upgrade Required";
        case 428: return "Precondition Required";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 502: return "Bad Gateway";
        case 503: return "Service Unavailable";
        case 504: return "Gateway Timeout";
        case 505: return "HTTP Version Not Supported";
        default: return "";
    }
}

std::string_view currentDate() {
    thread_local std::time_t second = 0;
    thread_local std::array<char, 40> text;
    thread_local std::size_t size = 0;
    const std::time_t now = std::time(nullptr);
    if (now != second) {
        constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
        constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        std::tm utc{};
        gmtime_r(&now, &utc);
        size = static_cast<std::size_t>(std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                                      kDays.at(static_cast<std::size_t>(utc.tm_wday)), utc.tm_mday,
                                                      kMonths.at(static_cast<std::size_t>(utc.tm_mon)), utc.tm_year + 1900, utc.tm_hour,
                                                      utc.tm_min, utc.tm_sec));
        second = now;
    }
    return {text.data(), size};
}

}  // namespace patchbay::http
