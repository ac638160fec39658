#pragma once
// In which form a client takes a representation.   Source: RFC 9110 §12.5.3 (Accept-Encoding), §12.4.2 (quality values)

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace patchbay::web {

enum class Coding : std::uint8_t { Brotli, Gzip, Identity };

/// How a coding is called in Content-Encoding, and what its files' names end in.
struct CodingName {
    Coding coding;
    std::string_view name;    ///< empty for Identity
    std::string_view ending;  ///< likewise
};

/// From the smallest to the largest: of those that a client likes equally well the first is sent.
inline constexpr std::array<CodingName, 3> kCodings{{
    {Coding::Brotli, "br", ".br"},
    {Coding::Gzip, "gzip", ".gz"},
    {Coding::Identity, "", ""},
}};

/// In which forms a client takes something.
class Preferences {
public:
    /// `acceptEncoding`: the field's value, all its lines together; empty where there is none. An element that is malformed is
    /// not there.
    explicit Preferences(std::string_view acceptEncoding) noexcept;

    /// The codings that it likes no less than none, best first. Identity is the last, also for who refuses it: it is what there
    /// always is, and better than a 406.
    std::span<const Coding> inOrder() const noexcept { return std::span{order_}.first(count_); }

private:
    std::array<Coding, kCodings.size()> order_{Coding::Identity};
    std::size_t count_ = 0;
};

}  // namespace patchbay::web
