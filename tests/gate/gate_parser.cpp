// What the gate reads in streams of bytes, in the words of node_parser.mjs: one line of JSON for each stream.
//
// A connection ends as the server's does: at whatever is refused, behind a request that is the client's last and behind an
// upgrade; "ends" tells which of the two.

#include "http/RequestHead.hpp"

#include <array>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>

namespace {

using patchbay::http::HeadState;
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
        if (ended_ || !ends_.empty()) return false;
        RequestHead head;
        std::size_t scanned = 0;
        const auto result = patchbay::http::readHead(left_, {}, head, scanned);
        if (result.state == HeadState::Bad) refused_ = result.problem;
        if (result.state != HeadState::Complete) return false;
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
        left_.remove_prefix(head.headBytes);
        takeBody(head);
        request_ += "]";
        if (!head.keepAlive) ends_ = "the client's last request";
        if (head.namesWebSocket && patchbay::protocol::listContains(head.headers(), "Connection", "upgrade"))
            ends_ = "an upgrade";
        return true;
    }

    void takeBody(const RequestHead& head) {
        const std::uint64_t length = head.contentLength.value_or(0);
        if (length > left_.size()) {
            request_ += "null";
            ended_ = true;
            return;
        }
        writeText(request_, left_.substr(0, length));
        left_.remove_prefix(length);
    }

    std::string_view left_;
    std::string request_, requests_, refused_, ends_;
    bool ended_ = false;
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
