// What the gate reads in streams of bytes, in the words of node_parser.mjs: one line of JSON for each stream.
//
// A connection ends as the server's does: at whatever is refused, behind a request that is the client's last and behind an
// upgrade; "ends" tells which of the two.

#include "http/RequestBody.hpp"
#include "http/RequestHead.hpp"

#include <array>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace {

using patchbay::http::HeadState;
using patchbay::http::RequestBody;
using patchbay::http::RequestHead;

void writeText(std::string& out, std::string_view bytes) {
    out += '"';
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        std::array<char, 8> escaped;
        if (byte < ' ' || byte > '~' || c == '"' || c == '\\') {
            std::snprintf(escaped.data(), escaped.size(), "\\u%04x", byte);
            out += escaped.data();
        } else {
            out += c;
        }
    }
    out += '"';
}

void writeReason(std::string& out, std::string_view why) {
    if (why.empty()) {
        out += "null";
    } else {
        writeText(out, why);
    }
}

/// Takes requests off a stream, one by one.
class Reader {
public:
    explicit Reader(std::string_view stream) noexcept : left_{stream} {}

    std::string read() {
        while (next()) requests_ += requests_.empty() ? request_ : ", " + request_;
        std::string line = R"({"requests": [)" + requests_ + R"(], "refused": )";
        writeReason(line, refused_);
        line += R"(, "ends": )";
        writeReason(line, ends_);
        return line + "}\n";
    }

private:
    bool next() {
        if (!refused_.empty() || !ends_.empty()) return false;
        left_.remove_prefix(patchbay::http::emptyLinesBefore(left_));
        RequestHead head;
        std::size_t scanned = 0;
        const auto result = patchbay::http::readHead(left_, {}, head, scanned);
        if (result.state == HeadState::Bad) refused_ = result.problem;
        if (result.state != HeadState::Complete) return false;
        writeHead(head);
        left_.remove_prefix(head.headBytes);
        if (head.wantsWebSocket && head.hasBody()) {
            refused_ = "a handshake with a body";
            request_ += "null]";
            return true;
        }
        takeBody(head);
        if (!head.keepAlive) ends_ = "the client's last request";
        if (head.wantsWebSocket) ends_ = "an upgrade";
        return true;
    }

    void writeHead(const RequestHead& head) {
        request_ = "[";
        writeText(request_, head.method);
        request_ += ", ";
        writeText(request_, head.target);
        request_ += ", " + std::to_string(head.minorVersion) + ", [";
        bool first = true;
        for (const auto& [name, value] : head.headers()) {
            if (!std::exchange(first, false)) request_ += ", ";
            writeText(request_, name);
            request_ += ", ";
            writeText(request_, value);
        }
        request_ += "], ";
    }

    void takeBody(const RequestHead& head) {
        std::string all;
        for (RequestBody body{head.chunked ? std::nullopt : std::optional{head.contentLength.value_or(0)}};;) {
            const RequestBody::Piece piece = body.read(left_);
            left_.remove_prefix(piece.taken);
            all += piece.bytes;
            if (piece.status != 0) refused_ = piece.problem;
            if (piece.last) break;
            if (piece.status == 0 && piece.taken != 0) continue;
            if (piece.status == 0) ends_ = "a body that has not come whole";
            request_ += "null]";
            return;
        }
        writeText(request_, all);
        request_ += "]";
    }

    std::string_view left_;
    std::string request_, requests_, refused_, ends_;
};

}  // namespace

int main() {
    std::ios::sync_with_stdio(false);
    for (std::array<unsigned char, 4> size; std::cin.read(reinterpret_cast<char*>(size.data()), size.size());) {
        std::string stream(size[0] | size[1] << 8U | size[2] << 16U | static_cast<std::size_t>(size[3]) << 24U, '\0');
        std::cin.read(stream.data(), static_cast<std::streamsize>(stream.size()));
        std::cout << Reader{stream}.read();
    }
}
