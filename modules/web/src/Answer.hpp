#pragma once
// What a request for a representation is answered with, but for the bytes. No I/O; the whole decision stands here, so that
// pages and files cannot differ in it.
//
//     If-Match, or else If-Unmodified-Since     does not hold: 412
//     If-None-Match, or else If-Modified-Since  does not hold: 304
//     Range, for GET, unless If-Range does not hold            206, 416
//     otherwise                                                200
//
// Source: RFC 9110 §13.2.2 (the order), §13.1, §14.2, §15.3.7, §15.4.5; RFC 6797 §7.2 (HSTS over TLS only)

#include "ContentCoding.hpp"
#include "HttpDate.hpp"

#include <patchbay/http.hpp>
#include <patchbay/web.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace patchbay::web {

/// One form of a page or file, as it could be sent.
struct Representation {
    std::string_view contentType;
    std::uint64_t size = 0;  ///< Units: bytes
    std::string etag;
    std::optional<HttpDate> modified;
    Coding coding = Coding::Identity;
    bool varies = false;  ///< another client might get another form of it
};

struct Answer {
    int status = 200;
    HeaderFields headers;
    std::uint64_t first = 0;   ///< which bytes of the representation make the body
    std::uint64_t length = 0;  ///< 0: no body
};

/// `now` tells the century of a date whose year has two digits.
Answer answerTo(const HttpRequest& request, const Representation& of, const Options& options, HttpDate now);

/// An answer that is no representation: `status`, and the headers of `options`.
Answer refusal(const HttpRequest& request, int status, const Options& options);

}  // namespace patchbay::web
