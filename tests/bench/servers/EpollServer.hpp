#pragma once
// One thread, one epoll, one read per ready socket into one buffer: what the bare TCP echo and the floor stand on.
// It has no limits and no timeouts: it shows what the kernel costs, not how to write a server.

#include "wire/Stream.hpp"

#include <memory>
#include <unordered_map>
#include <vector>

namespace bench {

struct Peer {
    explicit Peer(int descriptor) : stream{descriptor} {}

    Stream stream;
    bool waitsToWrite = false;
    bool upgraded = false;  ///< the floor's: its handshake is behind it
    bool fansOut = false;   ///< the floor's: what it sends goes to everyone who fans out
};

class EpollServer {
public:
    EpollServer();
    virtual ~EpollServer();
    EpollServer(const EpollServer&) = delete;
    EpollServer& operator=(const EpollServer&) = delete;

    /// Until the process is ended.
    [[noreturn]] void run();

protected:
    /// What came and was kept before. Answers with what it could not use yet; may change the bytes.
    virtual Bytes received(Peer& peer, std::span<std::byte> bytes) = 0;
    /// After the events of one turn.
    virtual void turnEnds() {}

    void send(Peer& peer, Bytes bytes);
    const auto& peers() const noexcept { return peers_; }

private:
    void accept();
    void serve(Peer& peer, std::uint32_t events);

    int listener_;
    Poller poller_;
    std::vector<std::byte> room_;
    std::unordered_map<int, std::unique_ptr<Peer>> peers_;
};

}  // namespace bench
