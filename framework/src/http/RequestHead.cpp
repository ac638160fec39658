#include "http/RequestHead.hpp"

#include "http/RequestTarget.hpp"

#include <algorithm>
#include <charconv>

namespace patchbay::http {
namespace {

constexpr std::string_view kEndOfLine = "\r\n";
constexpr std::string_view kEndOfHead = "\r\n\r\n";
constexpr std::size_t kMostMethod = 32;  // of POCO's

HeadResult bad(int status, std::string_view problem) { return {HeadState::Bad, status, std::string{problem}}; }

/// Over a limit, which is named with the key that an operator would change.
HeadResult beyond(int status, std::string_view problem, std::string_view key, std::size_t limit, std::string_view unit) {
    return bad(status, std::string{problem}.append("; ").append(key).append(" is ").append(std::to_string(limit)).append(unit));
}

/// Where the text that begins at `i` is over.
std::size_t endOfText(std::string_view bytes, std::size_t i, std::size_t end) noexcept {
    while (i < end && protocol::isFieldText(bytes[i])) ++i;
    return i;
}

/// Why the byte at `i` cannot stand there, whatever the head turns out to be; empty if it can.
std::string_view problemOfByte(std::string_view bytes, std::size_t i) noexcept {
    const bool afterReturn = i > 0 && bytes[i - 1] == '\r';
    if (bytes[i] == '\n') return afterReturn ? "" : "a line feed without a carriage return (RFC 9112 §2.2)";
    if (afterReturn) return "a carriage return without a line feed (RFC 9112 §2.2)";
    if (bytes[i] != '\r' && !protocol::isFieldText(bytes[i])) return "a control character in the head (RFC 9110 §5.5)";
    return {};
}

}  // namespace

/// Takes a whole head apart, line by line; each step reports the first rule that is broken.
class HeadParser {
public:
    HeadParser(const HeadLimits& limits, RequestHead& out) noexcept : limits_{limits}, out_{out} {}

    HeadResult parse(std::string_view head) {
        auto headers = std::move(out_.headers_);  // their memory is used again
        headers.clear();
        out_ = RequestHead{};
        out_.headers_ = std::move(headers);
        out_.headBytes = head.size();
        head.remove_suffix(kEndOfLine.size());
        HeadResult result = parseRequestLine(takeLine(head));
        while (result.state != HeadState::Bad && !head.empty()) result = parseField(takeLine(head));
        if (result.state != HeadState::Bad) result = checkHost();
        if (result.state != HeadState::Bad) result = readBodyLength();
        if (result.state != HeadState::Bad) readConnection();
        return result;
    }

private:
    static HeadResult good() { return {HeadState::Complete}; }

    static std::string_view takeLine(std::string_view& head) noexcept {
        const std::size_t end = head.find(kEndOfLine);
        const std::string_view line = head.substr(0, end);
        head.remove_prefix(end + kEndOfLine.size());
        return line;
    }

    HeadResult parseRequestLine(std::string_view line) {
        if (line.size() > limits_.maxRequestLine) {
            return beyond(414, "the request line is too long (RFC 9112 §3)", "server.requestLine", limits_.maxRequestLine, " bytes");
        }
        const std::size_t first = line.find(' ');
        const std::size_t last = line.rfind(' ');
        if (first == std::string_view::npos || first == last)
            return bad(400, "the request line is not method, target and version (RFC 9112 §3)");
        out_.method = line.substr(0, first);
        out_.target = line.substr(first + 1, last - first - 1);
        if (!protocol::isToken(out_.method)) return bad(400, "the method is no token (RFC 9112 §3.1)");
        if (out_.method.size() > kMostMethod) return bad(501, "nobody knows a method so long (RFC 9112 §3)");
        if (HeadResult result = parseVersion(line.substr(last + 1)); result.state == HeadState::Bad) return result;
        if (const auto problem = problemOfTarget(out_.method, out_.target); !problem.empty()) return bad(400, problem);
        const TargetParts parts = partsOf(out_.target);
        out_.pathAndQuery = parts.pathAndQuery;
        out_.host = parts.host;
        return good();
    }

    HeadResult parseVersion(std::string_view version) {
        const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
        if (version.size() != 8 || !version.starts_with("HTTP/") || version[6] != '.' || !isDigit(version[5]) ||
            !isDigit(version[7]))
            return bad(400, "the request line does not end in an HTTP version (RFC 9112 §2.3)");
        if (version != "HTTP/1.0" && version != "HTTP/1.1")
            return bad(505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
        out_.minorVersion = version[7] - '0';
        return good();
    }

    HeadResult parseField(std::string_view line) {
        if (out_.headers_.size() == limits_.maxFields) {
            return beyond(431, "too many header lines (RFC 6585 §5)", "server.headFields", limits_.maxFields, "");
        }
        if (line.front() == ' ' || line.front() == '\t') return bad(400, "a folded header line (RFC 9112 §5.2)");
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) return bad(400, "a header line without a colon (RFC 9112 §5)");
        const std::string_view name = line.substr(0, colon);
        if (!protocol::isToken(name)) return bad(400, "a header name that is no token (RFC 9112 §5.1)");
        out_.headers_.push_back({name, protocol::trimmed(line.substr(colon + 1))});
        return good();
    }

