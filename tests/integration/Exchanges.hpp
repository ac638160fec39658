#pragma once
// A server with asynchronous handlers, whose exchanges and streams a test's own threads go on with.

#include "integration/Probe.hpp"
#include "support/Box.hpp"

#include <patchbay/http_exchange.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace patchbay::test {

inline std::string get(std::string_view path, std::string_view fields = {}) {
    return std::string{"GET "}.append(path).append(" HTTP/1.1\r\nHost: h\r\n").append(fields).append("\r\n");
}
inline std::string post(std::string_view path, std::string_view body) {
    return std::string{"POST "}.append(path).append(" HTTP/1.1\r\nHost: h\r\nContent-Length: ").append(std::to_string(body.size())).append("\r\n\r\n").append(body);
}

/// The chunks of a body as they came, one string each; the last is empty.
inline std::vector<std::string> readChunks(RawSocket& socket, std::size_t most = 1'000'000) {
    std::vector<std::string> chunks;
    while (chunks.size() < most) {
        const std::size_t size = std::stoul(socket.readUntil("\r\n"), nullptr, 16);
        chunks.push_back(socket.read(size));
        EXPECT_EQ(socket.read(2), "\r\n");
        if (size == 0) break;
    }
    return chunks;
}
inline std::string joined(const std::vector<std::string>& chunks) {
    std::string all;
    for (const auto& chunk : chunks) all += chunk;
    return all;
}

class Exchanges : public testing::Test {
protected:
    void SetUp() override {
        server->provide(exchanges);
        server->provide(streams);
        server->handleAsync("GET", "/kept", [](HttpExchange exchange, Box<HttpExchange>& box) { box.put(std::move(exchange)); });
        server->handleAsync("GET", "/stream", [](const HttpExchange& exchange, Box<HttpStream>& box, Journal& journal) {
            HttpStream stream = exchange.start(200, {{"Content-Type", "text/event-stream"}});
            stream.onClosed([&journal] { journal.add("closed"); });
            box.put(std::move(stream));
        });
        server->handleAsync("GET", "/say/{word}", [](const HttpExchange& exchange) {
            exchange.respond({200, {}, std::string{exchange.request().pathParameter("word")}});
        });
    }
    void start() { server.start<Probe>(); }

    std::shared_ptr<Box<HttpExchange>> exchanges = std::make_shared<Box<HttpExchange>>();
    std::shared_ptr<Box<HttpStream>> streams = std::make_shared<Box<HttpStream>>();
    TestServer server;
};

}  // namespace patchbay::test
