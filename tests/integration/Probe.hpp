#pragma once
// What most of these tests serve: an endpoint that writes down what its handlers see and does what a message tells it
// to, and a server on a free port.

#include "support/Eventually.hpp"
#include "support/Journal.hpp"
#include "support/RawWebSocket.hpp"

#include <patchbay/annotations.hpp>
#include <patchbay/config.hpp>
#include <patchbay/http_handlers.hpp>
#include <patchbay/server.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace patchbay::test {

/// A close as a journal line: "close 1006 connection-lost the text".
inline std::string lineOf(const CloseReason& reason) {
    std::string line = "close " + std::to_string(static_cast<int>(reason.code())) + " ";
    line.append(name(reason.cause()));
    return reason.text().empty() ? line : line + " " + reason.text();
}

/// Text comes back as it is, except for the words that it obeys.
class Probe {
    SERVER_ENDPOINT(Probe, "/probe/{name}")
public:
    explicit Probe(Journal& journal) : journal_{journal} {}

    ON_OPEN(opened)
    void opened(PathParam<"name"> name) { journal_.add("open " + std::string{name.value}); }

    ON_MESSAGE(said)
    void said(Session session, std::string_view text) {
        if (text == "close") return session.close(CloseCode{4001}, "enough");
        if (text == "throw") throw std::runtime_error{"the secret of the handler"};
        if (text == "close and send") return closeAndSend(session);
        if (text == "close twice") {
            session.close(CloseCode::Normal, "first");
            return session.close(CloseCode{4002}, "second");
        }
        session.send(text);
    }

    ON_MESSAGE(sent)
    Bytes sent(Bytes bytes) { return bytes; }

    ON_CLOSE(closed)
    void closed(Session session, CloseReason reason) {
        session_ = session;
        journal_.add(lineOf(reason));
    }

private:
    void closeAndSend(const Session& session) {
        session.close();
        try {
            session.send("too late");
        } catch (const SessionClosed& error) {
            journal_.add(std::string{"refused "} + error.what());
        }
    }

    Journal& journal_;
    std::optional<Session> session_;
};

/// Two loops, a free port, any host, and a stop that does not wait long for peers that never answer.
inline ServerConfig quickConfig() {
    ServerConfig config;
    config.server.listen[0].url = "http://127.0.0.1:0";
    config.server.hosts = {"*"};
    config.server.loops = 2;
    config.server.workers = 2;
    config.server.drainTimeout = std::chrono::seconds{2};
    return config;
}

/// A server with a Journal. Deploy, then start().
class TestServer {
public:
    explicit TestServer(ServerConfig config = quickConfig()) : server_{std::move(config)} { server_.provide(journal_); }

    Server& operator*() noexcept { return server_; }
    Server* operator->() noexcept { return &server_; }
    Journal& journal() noexcept { return *journal_; }

    template <class... Endpoints>
    TestServer& start() {
        (server_.deploy<Endpoints>(), ...);
        server_.start();
        return *this;
    }
    RawWebSocket connect(std::string_view target, std::string_view fields = {}, RawSocket::Options options = {}) {
        return {server_.port(), target, fields, options};
    }
    /// One request on a connection of its own.
    HttpAnswer ask(std::string_view request) {
        RawSocket socket{server_.port()};
        socket.send(request);
        return socket.readAnswer();
    }

private:
    std::shared_ptr<Journal> journal_ = std::make_shared<Journal>();
    Server server_;
};

}  // namespace patchbay::test
