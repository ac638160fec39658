#pragma once
// Base64url without padding, as JSON Web Signatures have it: each sequence of bytes has one text, and any other is refused.
// Source: RFC 7515 §2, RFC 4648 §5, §3.5

#include <optional>
#include <string>
#include <string_view>

namespace patchbay::auth_jwt {

std::optional<std::string> decodeBase64Url(std::string_view text);
std::string encodeBase64Url(std::string_view bytes);

}  // namespace patchbay::auth_jwt
