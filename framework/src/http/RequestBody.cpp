#include "http/RequestBody.hpp"

#include "protocol/HttpGrammar.hpp"

#include <algorithm>

namespace patchbay::http {
namespace {

int hexDigit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

RequestBody::Piece bad(std::string_view problem, int status = 400) noexcept { return {.status = status, .problem = problem}; }

constexpr std::uint8_t kMostDigits = 16;

}  // namespace

RequestBody::RequestBody(std::optional<std::uint64_t> length) noexcept
    : left_{length.value_or(0)}, stage_{length ? Stage::Plain : Stage::Size} {}

std::optional<std::uint64_t> RequestBody::left() const noexcept {
    return isChunked() ? std::nullopt : std::optional{left_};
}

RequestBody::Piece RequestBody::read(std::string_view input) noexcept {
    return stage_ == Stage::Plain ? readPlain(input) : readChunked(input);
}

RequestBody::Piece RequestBody::readPlain(std::string_view input) noexcept {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
    left_ -= size;
    return {.taken = size, .bytes = input.substr(0, size), .last = left_ == 0};
}

RequestBody::Piece RequestBody::readChunked(std::string_view input) noexcept {
    std::size_t at = 0;
    while (at < input.size()) {
        if (stage_ == Stage::Data) {
            const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size() - at));
            left_ -= size;
            if (left_ == 0) stage_ = Stage::DataReturn;
            return {.taken = at + size, .bytes = input.substr(at, size)};
        }
        Piece piece = framing(input[at++]);
        piece.taken = at;
        if (piece.status != 0 || piece.last) return piece;
    }
    return {.taken = at};
}

/// One byte of what is not the body's own.
RequestBody::Piece RequestBody::framing(char c) noexcept {
    switch (stage_) {
        case Stage::Size:
            return size(c);
        case Stage::Gap:
            return gap(c);
        case Stage::Extension:
            if (++line_ > kMostLine) return bad("a chunk's line is too long (RFC 9112 §7.1.1)");
            if (c == '\r') {
                stage_ = Stage::SizeEnd;
            } else if (!protocol::isFieldText(c)) {
                return bad("a control character in a chunk's line (RFC 9112 §7.1.1)");
            }
            return {};
        case Stage::SizeEnd:
            if (c != '\n') return bad("a chunk's line does not end in CRLF (RFC 9112 §7.1)");
            line_ = 0;
            digits_ = 0;
            stage_ = left_ == 0 ? Stage::Trailer : Stage::Data;
            return {};
        case Stage::DataReturn:
            if (c != '\r') return bad("a chunk is longer than it says (RFC 9112 §7.1)");
            stage_ = Stage::DataEnd;
            return {};
        case Stage::DataEnd:
            if (c != '\n') return bad("a chunk does not end in CRLF (RFC 9112 §7.1)");
            stage_ = Stage::Size;
            return {};
        case Stage::Trailer:
        case Stage::TrailerLine:
            if (++line_ > kMostTrailers) return bad("the trailers are too long (RFC 6585 §5)", 431);
            if (c == '\r') {
                stage_ = stage_ == Stage::Trailer ? Stage::LastEnd : Stage::TrailerEnd;
            } else if (!protocol::isFieldText(c)) {
                return bad("a control character in a trailer (RFC 9112 §7.1.2)");
            } else {
                stage_ = Stage::TrailerLine;
            }
            return {};
        case Stage::TrailerEnd:
            if (c != '\n') return bad("a trailer does not end in CRLF (RFC 9112 §7.1.2)");
            stage_ = Stage::Trailer;
            return {};
        case Stage::LastEnd:
            if (c != '\n') return bad("the chunks do not end in CRLF (RFC 9112 §7.1)");
            return {.last = true};
        case Stage::Plain:
        case Stage::Data:
            break;
    }
    return {};
}

RequestBody::Piece RequestBody::size(char c) noexcept {
    if (const int digit = hexDigit(c); digit >= 0) {
        if (++digits_ > kMostDigits) return bad("a chunk's size is too large (RFC 9112 §7.1)");
        left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
        return {};
    }
    if (digits_ == 0) return bad("a chunk does not begin with its size (RFC 9112 §7.1)");
    if (c == '\r') {
        stage_ = Stage::SizeEnd;
        return {};
    }
    line_ = digits_;
    return gap(c);
}

/// White space is for what stands before an extension: elsewhere `0 0` would be two sizes to two readers (RFC 9112 §7.1.1).
RequestBody::Piece RequestBody::gap(char c) noexcept {
    if (c != ';' && c != ' ' && c != '\t') return bad("a chunk's size is no number (RFC 9112 §7.1)");
    if (++line_ > kMostLine) return bad("a chunk's line is too long (RFC 9112 §7.1.1)");
    stage_ = c == ';' ? Stage::Extension : Stage::Gap;
    return {};
}

}  // namespace patchbay::http
