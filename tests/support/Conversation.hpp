#pragma once
// One session with an annotated class, in memory: real binding, dispatcher and session; only loop and peer are fakes.

#include "messaging/SessionCore.hpp"
#include "support/FakeLoop.hpp"

#include <patchbay/annotations.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace patchbay::test {

/// What a peer got.
struct Received {
    std::vector<std::string> texts;
    std::vector<std::string> binaries;  // their bytes
    std::optional<CloseCode> closed;
    std::string closeText;
};

class FakeCarrier final : public messaging::Carrier {
public:
    explicit FakeCarrier(Received& received) noexcept : received_{received} {}

    SendStatus send(MessageKind kind, Bytes payload) noexcept override {
        if (received_.closed) return SendStatus::Closed;
        (kind == MessageKind::Text ? received_.texts : received_.binaries).emplace_back(asText(payload));
        return SendStatus::Queued;
    }
    SendStatus send(const messaging::Broadcast& broadcast, std::size_t first, std::size_t last) noexcept override {
        for (std::size_t message = first; message < last; ++message) send(broadcast.kind(message), broadcast.payload(message));
        return SendStatus::Queued;
    }
    std::uint64_t droppedMessages() const noexcept override { return 0; }
    SendStatus ping(Bytes) noexcept override { return SendStatus::Queued; }
    void close(CloseCode code, std::string_view text) noexcept override {
        received_.closed = code;
        received_.closeText = text;
    }
    void closeNow(CloseCode code, std::string_view text) noexcept override { close(code, text); }

private:
    Received& received_;
};

/// Opens a session at construction.   Thread: the test's.
template <class Endpoint>
class Conversation {
public:
    /// `path` holds the values of the template's variables, left to right.
    explicit Conversation(std::vector<std::string> path = {}, std::unique_ptr<messaging::Carrier> carrier = nullptr) {
        auto model = detail::makeModel<Endpoint>();
        EndpointConfig config{model.className, model.path, {}, {}, {}, {}};
        deployed_ = std::make_shared<messaging::DeployedEndpoint>(std::move(model), std::move(config), state_, services_);
        messaging::SessionStart start{};
        start.path = std::move(path);
        start.instance = instance_ = std::static_pointer_cast<Endpoint>(deployed_->model.construct(deployed_->services));
        core_ = std::make_shared<messaging::SessionCore>(deployed_, loop_, 0, std::move(start));
        deployed_->add(core_);
        core_->open(carrier ? std::move(carrier) : std::make_unique<FakeCarrier>(peer_));
        loop_.run();
    }

    Conversation(const Conversation&) = delete;
    Conversation& operator=(const Conversation&) = delete;

    void text(std::string_view message) {
        core_->receive(session(), MessageKind::Text, asBytes(message), 0);
        loop_.run();
    }
    void binary(std::string_view message) {
        core_->receive(session(), MessageKind::Binary, asBytes(message), 0);
        loop_.run();
    }
    /// The peer says goodbye.
    void leave(CloseCode code = CloseCode::Normal, std::string_view text = {}) {
        core_->peerClosed(code, text);
        loop_.run();
    }

    Endpoint& instance() { return *instance_; }
    Session session() const { return Session{core_}; }
    const Received& peer() const { return peer_; }
    const messaging::DeployedEndpoint& deployed() const { return *deployed_; }
    FakeLoop& loop() { return loop_; }

private:
    FakeLoop loop_;
    Received peer_;
    messaging::ServerState state_{{&loop_}};
    Services services_;
    std::shared_ptr<messaging::DeployedEndpoint> deployed_;
    std::shared_ptr<Endpoint> instance_;
    std::shared_ptr<messaging::SessionCore> core_;
};

}  // namespace patchbay::test