    HeadResult checkHost() const {
        const std::size_t count = protocol::countFields(out_.headers_, "Host");
        if (count > 1) return bad(400, "more than one Host field (RFC 9112 §3.2)");
        if (count == 0 && out_.minorVersion == 1) return bad(400, "no Host field (RFC 9112 §3.2)");
        if (!isHost(out_.header("Host"))) return bad(400, "the Host field is no host (RFC 9112 §3.2)");
        if (out_.host.empty()) out_.host = out_.header("Host");
        return good();
    }

    HeadResult readBodyLength() {
        const std::size_t lengths = protocol::countFields(out_.headers_, "Content-Length");
        const bool encoded = protocol::countFields(out_.headers_, "Transfer-Encoding") != 0;
        if (encoded && lengths != 0) return bad(400, "both Content-Length and Transfer-Encoding (RFC 9112 §6.1)");
        if (encoded) return readTransferEncoding();
        if (lengths > 1) return bad(400, "more than one Content-Length field (RFC 9112 §6.3)");
        if (lengths == 0) return good();
        const std::string_view text = out_.header("Content-Length");
        std::uint64_t length = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
        if (error != std::errc{} || end != text.data() + text.size())
            return bad(400, "Content-Length is no number of bytes (RFC 9110 §8.6)");
        out_.contentLength = length;
        return good();
    }

    /// Of codings none but the last can be "chunked"; others are not undone here (RFC 9112 §6.1, §6.3).
    HeadResult readTransferEncoding() {
        if (out_.minorVersion == 0) return bad(400, "Transfer-Encoding in HTTP/1.0 (RFC 9112 §6.1)");
        if (protocol::countFields(out_.headers_, "Transfer-Encoding") > 1) return bad(400, "more than one Transfer-Encoding field (RFC 9112 §6.1)");
        if (!protocol::equalsIgnoringCase(out_.header("Transfer-Encoding"), "chunked"))
            return bad(501, "no Transfer-Encoding but chunked is taken here (RFC 9112 §6.1)");
        out_.chunked = true;
        return good();
    }

    void readConnection() {
        const auto& fields = out_.headers_;
        out_.wantsWebSocket = out_.minorVersion == 1 && protocol::listContains(fields, "Upgrade", "websocket") &&
                              protocol::listContains(fields, "Connection", "upgrade");
        out_.keepAlive = !protocol::listContains(fields, "Connection", "close") &&
                         (out_.minorVersion == 1 || protocol::listContains(fields, "Connection", "keep-alive"));
        if (out_.minorVersion == 0) return;  // RFC 9110 §10.1.1: ignored
        const std::string_view expected = protocol::firstValue(fields, "Expect");
        out_.expectContinue = protocol::equalsIgnoringCase(expected, "100-continue");
        out_.expectsOther = !out_.expectContinue && !expected.empty();
    }

    const HeadLimits& limits_;
    RequestHead& out_;
};

std::string RequestHead::originTarget() const {
    std::string written;
    if (!pathAndQuery.starts_with('/') && pathAndQuery != "*") written = "/";
    return written.append(pathAndQuery);
}

std::size_t emptyLinesBefore(std::string_view bytes) noexcept {
    std::size_t count = 0;
    while (bytes.substr(count).starts_with(kEndOfLine)) count += kEndOfLine.size();
    return count;
}

HeadResult readHead(std::string_view bytes, const HeadLimits& limits, RequestHead& out, std::size_t& scanned) {
    const std::size_t end = std::min(bytes.size(), limits.maxHeadBytes);
    for (; scanned < end; ++scanned) {
        if (scanned == 0 || bytes[scanned - 1] != '\r') scanned = endOfText(bytes, scanned, end);
        if (scanned == end) break;
        if (const auto problem = problemOfByte(bytes, scanned); !problem.empty()) return bad(400, problem);
        const std::string_view read = bytes.substr(0, scanned + 1);
        if (bytes[scanned] != '\n' || !read.ends_with(kEndOfHead)) continue;
        return HeadParser{limits, out}.parse(read);
    }
    if (end < limits.maxHeadBytes) return {};
    const bool inFirstLine = bytes.substr(0, end).find(kEndOfLine, kEndOfLine.size()) == std::string_view::npos;
    return inFirstLine ? beyond(414, "the request line is too long (RFC 9112 §3)", "server.headBytes", limits.maxHeadBytes, " bytes")
                       : beyond(431, "the head is too long (RFC 6585 §5)", "server.headBytes", limits.maxHeadBytes, " bytes");
}

}  // namespace patchbay::http
