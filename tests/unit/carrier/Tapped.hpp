#pragma once
// A session over a carrier that the framework does not know: one whose every call a test sees and may spoil.

#include <patchbay/annotations.hpp>
#include <patchbay/carrier.hpp>
#include <patchbay/testkit.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace patchbay::testkit {

/// What a session's handlers saw, and what they do.
struct Script {
    std::vector<std::string> seen;
    std::function<void(const Session&)> whenOpened = [](const Session&) {};
    std::function<void(const Session&, std::string_view)> whenHeard = [](const Session&, std::string_view) {};
};

class Ear {
    SERVER_ENDPOINT(Ear, "/ear/{room}", .subprotocols = {"v1"}, .origins = {"https://friend.example"},
                    .maxMessageSize = 1_KiB, .receiveQueue = 100, .maxSessions = 3)
public:
    explicit Ear(Script& script) : script_{script} {}
    ON_OPEN(opened)
    void opened(const Session& session) {
        script_.seen.emplace_back("open");
        script_.whenOpened(session);
    }
    ON_MESSAGE(heard)
    void heard(const Session& session, std::string_view text) {
        script_.seen.emplace_back("text " + std::string{text.substr(0, 20)});
        script_.whenHeard(session, text);
    }
    ON_MESSAGE(bytes)
    void bytes(Bytes bytes) { script_.seen.emplace_back("bytes " + std::string{asText(bytes)}); }
    ON_ERROR(failed)
    void failed(const std::exception& error) { script_.seen.emplace_back(std::string{"error "} + error.what()); }
    ON_CLOSE(left)
    void left(const CloseReason& reason) {
        script_.seen.emplace_back("close " + std::to_string(static_cast<int>(reason.code())) + " " +
                                  std::string{name(reason.cause())} + " " + reason.text());
    }

private:
    Script& script_;
};

/// What became of a carrier, and what it does.
struct Wire {
    std::vector<std::string> calls;
    std::string throws;  // the call that does
    std::size_t queued = 0, droppable = 0;
    bool takesParts = false;
    SendCompletion completion;  // of the last
    SendStatus answer = SendStatus::Queued;
    std::function<void(std::string_view)> whenSent = [](std::string_view) {};
    bool destroyed = false;
    CarrierInput input;

    void called(const std::string& call, const std::string& what = {}) {
        calls.push_back(what.empty() ? call : call + " " + what);
        if (throws == call) throw 42;
    }
};

class Tapped final : public Carrier {
public:
    explicit Tapped(std::shared_ptr<Wire> wire) : wire_{std::move(wire)} {}
    ~Tapped() override {
        wire_->destroyed = true;
        wire_->completion = {};
    }
    SendStatus send(MessageKind kind, Bytes payload) override {
        wire_->called("send", (kind == MessageKind::Binary ? "bytes " : "") + std::string{asText(payload)});
        wire_->whenSent(asText(payload));
        return wire_->answer;
    }
    bool sendsParts() const override { return wire_->takesParts; }
    SendStatus sendPart(MessageKind kind, Bytes piece, PieceOf of, SendCompletion& completion) override {
        if (!wire_->takesParts) return Carrier::sendPart(kind, piece, of, completion);
        wire_->called(of == PieceOf::Last ? "last part" : "part", std::string{asText(piece)});
        if (wire_->answer == SendStatus::Queued && completion) wire_->completion = std::move(completion);
        return wire_->answer;
    }
    std::size_t queuedBytes() const override {
        if (wire_->throws == "queuedBytes") throw 42;
        return wire_->queued;
    }
    bool dropOldest() override {
        wire_->called("dropOldest");
        if (wire_->droppable == 0) return false;
        --wire_->droppable;
        wire_->queued -= 100;
        return true;
    }
    SendStatus ping(Bytes payload) override {
        wire_->called("ping");
        wire_->input.pong(payload);
        return SendStatus::Queued;
    }
    void pauseReading() override { wire_->called("pauseReading"); }
    void resumeReading() override { wire_->called("resumeReading"); }
    void close(CloseCode code, std::string_view text) override { end("close", code, text); }
    void closeNow(CloseCode code, std::string_view text) override { end("closeNow", code, text); }

private:
    void end(const std::string& call, CloseCode code, std::string_view text) {
        wire_->called(call, std::to_string(static_cast<int>(code)) + " " + std::string{text});
    }
    const std::shared_ptr<Wire> wire_;
};

inline HandshakeRequest to(std::string target, HeaderFields headers = {}) {
    HttpRequest request;
    request.method = "POST";
    request.target = "/poll";
    request.headers = std::move(headers);
    return handshakeFor(request, std::move(target));
}

class ACarrier : public ::testing::Test {
protected:
    ACarrier() {
        server->provide(script);
        server->deploy<Ear>();
    }
    void restart(WhenFull whenFull, std::size_t bytes) {
        ServerConfig config;
        config.limits.sendQueue = {Size{bytes}, whenFull};
        server = std::make_unique<TestServer>(config);
        server->provide(script);
        server->deploy<Ear>();
    }
    std::shared_ptr<Wire> open(std::string target = "/ear/lobby") {
        auto wire = std::make_shared<Wire>();
        wire->input = server->openSession(server->admit(to(std::move(target))), std::make_unique<Tapped>(wire));
        server->settle();
        return wire;
    }
    Session session(const std::shared_ptr<Wire>& wire) { return wire->input.session(); }
    std::vector<std::string>& seen() { return script->seen; }

    const std::shared_ptr<Script> script = std::make_shared<Script>();
    std::unique_ptr<TestServer> server = std::make_unique<TestServer>();
};

}  // namespace patchbay::testkit
