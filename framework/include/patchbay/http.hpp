#pragma once
// Plain HTTP beside the endpoints: requests, and answers that are whole. What streams is an HttpExchange (http_exchange.hpp).
//
//     server.handle("POST", "/rooms/{room}", [](const HttpRequest& request, HttpResponse& response, Rooms& rooms) {
//         const auto said = request.json<Said>();                       // a mistake in it is answered with 400
//         response.writeJson(rooms.say(request.pathParameter("room"), said));
//     });
//
// What the server writes itself and nobody else may: Content-Length, Transfer-Encoding, Connection, Upgrade, Date, Sec-WebSocket-* and
// what else frames a message (Keep-Alive, TE, Trailer). A field's name is a token, a value has no control characters, a status is
// 200 to 599. What an application gets wrong there is logged and answered with 500; it never reaches the wire.

#include <patchbay/header_fields.hpp>
#include <patchbay/json.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace patchbay {

/// One request, body and all.   Source: RFC 9110
struct HttpRequest {
    std::string method = {};
    std::string target = {};  ///< path and query as they came; of a target with scheme and host, what follows these
    HeaderFields headers = {};
    std::string body = {};  ///< at most the server's `requestBody`; empty where an HttpExchange reads it
    std::string remoteAddress = {};  ///< of the client; behind one of the server's `trustedProxies` what that says
    bool secure = false;

    /// The path as it came, without the query.
    std::string_view path() const noexcept;
    std::string_view header(std::string_view name) const noexcept { return findHeader(headers, name); }
    /// The value of a variable of the route's path, decoded; empty when it has none of that name.
    std::string_view pathParameter(std::string_view name) const noexcept;
    /// The value of a query parameter, decoded; empty when there is none. A `%` that is no escape stands for itself.
    std::string queryParameter(std::string_view name) const;
    /// The value of the first cookie of that name, as it came, without the quotes around it; empty when there is none.
    /// Source: RFC 6265 §5.4
    std::string_view cookie(std::string_view name) const noexcept;
    /// The body as a struct, by the rules of messages (json.hpp).
    /// Errors: DecodeError, which a handler may let go: it is answered with 400 and its text.
    template <class T>
    T json() const {
        return json::read<T>(body);
    }

    std::vector<std::pair<std::string, std::string>> pathParameters = {};
    bool throughProxy = false;  ///< one of the server's `trustedProxies` has passed it on
};

enum class SameSite : std::uint8_t { Strict, Lax, None };

/// A cookie to set; what is left as it is here is the careful choice.   Source: RFC 6265 §4.1
struct Cookie {
    std::string name;   ///< a token
    std::string value;  ///< visible ASCII without `"`, `,`, `;` and `\`: encode anything else
    std::string path = "/";
    std::optional<std::chrono::seconds> maxAge = {};  ///< empty: until the browser ends; 0: it is deleted
    std::string domain = {};                          ///< empty: this host alone
    SameSite sameSite = SameSite::Lax;
    bool secure = true;    ///< https only; browsers take http://localhost for secure
    bool httpOnly = true;  ///< no script sees it
};

/// A whole answer.
struct HttpResponse {
    int status = 200;
    HeaderFields headers = {};
    std::string body = {};  ///< left out where none may be: HEAD, 204, 304

    /// Instead of those of that name that are there.
    void setHeader(std::string_view name, std::string_view value);
    /// Beside those that are there.
    void addHeader(std::string_view name, std::string_view value) { headers.emplace_back(name, value); }
    /// Errors: std::invalid_argument for a name, value, path or domain that cannot be.
    void setCookie(const Cookie& cookie);
    /// A text of `type`, such as "text/plain; charset=utf-8", behind what is there.
    void write(std::string_view type, std::string_view text);
    /// A struct, by the rules of messages (json.hpp), as application/json.   Errors: EncodeError.
    template <class T>
    void writeJson(const T& value) {
        write("application/json", json::write(value));
    }
};

/// What a handler throws to have the request answered with that status and text, which the client sees.
class HttpError : public std::runtime_error {
public:
    HttpError(int status, const std::string& text) : std::runtime_error{text}, status_{status} {}
    int status() const noexcept { return status_; }

private:
    int status_;
};

/// Answers a request.   Thread: one of the server's workers, several at once; it may block.
/// Errors: HttpError is answered as it says, DecodeError with 400; anything else that it throws is logged and answered with 500.
using HttpHandler = std::function<void(const HttpRequest&, HttpResponse&)>;

}  // namespace patchbay
