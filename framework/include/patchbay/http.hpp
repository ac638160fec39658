#pragma once
// Plain HTTP beside the endpoints: pages, and requests that publish to topics.

#include <patchbay/header_fields.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay {

/// One request, body and all.   Source: RFC 9110
struct HttpRequest {
    std::string method;
    std::string target;  ///< path and query as they came
    HeaderFields headers;
    std::string body;  ///< at most the server's `maxRequestBody`
    std::string remoteAddress;
    bool secure = false;

    std::string_view header(std::string_view name) const noexcept { return findHeader(headers, name); }
    /// The value of a variable of the route's path, decoded; empty when it has none of that name.
    std::string_view pathParameter(std::string_view name) const noexcept;
    /// The value of a query parameter, decoded; empty when there is none.
    std::string queryParameter(std::string_view name) const;

    std::vector<std::pair<std::string, std::string>> pathParameters;
};

/// The answer; Content-Length, Date and Connection are the server's to add.
struct HttpResponse {
    int status = 200;
    HeaderFields headers;
    std::string body;

    void setHeader(std::string_view name, std::string_view value);
    /// A text of `type`, such as "text/plain; charset=utf-8".
    void write(std::string_view type, std::string_view text);
};

/// Answers a request.   Thread: one of the server's workers, several at once; it may block.
/// Errors: what it throws is logged and answered with 500.
using HttpHandler = std::function<void(const HttpRequest&, HttpResponse&)>;

}  // namespace patchbay
