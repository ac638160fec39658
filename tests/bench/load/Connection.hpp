#pragma once
// One connection of the load generator. It numbers its messages and checks every one that comes back: opcode, length
// and number of all, every byte of one in 64.

#include "wire/Frames.hpp"
#include "wire/Stream.hpp"

#include <cstdint>
#include <string>

namespace bench {

enum class Wire : std::uint8_t { Tcp, WebSocket };  ///< Tcp: payloads only, no handshake and no frames

/// The messages of a run: binary, all of one size, the first eight bytes a number, the others a fixed pattern.
class Messages {
public:
    Messages(Wire wire, std::size_t size, std::size_t most);

    /// `count` messages with the numbers from `first` on, as they go to a server.   Requires: count <= most.
    Bytes outgoing(std::uint64_t first, std::size_t count);
    /// How many bytes of `bytes` are the message `number` as a server sends it; 0 while it is not complete.
    /// Errors: std::runtime_error for anything else.
    std::size_t take(Bytes bytes, std::uint64_t number) const;

    Wire wire() const noexcept { return wire_; }

private:
    Wire wire_;
    std::size_t headerBytes_ = 0;      // of an outgoing frame
    std::vector<std::byte> payload_;   // as it comes back; its number is not used
    std::vector<std::byte> outgoing_;  // `most` frames in a row; only their numbers change
};

class Connection {
public:
    /// Connected, and upgraded at `path`, when it returns.
    Connection(std::uint16_t port, const std::string& path, Messages& messages);

    void send(std::size_t count);
    /// Reads once; how many messages came.   Errors: std::runtime_error for a wrong one and for a lost connection.
    std::size_t receive(std::span<std::byte> room);

    Stream& stream() noexcept { return stream_; }
    bool waitsToWrite = false;  ///< kept for Poller::update()

private:
    Messages& messages_;
    Stream stream_;
    std::uint64_t sent_ = 0, received_ = 0;  // the numbers of the next message each way
};

}  // namespace bench
