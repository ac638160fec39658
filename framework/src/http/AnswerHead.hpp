#pragma once
// The one writer of answers' heads. How a message ends is the server's to say, and nobody's who writes an answer.
//
//     head   = "HTTP/1.1" SP status SP reason CRLF  *(name ":" SP value CRLF)  CRLF
//
//     body                            framing          Content-Length   Transfer-Encoding   the connection
//     none: 204, 304, 1xx             None             -                -                   stays
//     to HEAD, of length n / any      None             n / -            - / chunked         stays
//     n bytes                         Length           n                -                   stays
//     any number, to HTTP/1.1         Chunked          -                chunked             stays
//     any number, to HTTP/1.0         UntilEnd         -                -                   ends
//
// Source: RFC 9112 §6, §9; RFC 9110 §8.6, §15

#include <patchbay/header_fields.hpp>
#include <patchbay/http.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace patchbay::http {

enum class Framing : std::uint8_t { None, Length, Chunked, UntilEnd };

/// What of a request decides how its answer is written.
struct AnswerTerms {
    bool toHead = false;     ///< to a HEAD request
    int minorVersion = 1;
    bool keepAlive = false;  ///< another request may follow
};

/// True where an answer of that status never has a body.
constexpr bool isBodiless(int status) noexcept { return status < 200 || status == 204 || status == 304; }

/// A body without a type is text.
void giveType(HttpResponse& response);

/// What an application got wrong in an answer: a sentence for the log; empty when nothing is.
std::string mistakeIn(int status, const HeaderFields& fields);
/// The same of fields alone.
std::string mistakeIn(const HeaderFields& fields);

/// How an answer's body ends; `length` where it is known.
Framing framingOf(int status, std::optional<std::uint64_t> length, const AnswerTerms& terms) noexcept;

/// Appends a whole head. `keepAlive` of the terms is what holds after it: a body that ends with the connection ends it.
void writeAnswerHead(std::string& out, int status, const HeaderFields& fields, std::optional<std::uint64_t> length, const AnswerTerms& terms);

/// Appends `name: value CRLF`.
void writeField(std::string& out, std::string_view name, std::string_view value);

/// Of a status, such as "Not Found"; empty for one without a name.
std::string_view reasonOf(int status) noexcept;

/// The time of this second as a Date field has it (RFC 9110 §5.6.7), made anew once a second.   Thread: any; valid until the next call
/// on it.
std::string_view currentDate();

}  // namespace patchbay::http
