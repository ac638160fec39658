#pragma once
// One session with an annotated class, in memory: real binding, dispatcher and session; its loop turns when a call asks
// for it, its peer is a fake.

#include "base/ManualLoop.hpp"
#include "messaging/SessionCore.hpp"

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
    std::vector<std::string> pings;     // their payloads
    std::optional<CloseCode> closed;
    std::string closeText;
    bool paused = false;  // its messages are not read
};

class FakeCarrier final : public Carrier {
public:
    explicit FakeCarrier(Received& received) noexcept : received_{received} {}

    SendStatus send(MessageKind kind, Bytes payload) noexcept override {
        if (received_.closed) return SendStatus::Closed;
        (kind == MessageKind::Text ? received_.texts : received_.binaries).emplace_back(asText(payload));
        return SendStatus::Queued;
    }
    std::size_t queuedBytes() const noexcept override { return 0; }
    SendStatus ping(Bytes payload) noexcept override {
        received_.pings.emplace_back(asText(payload));
        return SendStatus::Queued;
    }
    void pauseReading() noexcept override { received_.paused = true; }
    void resumeReading() noexcept override { received_.paused = false; }
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
    explicit Conversation(std::vector<std::string> path = {}, std::unique_ptr<Carrier> carrier = nullptr) {
        auto model = detail::makeModel<Endpoint>();
        EndpointConfig config{model.className, model.path, {}, {}, {}, {}};
        deployed_ = std::make_shared<messaging::DeployedEndpoint>(std::move(model), std::move(config), state_, services_);
        messaging::SessionStart start{};
        start.path = std::move(path);
        start.instance = instance_ = std::static_pointer_cast<Endpoint>(deployed_->code->model.construct(deployed_->services, {}));
        core_ = std::make_shared<messaging::SessionCore>(deployed_, 0, std::move(start));
        deployed_->add(core_);
        loop_->turnWith([&] { core_->open(carrier ? std::move(carrier) : std::make_unique<FakeCarrier>(peer_)); });
    }

    Conversation(const Conversation&) = delete;
    Conversation& operator=(const Conversation&) = delete;

    void text(std::string_view message) {
        loop_->turnWith([&] { core_->receive(session(), MessageKind::Text, asBytes(message), 0); });
    }
    void binary(std::string_view message) {
        loop_->turnWith([&] { core_->receive(session(), MessageKind::Binary, asBytes(message), 0); });
    }
    /// The peer says goodbye.
    void leave(CloseCode code = CloseCode::Normal, std::string_view text = {}) {
        loop_->turnWith([&] { core_->peerClosed(code, text); });
    }

    /// The peer breaks a rule, and its connection fails.
    void fail(CloseCause cause, const std::string& rule) {
        loop_->turnWith([&] { core_->peerFailed(cause, rule); });
    }

    Endpoint& instance() { return *instance_; }
    Session session() const { return Session{core_}; }
    const Received& peer() const { return peer_; }
    const messaging::DeployedEndpoint& deployed() const { return *deployed_; }
    ManualLoop& loop() { return *loop_; }

private:
    const OwnLoop loop_;
    Received peer_;
    const std::shared_ptr<messaging::ServerState> state_ =
        std::make_shared<messaging::ServerState>(std::vector<std::shared_ptr<Loop>>{loop_});
    Services services_;
    std::shared_ptr<messaging::DeployedEndpoint> deployed_;
    std::shared_ptr<Endpoint> instance_;
    std::shared_ptr<messaging::SessionCore> core_;
};

}  // namespace patchbay::test
