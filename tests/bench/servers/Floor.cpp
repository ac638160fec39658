// The floor: the least that a WebSocket server on epoll can do. /echo answers, /fanout sends to everyone there.
//
// It checks nothing: no limits, no UTF-8, no reserved bits, no fragments, no pings, no close handshake. Frames are
// unmasked to where their answers go, in the buffer they were read into, and leave with one write per read; what is
// fanned out in one turn leaves with one write per subscriber.

#include "servers/EpollServer.hpp"
#include "wire/Frames.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include <openssl/evp.h>
#include <openssl/sha.h>

namespace {

using bench::Bytes, bench::Peer;

/// RFC 6455 §4.2.2: the SHA-1 of the client's key and this text, in base64.
std::string acceptKey(std::string key) {
    key += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char digest[SHA_DIGEST_LENGTH], text[32];
    SHA1(reinterpret_cast<const unsigned char*>(key.data()), key.size(), digest);
    const int length = EVP_EncodeBlock(text, digest, sizeof digest);
    return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(length)};
}

class Floor final : public bench::EpollServer {
    Bytes received(Peer& peer, std::span<std::byte> bytes) override {
        return peer.upgraded ? frames(peer, bytes) : handshake(peer, bytes);
    }

    /// One plain head, fields spelled as the load generator spells them.
    Bytes handshake(Peer& peer, Bytes bytes) {
        const std::string_view head{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
        if (!head.ends_with("\r\n\r\n")) return bytes;
        constexpr std::string_view kField = "Sec-WebSocket-Key: ";
        const auto key = head.substr(head.find(kField) + kField.size());
        const auto answer =
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
            acceptKey(std::string{key.substr(0, key.find('\r'))}) + "\r\n\r\n";
        peer.upgraded = true;
        peer.fansOut = head.starts_with("GET /fanout ");
        send(peer, std::as_bytes(std::span{answer}));
        return {};
    }

    /// Turns each whole frame into its answer; an answer is shorter than its frame by the mask, so none overtakes.
    Bytes frames(Peer& peer, std::span<std::byte> bytes) {
        std::byte* const answers = bytes.data();
        std::byte* end = answers;
        while (const auto header = bench::readHeader(bytes)) {
            if (bytes.size() < header->frameBytes()) break;
            const std::byte* const payload = bytes.data() + header->headerBytes;
            bench::Mask mask;
            std::copy_n(payload - mask.size(), mask.size(), mask.begin());
            end += bench::writeHeader(end, header->first, header->payloadBytes);
            bench::applyMask(end, payload, header->payloadBytes, mask);
            end += header->payloadBytes;
            bytes = bytes.subspan(header->frameBytes());
        }
        answer(peer, {answers, end});
        return bytes;
    }

    void answer(Peer& peer, Bytes frames) {
        if (frames.empty()) return;
        if (peer.fansOut) {
            published_.insert(published_.end(), frames.begin(), frames.end());
        } else {
            send(peer, frames);
        }
    }

    void turnEnds() override {
        if (published_.empty()) return;
        for (const auto& [descriptor, peer] : peers()) {
            if (peer->fansOut) send(*peer, published_);
        }
        published_.clear();
    }

    std::vector<std::byte> published_;
};

}  // namespace

int main() { Floor{}.run(); }
