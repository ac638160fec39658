#include "protocol/Handshake.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>

namespace patchbay::protocol {
namespace {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // §1.3

using Sha1 = std::array<unsigned char, SHA_DIGEST_LENGTH>;

/// OpenSSL looks an algorithm up by its name, which costs more than the digest of a key: once for each thread.
struct Digester {
    std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> algorithm{EVP_MD_fetch(nullptr, "SHA1", nullptr), &EVP_MD_free};
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> state{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
};

/// Of two texts that follow each other.   Errors: std::runtime_error when OpenSSL has been told to do without SHA-1.
Sha1 sha1(std::string_view text, std::string_view rest) {
    static thread_local const Digester digester;
    auto* const state = digester.state.get();
    Sha1 digest;
    if (!state || !EVP_DigestInit_ex(state, digester.algorithm.get(), nullptr) ||
        !EVP_DigestUpdate(state, text.data(), text.size()) || !EVP_DigestUpdate(state, rest.data(), rest.size()) ||
        !EVP_DigestFinal_ex(state, digest.data(), nullptr))
        throw std::runtime_error{"OpenSSL has no SHA-1, which RFC 6455 needs"};
    return digest;
}

constexpr CharacterSet kBase64 = lettersDigitsAnd("+/");

struct Refusal {
    int status = 0;  // 0: none
    std::string_view problem;
};

Refusal checkUpgrade(const HandshakeRequestView& request) {
    const auto fields = request.headers;
    if (request.method != "GET") return {405, "a WebSocket handshake is a GET request (RFC 6455 §4.2.1)"};
    if (request.httpMajor < 1 || (request.httpMajor == 1 && request.httpMinor < 1))
        return {400, "a WebSocket handshake needs HTTP/1.1 or higher (RFC 6455 §4.2.1)"};
    if (countFields(fields, "Host") != 1) return {400, "exactly one Host field is needed (RFC 6455 §4.2.1)"};
    if (countFields(fields, "Upgrade") == 0)
        return {426, "this address speaks WebSocket: an Upgrade: websocket field is needed (RFC 6455 §4.2.1)"};
    if (!listContains(fields, "Upgrade", "websocket"))
        return {400, "the Upgrade field does not name websocket (RFC 6455 §4.2.1)"};
    if (!listContains(fields, "Connection", "Upgrade"))
        return {400, "the Connection field does not name Upgrade (RFC 6455 §4.2.1)"};
    return {};
}

Refusal checkKeyAndVersion(std::span<const HeaderField> fields) {
    if (countFields(fields, "Sec-WebSocket-Key") != 1)
        return {400, "exactly one Sec-WebSocket-Key field is needed (RFC 6455 §4.2.1, §11.3.1)"};
    if (!isKey(firstValue(fields, "Sec-WebSocket-Key")))
        return {400, "Sec-WebSocket-Key is not 16 bytes in base64 (RFC 6455 §4.2.1)"};
    if (countFields(fields, "Sec-WebSocket-Version") > 1)
        return {400, "more than one Sec-WebSocket-Version field (RFC 6455 §11.3.5)"};
    if (firstValue(fields, "Sec-WebSocket-Version") != kWebSocketVersion)
        return {426, "Sec-WebSocket-Version 13 is the only one spoken here (RFC 6455 §4.2.2, §4.4)"};
    return {};
}

ServerHandshake refused(int status, std::string_view problem) {
    ServerHandshake handshake;
    handshake.status = status;
    handshake.problem = problem;
    return handshake;
}

}  // namespace

ServerHandshake readServerHandshake(const HandshakeRequestView& request) {
    for (const Refusal& refusal : {checkUpgrade(request), checkKeyAndVersion(request.headers)})
        if (refusal.status != 0) return refused(refusal.status, refusal.problem);
    auto subprotocols = parseSubprotocols(request.headers);
    if (!subprotocols)
        return refused(400, "Sec-WebSocket-Protocol is not a list of different tokens, at most 64 (RFC 6455 §4.1, §11.3.4)");
    auto extensions = parseExtensions(request.headers);
    if (!extensions) return refused(400, "Sec-WebSocket-Extensions breaks its grammar, or offers more than 32 (RFC 6455 §9.1)");
    return {101,
            {},
            acceptKey(firstValue(request.headers, "Sec-WebSocket-Key")),
            std::move(*subprotocols),
            std::move(*extensions)};
}

std::vector<AnswerField> answerFields(const ServerHandshake& handshake, std::string_view subprotocol,
                                      std::span<const ExtensionTerms> extensions) {
    if (handshake.status == 405) return {{"Allow", "GET"}};
    if (handshake.status == 426)
        return {{"Upgrade", "websocket"},
                {"Connection", "Upgrade"},
                {"Sec-WebSocket-Version", std::string{kWebSocketVersion}}};
    if (!handshake.isAccepted()) return {};
    std::vector<AnswerField> fields;
    fields.reserve(5);
    fields.push_back({"Upgrade", "websocket"});
    fields.push_back({"Connection", "Upgrade"});
    fields.push_back({"Sec-WebSocket-Accept", handshake.accept});
    if (!subprotocol.empty()) fields.push_back({"Sec-WebSocket-Protocol", std::string{subprotocol}});
    if (!extensions.empty()) fields.push_back({"Sec-WebSocket-Extensions", formatExtensions(extensions)});
    return fields;
}

std::string acceptKey(std::string_view key) {
    const Sha1 digest = sha1(key, kGuid);
    std::array<unsigned char, 29> encoded;  // 28 characters for 20 bytes, and OpenSSL's final zero
    EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(digest.size()));
    return {encoded.begin(), encoded.end() - 1};
}

bool isKey(std::string_view text) noexcept {
    // 16 bytes are 21 characters, one more that carries two bits (so that only these four can stand there), and "==".
    return text.size() == 24 && text.ends_with("==") &&
           std::ranges::all_of(text.substr(0, 21), [](char c) { return kBase64[static_cast<unsigned char>(c)]; }) &&
           std::string_view{"AQgw"}.find(text[21]) != std::string_view::npos;
}

}  // namespace patchbay::protocol
