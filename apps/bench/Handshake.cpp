#include "Handshake.hpp"

#include "Head.hpp"

#include <charconv>
#include <stdexcept>

namespace bench {

namespace {

using Text = std::string_view;

constexpr Text kKey = "dGhlIHNhbXBsZSBub25jZQ==", kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

Agreement readExtension(Text text) {
    if (trimmed(takeUntil(text, ";")) != "permessage-deflate") {
        throw std::runtime_error{"the server did not agree to permessage-deflate"};
    }
    Agreement agreement{.deflate = true};
    while (!text.empty()) {
        Text value = takeUntil(text, ";");
        const Text name = trimmed(takeUntil(value, "="));
        value = trimmed(value);
        if (name == "server_no_context_takeover") agreement.keepsContext = false;
        if (name == "client_max_window_bits") {
            std::from_chars(value.data() + value.starts_with('"'), value.data() + value.size(),
                            agreement.clientWindowBits);
        }
    }
    return agreement;
}

}  // namespace

std::string handshakeRequest(const Options& options) {
    return "GET " + options.url.path + " HTTP/1.1\r\nHost: " + options.url.authority() +
           "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
           std::string{kKey} +
           (options.deflate ? "\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits" : "") +
           "\r\n\r\n";
}

Agreement readAnswer(Text head, bool deflateWanted) {
    Text rest = head;
    const Text status = takeUntil(rest, "\r\n");
    if (!status.starts_with("HTTP/1.1 ")) throw std::runtime_error{"the handshake was not answered with HTTP/1.1"};
    if (!status.starts_with("HTTP/1.1 101")) throw std::runtime_error{"handshake refused with " + std::string{status}};
    if (field(head, "Sec-WebSocket-Accept") != kAccept) {
        throw std::runtime_error{"the handshake was answered with a wrong Sec-WebSocket-Accept"};
    }
    const auto extension = field(head, "Sec-WebSocket-Extensions");
    if (deflateWanted) return readExtension(extension.value_or(""));
    if (extension)
        throw std::runtime_error{"the server agreed to an extension that nobody offered: " + std::string{*extension}};
    return {};
}

}  // namespace bench
