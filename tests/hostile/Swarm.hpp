#pragma once
// Thousands of clients in one thread, over one epoll: what a hostile or a merely large crowd is made of. A client says
// what it does when it is connected, when bytes come and when the end comes; the swarm moves bytes and nothing else.
//
// Nothing waits without an end: run() throws when it takes longer than its bound.

#include "support/RawSocket.hpp"
#include "support/TlsClient.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay::test {

class Swarm;

/// Where a client comes from and how it listens.
struct Place {
    int source = 1;         ///< 127.0.0.source: one address alone has too few ports for many connections
    int receiveBuffer = 0;  ///< Units: bytes; 0: the system's
    bool tls = false;
};

/// Thread: the swarm's.   Requires: ends before its swarm.
class Client {
public:
    virtual ~Client();
    Client() = default;
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// What the socket does not take now follows when it does.
    void send(std::string_view bytes);
    /// Says that nothing more is sent.
    void finish();
    /// Ends the connection: by FIN when nothing is unread, or by a reset.
    void leave();
    void reset();
    /// A client that reads no more: what comes stays with the kernel.
    void stopReading();
    void readAgain();

    bool isConnected() const noexcept { return connected_; }
    /// True when the connection is over, whoever ended it.
    bool hasEnded() const noexcept { return ended_; }

protected:
    virtual void onConnected() {}
    virtual void onBytes(std::string_view) {}
    /// The server has ended the connection.
    virtual void onEnd() {}

private:
    friend class Swarm;
    void connect(Swarm& swarm, std::uint16_t port, const Place& place);
    void handle(std::uint32_t events);
    void receive();
    void hear(std::string_view bytes);
    void flush();
    void watch();
    void end();

    Swarm* swarm_ = nullptr;
    Descriptor socket_;
    std::unique_ptr<TlsClient> tls_;
    std::string unsent_;
    std::uint32_t watched_ = 0;
    bool connected_ = false;  // and, with TLS, through its handshake
    bool reading_ = true;
    bool ended_ = false;
};

class Swarm {
public:
    explicit Swarm(std::uint16_t port);

    void connect(Client& client, const Place& place = {}) { client.connect(*this, port_, place); }
    /// Moves bytes until `done`.   Errors: std::runtime_error naming `what` when that takes longer than `bound`.
    void run(const std::string& what, const std::function<bool()>& done, std::chrono::seconds bound = std::chrono::seconds{60});

private:
    friend class Client;
    std::uint16_t port_;
    Descriptor epoll_;
};

/// A client that opens a WebSocket and takes the server's frames apart.
class SwarmWebSocket : public Client {
public:
    /// `fields`: header lines to add to the handshake, each with its CRLF.
    explicit SwarmWebSocket(std::string target, std::string fields = {})
        : target_{std::move(target)}, fields_{std::move(fields)} {}

    bool isOpen() const noexcept { return open_; }
    /// Status line and fields of the answer; empty before it.
    const std::string& answer() const noexcept { return answer_; }
    /// The status of an answer that was not 101; 0 without one.
    int refusedWith() const noexcept { return refusedWith_; }
    void text(std::string_view payload);

protected:
    void onConnected() override;
    void onBytes(std::string_view bytes) final;
    virtual void onOpen() {}
    virtual void onFrame(int opcode, std::string_view payload) = 0;
    /// Of the frame that onFrame() is given: extensions have put a meaning on it.   Source: RFC 6455 §5.2
    bool hasRsv1() const noexcept { return hasRsv1_; }

private:
    bool takeHead();
    bool takeFrame();

    std::string target_;
    std::string fields_;
    std::string answer_;
    std::string received_;
    std::size_t taken_ = 0;
    int refusedWith_ = 0;
    bool open_ = false;
    bool hasRsv1_ = false;
};

/// Connects all of them as fast as the server opens their sessions, from as many addresses as they need ports.
template <class T>
void openAll(Swarm& swarm, const std::vector<std::unique_ptr<T>>& crowd) {
    constexpr std::size_t kAtOnce = 256;
    constexpr std::size_t kSources = 8;
    std::size_t begun = 0;
    std::size_t open = 0;
    swarm.run("the crowd's sessions open", [&] {
        while (open < begun && crowd[open]->isOpen()) ++open;
        for (; begun < crowd.size() && begun < open + kAtOnce; ++begun) {
            swarm.connect(*crowd[begun], {.source = 2 + static_cast<int>(begun % kSources)});
        }
        return open == crowd.size();
    });
}

}  // namespace patchbay::test
