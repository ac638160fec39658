#pragma once
// Where a request's body begins and ends, without I/O: bytes in, pieces out. Any split is allowed, also in the middle of a chunk's head.
//
//   body         = *length bytes* | chunked
//   chunked      = *(chunk-size [ext] CRLF  chunk-size bytes  CRLF)  "0" *"0" [ext] CRLF  *(trailer CRLF)  CRLF
//   chunk-size   = 1*16 HEXDIG          ext = *( visible, SP, HTAB, 0x80-0xFF ), ignored, as trailers are
//
//   refused with   400  all of the grammar, also a bare CR or LF; a chunk's line of more than kMostLine bytes
//                  431  trailers of more than kMostTrailers bytes
//
// Source: RFC 9112 §6.2, §6.3, §7.1

#include <patchbay/bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace patchbay::http {

/// One body.   Thread: one at a time.
class RequestBody {
public:
    static constexpr std::size_t kMostLine = 1024;
    static constexpr std::size_t kMostTrailers = 8 * 1024;

    /// Of so many bytes, or, with nothing, in chunks.
    explicit RequestBody(std::optional<std::uint64_t> length) noexcept;

    struct Piece {
        std::size_t taken = 0;        ///< of the input
        std::string_view bytes = {};  ///< of the body; they lie in the input
        bool last = false;            ///< the body is over
        int status = 0;               ///< not 0: it is malformed, and where the next request begins nobody knows
        std::string_view problem = {};
    };
    /// The next piece of the body, at most one chunk's. Takes nothing where more has to come first.   Requires: not over, not malformed.
    Piece read(std::string_view input) noexcept;

    /// How much of the body is still to come; nothing where that is not known.   Units: bytes.
    std::optional<std::uint64_t> left() const noexcept;
    bool isChunked() const noexcept { return stage_ != Stage::Plain; }

private:
    enum class Stage : std::uint8_t { Plain, Size, Gap, Extension, SizeEnd, Data, DataReturn, DataEnd, Trailer, TrailerLine, TrailerEnd, LastEnd };

    Piece readPlain(std::string_view input) noexcept;
    Piece readChunked(std::string_view input) noexcept;
    Piece framing(char c) noexcept;
    Piece size(char c) noexcept;
    Piece gap(char c) noexcept;

    std::uint64_t left_ = 0;  // of the body, or of the chunk
    std::uint32_t line_ = 0;  // bytes of this line, or of all trailers
    std::uint8_t digits_ = 0;
    Stage stage_;
};

}  // namespace patchbay::http
