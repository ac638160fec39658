#include "transport/SocketChannel.hpp"

#include <utility>

namespace patchbay::transport {
namespace {

constexpr std::uint32_t kReading = EPOLLIN | EPOLLRDHUP;
constexpr std::uint32_t kEndSeen = EPOLLET;  // nothing but the end, which cannot be masked, and that once
constexpr std::uint32_t kRefused = ~0u;      // the kernel would not watch

}  // namespace

SocketChannel::SocketChannel(EventLoop& loop, Socket socket, SendQueue limit) noexcept
    : Channel{loop, limit}, socket_{std::move(socket)} {
    setDirect(!socket_.isSecure());
    look();
}

SocketChannel::Pointer SocketChannel::open(EventLoop& loop, Socket socket, SendQueue limit, SocketPlace place) {
    Pointer channel{new SocketChannel{loop, std::move(socket), limit}};
    channel->setCounted(place.release());
    return channel;
}

SocketChannel::~SocketChannel() { close(); }

// ---- what the loop watches

void SocketChannel::begin() noexcept {
    watched_ = kReading;
    if (!eventLoop().watch(socket_.descriptor(), kReading, *this)) return;
    watched_ = kRefused;
    loop().atTurnEnd(*this);
}

/// Not inside start(), whose caller is not ready to hear of an end.
bool SocketChannel::watchAgain() noexcept {
    if (const auto error = eventLoop().watch(socket_.descriptor(), kReading, *this)) {
        fail(error);
        return false;
    }
    watched_ = kReading;
    watch(wants());
    return true;
}

void SocketChannel::watch(Wants wants) noexcept {
    if (watched_ == kRefused) return;
    const std::uint32_t wanted = (wants.reads ? kReading : 0) | (wants.credit ? std::uint32_t{EPOLLOUT} : 0);
    if (wanted == watched_ || (watched_ == kEndSeen && wanted == 0)) return;
    eventLoop().rewatch(socket_.descriptor(), watched_ = wanted, *this);
}

void SocketChannel::onTurnEnd() noexcept {
    if (watched_ == kRefused && !watchAgain()) return;
    Channel::onTurnEnd();
}

void SocketChannel::onEvents(std::uint32_t events) noexcept {
    if (events & EPOLLOUT) hasCredit();
    if (isReading() && (events & ~EPOLLOUT)) {
        if (read()) readOn();
        // Reading may have gone on with a TLS handshake: it has something to say, or what waited for its end may leave.
        if (socket_.isSecure() && state() != State::Closed && !isBlocked() && hasToWrite()) loop().atTurnEnd(*this);
    } else if (events & (EPOLLHUP | EPOLLERR)) {
        ended(events);
    }
}

// ---- reading

// True when there may be more. Bytes that arrive after closeAfterFlush() are read only to find the end behind them.
bool SocketChannel::read() noexcept {
    const std::span<std::byte> buffer = eventLoop().readBuffer();
    const auto room = receiver() && !socket_.isSecure() ? receiver()->room() : std::span<std::byte>{};
    const IoResult result = room.empty() ? socket_.read(buffer) : socket_.read(room, buffer);
    look();
    switch (result.state) {
        case IoResult::State::Done:
            received(room, buffer, result.bytes);
            return state() != State::Closed;
        case IoResult::State::WouldBlock:
            return false;
        case IoResult::State::Failed:
            fail(result.error);
            return false;
        case IoResult::State::End:
            break;
    }
    peerEnds();
    return false;
}

/// An end that the socket holds itself, for which no event comes.
void SocketChannel::readOn() noexcept {
    while (isReading() && socket_.hasUnread()) read();
}

void SocketChannel::readHeld() noexcept {
    if (socket_.hasUnread()) loop().post([self = Pointer{this}] { self->readOn(); });
}

void SocketChannel::readRest() noexcept {
    while (state() == State::Open && isReading() && read()) continue;
}

// The connection is down in both directions while nobody reads: reading is paused, or the peer's end has been seen.
void SocketChannel::ended(std::uint32_t events) noexcept {
    if (hasPeerEnded()) return close();
    if (events & EPOLLERR)
        if (const auto error = socket_.takeError()) return fail(error);
    if (std::exchange(watched_, kEndSeen) != kEndSeen) eventLoop().rewatch(socket_.descriptor(), kEndSeen, *this);
}

// ---- writing

IoResult SocketChannel::writeWire(std::span<iovec> from, bool endFollows) noexcept {
    if (!socket_.isSecure()) [[likely]]
        return socket_.write(from, endFollows);
    const IoResult result = socket_.write(from, endFollows);
    look();
    return result;
}

void SocketChannel::closeWire() noexcept {
    eventLoop().unwatch(socket_.descriptor(), *this);
    socket_.close();
    if (takeCounted()) eventLoop().openSockets().closed();
}

}  // namespace patchbay::transport
