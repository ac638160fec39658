// What the kernel alone costs: bytes come back as they came, without WebSocket.

#include "servers/EpollServer.hpp"

namespace {

class TcpEcho final : public bench::EpollServer {
    bench::Bytes received(bench::Peer& peer, std::span<std::byte> bytes) override {
        send(peer, bytes);
        return {};
    }
};

}  // namespace

int main() { TcpEcho{}.run(); }
