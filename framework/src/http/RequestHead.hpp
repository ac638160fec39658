#pragma once
// The gate's strict look at an HTTP/1.x request head, without I/O, before POCO's lenient parser sees it. Two readers
// that disagree about where a request ends are how requests get smuggled, so whatever is open to two readings is
// refused.
//
//   head    = method SP target SP "HTTP/1." ("0" | "1") CRLF *(name ":" OWS value OWS CRLF) CRLF
//   method, name = token        value = visible, SP, HTAB, 0x80–0xFF
//   target  = "/"… | "http://host/"… | "https://host/"… | "*" (OPTIONS only); no "#", no "." or ".." segment
//
//   refused with   400  all of the grammar, Host not once in 1.1, a doubtful Content-Length, both lengths
//                  414  request line too long    431  head or number of fields too large; each names the key of its limit
//                  501  a Transfer-Encoding that is not just "chunked", a method of more than 32 characters
//                  505  another version
//
// Empty lines before a head are nobody's: emptyLinesBefore() says how many bytes to leave out (RFC 9112 §2.2).
//
// Source: RFC 9112 §2.2, §3, §5.1, §5.2, §6.1–§6.3, §11; RFC 9110 §7.2, §8.6; RFC 3986 §2.1, §3.3

#include "protocol/HttpGrammar.hpp"

#include <patchbay/bytes.hpp>

#include <optional>
#include <string>

namespace patchbay::http {

using protocol::HeaderField;

struct HeadLimits {
    std::size_t maxHeadBytes = 16_KiB;
    std::size_t maxRequestLine = 8_KiB;  ///< without its CRLF; a field may be as long as the head
    std::size_t maxFields = 100;
};

/// A whole head. Its views point into the bytes given to readHead and die with them.
class RequestHead {
public:
    std::string_view method;
    std::string_view target;    ///< as it was sent
    /// What of the target is not scheme and host: path and query. Empty, or beginning with "?", where it has no path, which means "/".
    std::string_view pathAndQuery;
    /// The host that is asked: of the target, if that names one, and else of the Host field (RFC 9112 §3.2.2); with its port.
    std::string_view host;
    int minorVersion = 1;       ///< HTTP/1.0 or HTTP/1.1
    std::size_t headBytes = 0;  ///< with the final empty line; what follows is the body or the next request
    std::optional<std::uint64_t> contentLength;  ///< none: no body, or a chunked one
    bool chunked = false;                        ///< Transfer-Encoding: chunked
    /// Upgrade: websocket, with the Connection option that belongs to it, by HTTP/1.1; any other upgrade is ignored (RFC 9110 §7.8).
    bool wantsWebSocket = false;
    bool keepAlive = true;                       ///< the client would send another request on this connection
    bool expectContinue = false;                 ///< sends its body after 100 Continue
    bool expectsOther = false;                   ///< what nobody here can do (RFC 9110 §10.1.1)

    /// The first value of that name, letters of any case; empty if there is none.
    std::string_view header(std::string_view name) const noexcept { return protocol::firstValue(headers_, name); }
    const std::vector<HeaderField>& headers() const noexcept { return headers_; }
    bool hasBody() const noexcept { return chunked || contentLength.value_or(0) != 0; }
    /// Path and query with the path written out.
    std::string originTarget() const;

private:
    friend class HeadParser;
    std::vector<HeaderField> headers_;
};

enum class HeadState : std::uint8_t { Incomplete, Complete, Bad };

struct HeadResult {
    HeadState state = HeadState::Incomplete;
    int status = 0;            ///< of the answer, when Bad
    std::string problem = {};  ///< for the answer and the log, when Bad; names no byte that the client sent
};

/// Looks at all the bytes that have come so far. `scanned` is 0 for a new head and then carried from call to call: no
/// byte is looked at twice until the head is whole, so a head that comes byte by byte costs no more than one at once.
/// The verdict on a head does not depend on how it was cut. `out` is filled when Complete.
/// Errors: none thrown; the peer's mistakes are in the result.
HeadResult readHead(std::string_view bytes, const HeadLimits& limits, RequestHead& out, std::size_t& scanned);

/// How many bytes of empty lines (CRLF) stand before a head.
std::size_t emptyLinesBefore(std::string_view bytes) noexcept;

}  // namespace patchbay::http
