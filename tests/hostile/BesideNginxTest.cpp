// What an attacker's connections hold, beside nginx in the same hour on the same machine: at most twice as much.
#include "hostile/Swarm.hpp"
#include "hostile/Victim.hpp"
#include "support/Certificate.hpp"
#include "support/Eventually.hpp"
#include "support/Process.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace patchbay::test {
namespace {

constexpr const char* kNginx = "/usr/sbin/nginx";
constexpr std::size_t kEach = 300;
constexpr std::size_t kLarge = std::size_t{8} << 20;

std::uint16_t freePort() {
    const Descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const bool known = ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                       ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0;
    if (!known) throw std::runtime_error{"no port"};
    return ntohs(address.sin_port);
}

/// One process, with what it needs to answer as our server does: also with as little in the kernel for each connection.
class Nginx {
public:
    Nginx() {
        constexpr int kAttempts = 5;  // a port that is free now may be taken when it comes to it
        folder_.write("hello", "hello");
        folder_.write("large", std::string(kLarge, 'd'));
        for (int attempt = 0; attempt < kAttempts && port_ == 0; ++attempt) start(freePort());
        if (port_ == 0) throw std::runtime_error{"nginx does not start"};
    }
    std::uint16_t port() const noexcept { return port_; }
    const std::string& folder() const noexcept { return folder_.path(); }
    std::size_t residentBytes() const {
        std::ifstream status{"/proc/" + std::to_string(process_->threads().front()) + "/status"};
        for (std::string word; status >> word;) {
            std::size_t kibibytes = 0;
            if (word == "RssAnon:" && status >> kibibytes) return kibibytes * 1024;
        }
        throw std::runtime_error{"nginx has gone"};
    }

private:
    void start(std::uint16_t port) {
        const std::string config = folder_.write("nginx.conf", "daemon off; master_process off; pid " + folder_.path() + "/pid; error_log stderr;\n"
            "events { worker_connections 4096; }\n"
            "http { access_log off; keepalive_timeout 600s; client_header_timeout 600s; send_timeout 600s; client_body_temp_path " + folder_.path() +
            "/b; proxy_temp_path " + folder_.path() + "/p; fastcgi_temp_path " + folder_.path() + "/f; uwsgi_temp_path " + folder_.path() +
            "/u; scgi_temp_path " + folder_.path() + "/s;\n"
            "server { listen 127.0.0.1:" + std::to_string(port) + " sndbuf=64k; root " + folder_.path() + "; } }\n");
        process_.emplace(kNginx, std::vector<std::string>{"-p", folder_.path(), "-c", config, "-e", "stderr"});
        const bool answers = eventually([&] {
            try {
                RawSocket socket{port};
                socket.send("GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
                return socket.readAnswer().status == 200;
            } catch (const std::runtime_error&) {
                return false;
            }
        });
        if (answers) port_ = port;
    }

    TemporaryFolder folder_;
    std::optional<Process> process_;
    std::uint16_t port_ = 0;
};

/// Says something, and then nothing more.
class Holding : public Client {
public:
    enum class Reads : std::uint8_t { All, Nothing };
    Holding(std::string says, Reads reads) : says_{std::move(says)}, reads_{reads} {}
    bool hasBegun() const noexcept { return isConnected(); }
    bool isAnswered() const noexcept { return answered_; }

protected:
    void onConnected() override {
        if (reads_ == Reads::Nothing) stopReading();
        send(says_);
    }
    void onBytes(std::string_view) override { answered_ = true; }

private:
    const std::string says_;
    const Reads reads_;
    bool answered_ = false;
};

struct Kind {
    const char* name;
    std::string toUs, toNginx;
    Holding::Reads reads;
    bool isAnswered;  // and waits for another
};

class BesideNginx : public testing::TestWithParam<Kind> {
protected:
    /// What each of a crowd makes a server hold.   Units: bytes.
    static std::size_t heldFor(std::uint16_t port, const std::string& says, const std::function<std::size_t()>& resident) {
        Swarm swarm{port};
        std::vector<std::unique_ptr<Holding>> crowd;
        const auto gather = [&](std::size_t count) {
            const std::size_t all = crowd.size() + count;
            while (crowd.size() < all) {
                swarm.connect(*crowd.emplace_back(std::make_unique<Holding>(says, GetParam().reads)), {.source = 2, .receiveBuffer = 4096});
                swarm.run("it is there", [&] { return GetParam().isAnswered ? crowd.back()->isAnswered() : crowd.back()->hasBegun(); });
            }
            std::size_t before = 0;
            auto changed = std::chrono::steady_clock::now();
            swarm.run("it holds what it will", [&] {
                const auto now = std::chrono::steady_clock::now();
                const std::size_t held = resident();
                if (std::exchange(before, held) != held) changed = now;
                return now - changed > std::chrono::milliseconds{300};
            });
            return before;
        };
        const std::size_t before = gather(50);  // what a server takes once
        gather(kEach);  // a heap grows in steps: of twice as many they show less
        const std::size_t after = gather(kEach);
        return (after - std::min(before, after)) / (2 * kEach);
    }
};

TEST_P(BesideNginx, HoldsAtMostTwiceAsMuchForIt) {
    if (std::ifstream{kNginx}.fail()) GTEST_SKIP() << "there is no nginx here (Debian's package nginx-light)";
    raiseOpenFiles();
    const Nginx nginx;
    ::setenv("PATCHBAY_HOSTILE_FOLDER", nginx.folder().c_str(), 1);
    Victim server{{.loops = 1, .config = "  handshakeTimeout: 10min\n", .server = "  keepAliveTimeout: 10min\n  responseTimeout: 10min\n"}};
    const std::size_t ours = heldFor(server.port(), GetParam().toUs, [&] { return server.residentBytes(); });
    const std::size_t its = heldFor(nginx.port(), GetParam().toNginx, [&] { return nginx.residentBytes(); });
    std::cout << GetParam().name << ": " << ours << " bytes, nginx " << its << "\n";
    EXPECT_GT(ours, 0U) << "nothing was measured";
    EXPECT_LE(ours, 2 * its);
}

constexpr const char* kHello = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";
constexpr const char* kHalf = "GET /hello HTTP/1.1\r\nHost: l";

INSTANTIATE_TEST_SUITE_P(AConnectionThat, BesideNginx,
                         testing::Values(Kind{"IsIdle", kHello, kHello, Holding::Reads::All, true},
                                         Kind{"HasSentHalfOfAHead", kHalf, kHalf, Holding::Reads::All, false},
                                         Kind{"ReadsNothingOfALargeFile", "GET /files/large HTTP/1.1\r\nHost: localhost\r\n\r\n",
                                              "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n", Holding::Reads::Nothing, false},
                                         Kind{"ReadsNothingOfAStream", "GET /download/8388608 HTTP/1.1\r\nHost: localhost\r\n\r\n",
                                              "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n", Holding::Reads::Nothing, false}),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace patchbay::test
