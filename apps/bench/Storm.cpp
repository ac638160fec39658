// Connections come and go: each connects, upgrades, says goodbye, waits for the server's goodbye, and is followed by
// another. What is counted are handshakes; a latency is the time from the connect to the 101, over TLS with its
// handshake.

#include "Modes.hpp"

#include <sys/socket.h>

namespace bench {

namespace {

class Storm final : public Crowd {
public:
    using Crowd::Crowd;

    void run() override {
        for (std::size_t index = 0; index < options_.connections; ++index) enter();
        warmUpAndMeasure();
        sending_ = false;
        turnUntil([&] { return connections_.empty(); });
    }

private:
    void enter() {
        expect(1, Clock::now());
        begin();
    }

    void opened(Connection& connection, Time now) override {
        delivered(connection.begun(), 1, now);
        connection.leave();
    }

    /// Nobody's port is to wait a minute for what might still come, or a long storm would run out of ports.
    void left(Connection& connection) override {
        const linger at_once{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(connection.stream().descriptor(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        forget(connection);
        if (sending_) enter();
    }

    void received(Connection&, std::uint64_t, std::uint64_t, Time) override {}
};

}  // namespace

std::unique_ptr<Crowd> makeStorm(const Options& options) { return std::make_unique<Storm>(options); }

}  // namespace bench
