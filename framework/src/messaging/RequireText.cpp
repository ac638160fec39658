#include "messaging/RequireText.hpp"

#include "base/Loop.hpp"
#include "base/Utf8.hpp"

#include <patchbay/json.hpp>

#include <functional>

namespace patchbay::messaging {
namespace {

bool beginsCharacter(std::byte byte) noexcept { return (std::to_integer<unsigned>(byte) & 0xC0) != 0x80; }

/// Whether `part` lies in `whole`, which is UTF-8, and cuts no character.
bool isPartOf(Bytes whole, Bytes part) noexcept {
    const std::byte* const begin = part.data();
    const std::byte* const end = begin + part.size();
    const std::byte* const wholeEnd = whole.data() + whole.size();
    constexpr std::less<const std::byte*> before;
    if (part.empty() || before(begin, whole.data()) || before(wholeEnd, end)) return false;
    return beginsCharacter(*begin) && (end == wholeEnd || beginsCharacter(*end));
}

}  // namespace

void requireText(std::string_view text) {
    const Bytes bytes = asBytes(text);
    const Loop* const here = Loop::here();
    if (here && isPartOf(here->receivedText(), bytes)) return;
    if (!isUtf8(bytes)) throw json::EncodeError{{}, "the text is not valid UTF-8, and nobody gets it (RFC 6455 §5.6)"};
}

}  // namespace patchbay::messaging
