#pragma once
// Makes tokens, for trying (TokenCommand.cpp): a server only checks them.   Source: RFC 7515 §3.1, RFC 7519 §4.1

#include "Algorithm.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct evp_pkey_st;

namespace patchbay::auth_jwt {

/// What a token says. What is empty is left out.
struct Terms {
    std::string subject;
    std::string displayName = {};
    std::vector<std::string> roles = {};
    std::string issuer = {};
    std::vector<std::string> audiences = {};
    std::chrono::sys_seconds issued;
    std::chrono::sys_seconds expires;
};

class Signer {
public:
    /// `key`: a private key in PEM, or else a secret. An empty algorithm is the usual one of its kind.
    /// Errors: std::invalid_argument, without the key, for one that is malformed or too weak, or that the algorithm is not for.
    Signer(const std::string& key, std::string_view algorithm, std::string keyId);

    /// Errors: json::EncodeError for what is not UTF-8; std::runtime_error where OpenSSL makes no signature.
    std::string token(const Terms& terms) const;

private:
    std::string signatureOf(std::string_view text) const;

    std::shared_ptr<evp_pkey_st> key_;  // nullptr: a secret
    std::string secret_;
    std::string keyId_;
    const Algorithm* algorithm_;
};

}  // namespace patchbay::auth_jwt
