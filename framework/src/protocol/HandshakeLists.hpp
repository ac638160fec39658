#pragma once
// What Sec-WebSocket-Extensions and Sec-WebSocket-Protocol say.
//
//   extensions = extension *("," extension)              extension = token *(";" parameter)
//   parameter  = token ["=" (token | quoted-string)]     an unquoted quoted-string must be a token too
//   protocols  = token *("," token), each one once
//
// A client offers a handful; what is more than could be meant is refused, so that what is done with each of them stays small.
//
// Source: RFC 6455 §9.1, §4.1, §11.3.4

#include "protocol/HttpGrammar.hpp"

#include <patchbay/extension.hpp>

#include <optional>
#include <string>

namespace patchbay::protocol {

/// The most that a client may offer, over all fields, and parameters of one extension.
inline constexpr std::size_t kMostExtensions = 32, kMostParameters = 16, kMostSubprotocols = 64;

/// Nothing if the text breaks the grammar, or has too many. Empty list elements are skipped, an empty text is an empty list.
std::optional<std::vector<ExtensionTerms>> parseExtensions(std::string_view text);
/// All the Sec-WebSocket-Extensions fields of a head, as if they were one.
std::optional<std::vector<ExtensionTerms>> parseExtensions(std::span<const HeaderField> fields);
std::string formatExtensions(std::span<const ExtensionTerms> extensions);

/// Nothing if an element is no token or comes twice, or there are too many. All the Sec-WebSocket-Protocol fields, as if they were one.
std::optional<std::vector<std::string>> parseSubprotocols(std::span<const HeaderField> fields);
std::string formatSubprotocols(std::span<const std::string> subprotocols);

}  // namespace patchbay::protocol
