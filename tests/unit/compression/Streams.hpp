#pragma once
// What the tests of permessage-deflate share: terms and bytes as one writes them, and zlib itself as the foreign side.

#include <compression/PerMessageDeflateFactory.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <stdexcept>

namespace patchbay::compression::testing {

/// `name; flag; key=value` as terms.
inline ExtensionTerms terms(std::string_view text) {
    ExtensionTerms result;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find("; "), text.size());
        const std::string_view part = text.substr(0, end);
        text.remove_prefix(std::min(end + 2, text.size()));
        const std::size_t equals = part.find('=');
        if (result.name.empty()) {
            result.name = part;
        } else if (equals == std::string_view::npos) {
            result.parameters.push_back({std::string{part}, std::nullopt});
        } else {
            result.parameters.push_back({std::string{part.substr(0, equals)}, std::string{part.substr(equals + 1)}});
        }
    }
    return result;
}

inline std::string shown(const ExtensionTerms& terms) {
    std::string text = terms.name;
    for (const ExtensionParameter& parameter : terms.parameters) {
        text += "; " + parameter.name;
        if (parameter.value) text += "=" + *parameter.value;
    }
    return text;
}

/// Bytes from `f2 48 cd`.
inline std::string hex(std::string_view text) {
    std::string bytes;
    for (std::size_t at = 0; at + 2 <= text.size(); at += 3)
        bytes += static_cast<char>(std::stoi(std::string{text.substr(at, 2)}, nullptr, 16));
    return bytes;
}

/// What decode() makes of `payload`: its text, or `TooBig` or `Broken` in angle brackets.
inline std::string decoded(Extension& extension, std::string_view payload, std::size_t limit = 16_MiB) {
    MessageBuffer out{limit};
    switch (extension.decode(PerMessageDeflate::kRsv1, asBytes(payload), out)) {
        case Extension::Decoded::TooBig:
            return "<TooBig>";
        case Extension::Decoded::Broken:
            return "<Broken>";
        case Extension::Decoded::Whole:
            break;
    }
    return std::string{asText(out.bytes())};
}

/// What goes on the wire for a message; nothing if it goes plain.
using Encoded = std::optional<std::string>;

inline Encoded encoded(Extension& extension, std::string_view payload) {
    MessageBuffer out{MessageBuffer::kNoLimit};
    if (extension.encode(MessageKind::Text, asBytes(payload), out) == 0) return std::nullopt;
    return std::string{asText(out.bytes())};
}

inline Encoded broadcast(const Extension& extension, std::string_view payload) {
    MessageBuffer out{MessageBuffer::kNoLimit};
    if (extension.encodeBroadcast(MessageKind::Text, asBytes(payload), out) == 0) return std::nullopt;
    return std::string{asText(out.bytes())};
}

/// zlib's inflater, which keeps its window from message to message. It writes byte by byte, so that whatever refers
/// further back than its window is found out.
class ForeignInflater {
public:
    explicit ForeignInflater(int windowBits = 15) {
        if (inflateInit2(&stream_, -windowBits) != Z_OK) throw std::bad_alloc{};
    }
    ~ForeignInflater() { inflateEnd(&stream_); }
    ForeignInflater(const ForeignInflater&) = delete;
    ForeignInflater& operator=(const ForeignInflater&) = delete;

    std::string read(std::string message) {
        message += hex("00 00 ff ff");
        stream_.next_in = reinterpret_cast<Bytef*>(message.data());
        stream_.avail_in = static_cast<uInt>(message.size());
        std::string text;
        for (;;) {
            Bytef byte = 0;
            stream_.next_out = &byte;
            stream_.avail_out = 1;
            const int result = inflate(&stream_, Z_SYNC_FLUSH);
            if (result != Z_OK && result != Z_BUF_ERROR) return "<zlib: " + std::to_string(result) + ">";
            if (stream_.avail_out == 1) return stream_.avail_in == 0 ? text : "<zlib: bytes left>";
            text += static_cast<char>(byte);
        }
    }

private:
    z_stream stream_{};
};

/// What a peer that compresses with zlib sends.
class ForeignDeflater {
public:
    explicit ForeignDeflater(int windowBits = 15, int level = 9) {
        if (deflateInit2(&stream_, level, Z_DEFLATED, -windowBits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
            throw std::bad_alloc{};
    }
    ~ForeignDeflater() { deflateEnd(&stream_); }
    ForeignDeflater(const ForeignDeflater&) = delete;
    ForeignDeflater& operator=(const ForeignDeflater&) = delete;

    std::string message(std::string text) {
        std::string out = flushed(std::move(text), Z_SYNC_FLUSH);
        out.resize(out.size() - 4);
        return out;
    }

    /// All that a flush of that kind gives, its tail included.
    std::string flushed(std::string text, int flush) {
        std::string out(deflateBound(&stream_, text.size()) + 64, '\0');
        stream_.next_in = reinterpret_cast<Bytef*>(text.data());
        stream_.avail_in = static_cast<uInt>(text.size());
        stream_.next_out = reinterpret_cast<Bytef*>(out.data());
        stream_.avail_out = static_cast<uInt>(out.size());
        deflate(&stream_, flush);
        out.resize(out.size() - stream_.avail_out);
        return out;
    }

private:
    z_stream stream_{};
};

/// `bytes` of JSON that differs from seed to seed.
inline std::string json(std::size_t bytes, unsigned seed = 1) {
    std::mt19937 random{seed};
    std::string text = "[";
    while (text.size() < bytes)
        text += R"({"type":"Quote","user":"Ann","price":)" + std::to_string(random() % 100000) + "},";
    text.resize(bytes);
    return text;
}

inline std::string noise(std::size_t bytes, unsigned seed = 1) {
    std::mt19937 random{seed};
    std::string text(bytes, '\0');
    for (char& byte : text) byte = static_cast<char>(random());
    return text;
}

/// One connection, seen from both of its ends.
struct Ends {
    explicit Ends(PerMessageDeflateFactory& serverSide, PerMessageDeflateFactory& clientSide) {
        auto agreed = serverSide.accept(clientSide.offers().at(0));
        if (!agreed) throw std::runtime_error{"the offer was declined"};
        answer = shown(agreed->answer);
        server = std::move(agreed->extension);
        client = clientSide.agree(agreed->answer);
        if (!client) throw std::runtime_error{"the answer was not agreed with: " + answer};
    }

    std::string answer;
    std::unique_ptr<Extension> server;
    std::unique_ptr<Extension> client;
};

/// A server's end that accepted `offer`.
inline std::unique_ptr<Extension> serverEnd(PerMessageDeflateFactory& factory,
                                            std::string_view offer = "permessage-deflate") {
    auto agreed = factory.accept(terms(offer));
    if (!agreed) throw std::runtime_error{"declined: " + std::string{offer}};
    return std::move(agreed->extension);
}

}  // namespace patchbay::compression::testing
