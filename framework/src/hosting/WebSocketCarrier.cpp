#include "hosting/WebSocketCarrier.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace patchbay::hosting {
namespace {

using transport::ControlRoom;

constexpr std::chrono::milliseconds kFlushTimeout{2000};

/// Messages obey the queue's limit and policy.
class MessageOutput final : public protocol::Output {
public:
    explicit MessageOutput(transport::SocketChannel& channel) noexcept : channel_{channel} {}
    void write(Bytes header, Bytes payload) override { status = channel_.send(header, payload); }
    SendStatus status = SendStatus::Closed;

private:
    transport::SocketChannel& channel_;
};

/// Control frames do not: they are small, and never dropped for a message's sake.
class ControlOutput final : public protocol::Output {
public:
    explicit ControlOutput(transport::SocketChannel& channel, ControlRoom room = ControlRoom::Shared) noexcept
        : channel_{channel}, room_{room} {}
    void write(Bytes header, Bytes payload) override {
        std::array<std::byte, 2 + 125> frame;
        assert(header.size() + payload.size() <= frame.size());
        auto end = std::copy(header.begin(), header.end(), frame.begin());
        end = std::copy(payload.begin(), payload.end(), end);
        status = channel_.sendControl(Bytes{frame.begin(), end}, room_);
    }
    SendStatus status = SendStatus::Closed;

private:
    transport::SocketChannel& channel_;
    ControlRoom room_;
};

CloseCause causeOf(CloseCode code) noexcept {
    if (code == CloseCode::InvalidPayload) return CloseCause::InvalidText;
    if (code == CloseCode::TooBig) return CloseCause::TooBig;
    return CloseCause::Protocol;
}

}  // namespace

WebSocketCarrier::WebSocketCarrier(Upgraded upgraded)
    : loop_{upgraded.channel->loop()},
      session_{std::move(upgraded.session)},
      weakSession_{session_},
      closeTimeout_{session_->endpoint().server.closeTimeout},
      dropsOldest_{session_->endpoint().config.limits.sendQueue.whenFull == WhenFull::DropOldest},
      connection_{protocol::Role::Server, {session_->endpoint().maxMessageBytes(), 0}, *this, std::move(upgraded.extension)},
      place_{std::move(upgraded.place)},
      channel_{std::move(upgraded.channel)} {}

void WebSocketCarrier::start(Upgraded upgraded, List& list, std::span<std::byte> firstBytes) {
    const auto channel = upgraded.channel;
    const auto session = upgraded.session;
    auto carrier = std::make_unique<WebSocketCarrier>(std::move(upgraded));
    WebSocketCarrier& self = *carrier;
    list.push_back(self);
    channel->setSendQueue(session->endpoint().config.limits.sendQueue);
    channel->setReceiver(self);
    session->open(std::move(carrier));
    channel->resumeReading();
    if (!firstBytes.empty() && self.session_) self.onBytes(firstBytes);
}

// ------------------------------------------------------------------------------------------------ out

SendStatus WebSocketCarrier::send(MessageKind kind, Bytes payload) noexcept {
    const std::lock_guard guard{sending_};
    if (!channel_) return SendStatus::Closed;
    MessageOutput output{*channel_};
    Extension* extension = connection_.extension();
    if (extension && dropsOldest_) extension->forget();
    connection_.send(kind, payload, output);
    if (extension && output.status == SendStatus::Dropped) extension->forget();
    return output.status;
}

SendStatus WebSocketCarrier::send(const messaging::SharedMessage& message) noexcept {
    Extension* extension = connection_.extension();
    const std::uint8_t form = extension ? extension->broadcastForm() : Extension::kPlain;
    const SharedBytes& frame = message.encoded(form, [&](MessageKind kind, Bytes payload) {
        return form == Extension::kPlain ? protocol::encodeServerMessage(kind, payload)
                                         : protocol::encodeServerMessage(kind, payload, *extension);
    });
    const std::lock_guard guard{sending_};
    if (!channel_ || connection_.closeSent()) return SendStatus::Closed;
    if (form != Extension::kPlain) extension->forget();
    return channel_->send(frame);
}

