#include "protocol/ClientHandshake.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace patchbay::protocol {
namespace {

bool isVisible(std::string_view text) noexcept {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F; });
}

bool isFieldValue(std::string_view text) noexcept {
    return std::ranges::all_of(text,
                               [](char c) { return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != 0x7F); });
}

bool isSetByHandshake(std::string_view name) noexcept {
    constexpr std::array kOwn{"Host", "Upgrade", "Connection"};
    return equalsIgnoringCase(name.substr(0, 14), "Sec-WebSocket-") ||
           std::ranges::any_of(kOwn, [&](std::string_view own) { return equalsIgnoringCase(name, own); });
}

void require(bool condition, const char* problem) {
    if (!condition) throw std::invalid_argument{problem};
}

void checkRequest(const ClientHandshake& handshake) {
    require(isVisible(handshake.host), "the host is no host (RFC 6455 §4.1)");
    require(isVisible(handshake.target) && handshake.target.front() == '/' &&
                handshake.target.find('#') == std::string::npos,
            "the target is no path with a query (RFC 6455 §3, §4.1)");
    require(isKey(handshake.key), "the key is not 16 bytes in base64 (RFC 6455 §4.1)");
    const auto& names = handshake.subprotocols;
    for (auto name = names.begin(); name != names.end(); ++name)
        require(isToken(*name) && std::find(names.begin(), name, *name) == name,
                "subprotocols are different tokens (RFC 6455 §4.1)");
    for (const OwnedField& field : handshake.fields) {
        require(isToken(field.name) && isFieldValue(field.value), "a field that a request cannot carry");
        require(!isSetByHandshake(field.name), "a field that the handshake sets itself (RFC 6455 §4.1)");
    }
}

ServerAnswer broken(std::string problem) { return {std::move(problem), {}, {}}; }

std::string checkUpgraded(const ClientHandshake& handshake, const HandshakeResponseView& response) {
    const auto fields = response.headers;
    if (response.status != 101)
        return "the server answered " + std::to_string(response.status) + ", not 101 (RFC 6455 §4.1)";
    if (!equalsIgnoringCase(firstValue(fields, "Upgrade"), "websocket"))
        return "the answer's Upgrade field is not websocket (RFC 6455 §4.1)";
    if (!listContains(fields, "Connection", "Upgrade"))
        return "the answer's Connection field does not name Upgrade (RFC 6455 §4.1)";
    if (countFields(fields, "Sec-WebSocket-Accept") != 1 ||
        trimmed(firstValue(fields, "Sec-WebSocket-Accept")) != acceptKey(handshake.key))
        return "Sec-WebSocket-Accept does not answer the key (RFC 6455 §4.1)";
    return {};
}

bool wasOffered(const ClientHandshake& handshake, const ExtensionTerms& extension) {
    return std::ranges::any_of(handshake.extensions,
                               [&](const ExtensionTerms& offer) { return offer.name == extension.name; });
}

}  // namespace

std::string makeKey() {
    std::array<unsigned char, 16> nonce;
    if (RAND_bytes(nonce.data(), static_cast<int>(nonce.size())) != 1)
        throw std::runtime_error{"no entropy for Sec-WebSocket-Key (RFC 6455 §4.1)"};
    std::array<unsigned char, 25> encoded;  // 24 characters, and OpenSSL's final zero
    EVP_EncodeBlock(encoded.data(), nonce.data(), static_cast<int>(nonce.size()));
    return {encoded.begin(), encoded.end() - 1};
}

std::string makeClientRequest(const ClientHandshake& handshake) {
    checkRequest(handshake);
    std::string head = "GET " + handshake.target + " HTTP/1.1\r\n";
    const auto add = [&head](std::string_view name, std::string_view value) {
        head.append(name).append(": ").append(value).append("\r\n");
    };
    add("Host", handshake.host);
    add("Upgrade", "websocket");
    add("Connection", "Upgrade");
    add("Sec-WebSocket-Key", handshake.key);
    add("Sec-WebSocket-Version", kWebSocketVersion);
    if (!handshake.subprotocols.empty()) add("Sec-WebSocket-Protocol", formatSubprotocols(handshake.subprotocols));
    if (!handshake.extensions.empty()) add("Sec-WebSocket-Extensions", formatExtensions(handshake.extensions));
    for (const OwnedField& field : handshake.fields) add(field.name, field.value);
    return head + "\r\n";
}

ServerAnswer checkServerResponse(const ClientHandshake& handshake, const HandshakeResponseView& response) {
    if (auto problem = checkUpgraded(handshake, response); !problem.empty()) return broken(std::move(problem));
    auto extensions = parseExtensions(response.headers);
    if (!extensions ||
        !std::ranges::all_of(*extensions, [&](const auto& chosen) { return wasOffered(handshake, chosen); }))
        return broken("the server chose an extension that was not offered (RFC 6455 §4.1)");
    const std::string_view subprotocol = firstValue(response.headers, "Sec-WebSocket-Protocol");
    const std::size_t count = countFields(response.headers, "Sec-WebSocket-Protocol");
    if (count > 1) return broken("more than one Sec-WebSocket-Protocol field in the answer (RFC 6455 §11.3.4)");
    if (count == 1 && std::ranges::find(handshake.subprotocols, subprotocol) == handshake.subprotocols.end())
        return broken("the server chose a subprotocol that was not offered (RFC 6455 §4.1)");
    return {{}, std::string{subprotocol}, std::move(*extensions)};
}

}  // namespace patchbay::protocol
