#pragma once
// What offers and answers of permessage-deflate say (RFC 7692 §7.1).
//
//   parameter                     in an offer        in an answer
//   server_no_context_takeover    no value           no value
//   client_no_context_takeover    no value           no value
//   server_max_window_bits        8 to 15            8 to 15
//   client_max_window_bits        8 to 15, or none   8 to 15, where the offer has it
//
// Each at most once, and no other: else the offer is declined, and the answer fails the connection.

#include <patchbay/extension.hpp>

namespace patchbay::compression {

inline constexpr std::string_view kName = "permessage-deflate";
inline constexpr int kMostWindowBits = 15;

struct Parameters {
    bool serverNoContextTakeover = false;
    bool clientNoContextTakeover = false;
    std::optional<int> serverMaxWindowBits;
    std::optional<int> clientMaxWindowBits;
    /// The client understands client_max_window_bits, with or without a value.
    bool clientMaxWindowBitsNamed = false;
};

std::optional<Parameters> parseOffer(const ExtensionTerms& offer);
std::optional<Parameters> parseAnswer(const ExtensionTerms& answer);
ExtensionTerms format(const Parameters& parameters);

}  // namespace patchbay::compression