std::uint64_t WebSocketCarrier::droppedMessages() const noexcept {
    const std::lock_guard guard{sending_};
    return channel_ ? channel_->droppedMessages() : dropped_;
}

SendStatus WebSocketCarrier::ping(Bytes payload) noexcept {
    const std::lock_guard guard{sending_};
    if (!channel_) return SendStatus::Closed;
    ControlOutput output{*channel_};
    connection_.ping(payload, output);
    return output.status;
}

void WebSocketCarrier::close(CloseCode code, std::string_view text) noexcept {
    {
        const std::lock_guard guard{sending_};
        if (!channel_) return;
        ControlOutput output{*channel_, ControlRoom::Reserved};
        connection_.close(code, text, output);
    }
    giveUpAfter(closeTimeout_);
}

void WebSocketCarrier::closeNow(CloseCode code, std::string_view text) noexcept {
    {
        const std::lock_guard guard{sending_};
        if (!channel_) return;
        channel_->dropQueue();
        ControlOutput output{*channel_, ControlRoom::Reserved};
        connection_.close(code, text, output);
    }
    giveUpAfter(kOverflowTimeout);
}

void WebSocketCarrier::giveUpAfter(std::chrono::milliseconds within) noexcept {
    // By way of the session, which owns this object: close() comes from any thread, `session_` is the loop's.
    loop_.post([this, within, weak = weakSession_] {
        const auto session = weak.lock();
        if (!session || !session_) return;
        giveUp_ = loop_.after(within, [this, weak] {
            const auto alive = weak.lock();
            if (!alive || !session_) return;
            channel_->abort();
            endConnection({});
        });
    });
}

// ------------------------------------------------------------------------------------------------ in

void WebSocketCarrier::onBytes(std::span<std::byte> bytes) {
    const auto keep = session_;
    keep->touch();
    connection_.receive(bytes);
}

void WebSocketCarrier::onMessage(MessageKind kind, std::span<std::byte> payload) {
    session_->receive(kind, payload, kSlackBytes);
}

void WebSocketCarrier::onPong(Bytes payload) { session_->receivePong(payload); }

void WebSocketCarrier::onReply(Bytes frame) {
    const std::lock_guard guard{sending_};
    // A Close frame, or a pong behind one.
    const ControlRoom room = connection_.closeSent() ? ControlRoom::Reserved : ControlRoom::Shared;
    if (channel_) channel_->sendControl(frame, room);
}

void WebSocketCarrier::onClose(CloseCode code, std::string_view reason) {
    session_->peerClosed(code, reason);
    endConnection(kFlushTimeout);
}

void WebSocketCarrier::onFailure(CloseCode code, std::string_view rule) {
    session_->peerFailed(causeOf(code), std::string{rule});
    endConnection(kFlushTimeout);
}

void WebSocketCarrier::onEnd(std::error_code why) {
    const auto keep = session_;
    session_->lost(why ? why.message() : "the peer ended the connection without a Close frame");
    endConnection(kFlushTimeout);
}

void WebSocketCarrier::cut() noexcept {
    const auto keep = session_;
    if (!keep) return;
    keep->lost("the server has stopped");
    channel_->abort();
    endConnection({});
}

void WebSocketCarrier::endConnection(std::chrono::milliseconds within) noexcept {
    if (!session_) return;
    unlink();
    loop_.cancel(giveUp_);
    std::shared_ptr<transport::SocketChannel> ended;
    {
        const std::lock_guard guard{sending_};
        dropped_ = channel_->droppedMessages();
        ended = std::move(channel_);
    }
    ended->closeAfterFlush(within);
    place_.reset();
    // Dropped in a task of its own: the caller is inside this object, which the session owns.
    loop_.post([session = std::move(session_)] {});
    session_.reset();
}

}  // namespace patchbay::hosting
