#pragma once
// One connection of the run: upgrades, numbers its messages, and checks every one that comes back. Of pages a request is a
// message. Pings are answered; a close that nobody asked for, a reserved bit, a wrong opcode, length or number is an error.

#include "Answers.hpp"
#include "Deflate.hpp"
#include "Dues.hpp"
#include "Handshake.hpp"
#include "Messages.hpp"
#include "wire/Frames.hpp"
#include "wire/Stream.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace bench {

/// What all connections of a run share.
struct Shared {
    explicit Shared(const Options& options);

    bool offersDeflate, isFramed, hasPages;
    std::string request;
    Messages messages;
    Answers answers;
    Inflater inflater;            // where no context is kept
    std::vector<std::byte> room;  // to read into
    std::uint64_t bytesSent = 0, bytesReceived = 0;
};

class Connection {
public:
    enum class State : std::uint8_t { Upgrading, Open, Leaving, Left };

    /// Sends the handshake at once.
    Connection(std::unique_ptr<Stream> stream, Shared& shared, Time begun);

    /// Sends what waits and reads what came, after an event.
    /// Errors: std::runtime_error with a sentence for a wrong answer and for a lost connection.
    void react();

    /// Sends the next `count` messages.
    void send(std::uint64_t count);
    /// Says goodbye. What still comes is ignored, until the server says it too.
    void leave();

    State state() const noexcept { return state_; }
    Stream& stream() noexcept { return *stream_; }
    std::uint64_t received() const noexcept { return received_; }  ///< the number of the message that comes next
    std::uint64_t sent() const noexcept { return sent_; }          ///< the number of the message that is sent next
    Time begun() const noexcept { return begun_; }                 ///< when it began to connect

    std::size_t place = 0;      ///< among all connections, kept by the Crowd
    bool waitsToWrite = false;  ///< kept for Poller::update()
    bool joining = false;       ///< takes any number for the next one: received() follows
    Dues dues;                  ///< of the messages on their way

private:
    void consume(Bytes bytes);
    Bytes upgrade(Bytes bytes);
    void tcpBytes(Bytes bytes);
    void pages(Bytes bytes);
    Bytes frame(Bytes bytes);
    void beginFrame(const FrameHeader& header);
    void control(std::byte opcode, Bytes payload);
    void sendControl(std::byte opcode, Bytes payload);
    void payload(Bytes part, bool ends);
    void whole(Bytes message);
    std::size_t mostBytes() const;
    [[noreturn]] void lost() const;

    Shared& shared_;
    std::unique_ptr<Stream> stream_;
    std::unique_ptr<Inflater> inflater_;  // where the server keeps its context
    Time begun_;
    std::uint64_t sent_ = 0, received_ = 0;  // the numbers of the next message each way
    State state_ = State::Upgrading;
    bool inMessage_ = false, inFrame_ = false, final_ = false, compressed_ = false;
    std::size_t frameLeft_ = 0, offset_ = 0;  // of the frame, in the message
    std::vector<std::byte> assembly_;         // of a message that is compared as a whole
};

}  // namespace bench
