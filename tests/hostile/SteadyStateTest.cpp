// After a warm-up a message goes from one socket through its handler and back without an allocation: a real server in this
// process, and a client whose own allocations are those of another thread.
#include "hostile/Endpoints.hpp"
#include "support/Certificate.hpp"
#include "support/CountedAllocations.hpp"
#include "support/RawWebSocket.hpp"

#include <patchbay/config.hpp>
#include <patchbay/server.hpp>

#include <gtest/gtest.h>

#include <string>

namespace patchbay::test {
namespace {

constexpr int kWarmUp = 2000;
constexpr int kMessages = 20'000;

enum class Over : std::uint8_t { Plain, Tls };

class SteadyState : public testing::TestWithParam<Over> {
protected:
    SteadyState() : server_{config()} {
        server_.deploy<hostile::Echo>();
        server_.deploy<hostile::Json>();
        server_.start();
    }

    /// What the server's threads allocate while `count` messages come back, `depth` of them on their way at a time.
    std::size_t allocationsOf(const std::string& path, int opcode, const std::string& payload, int depth) {
        RawWebSocket client{server_.port(), path, {}, {.tls = GetParam() == Over::Tls, .receiveBuffer = 0}};
        std::string batch;
        for (int i = 0; i < depth; ++i) batch += clientFrame(opcode, payload);
        const auto exchange = [&](int messages) {
            for (int i = 0; i < messages; i += depth) {
                client.socket().send(batch);
                for (int k = 0; k < depth; ++k) {
                    const Frame frame = client.next();
                    if (frame.opcode != opcode || frame.payload != payload) ADD_FAILURE() << "another answer: " << frame.payload;
                }
            }
        };
        exchange(kWarmUp);
        const std::size_t before = allocationsElsewhere();
        exchange(kMessages);
        return allocationsElsewhere() - before;
    }

    ServerConfig config() const {
        ServerConfig config;
        config.server.listen[0].url = "http://127.0.0.1:0";
        config.server.loops = 1;
        if (GetParam() == Over::Tls) {
            config.server.listen[0] = {.url = "https://127.0.0.1:0", .certificate = certificate_.file(), .key = certificate_.keyFile()};
        }
        return config;
    }

    const Certificate certificate_;
    Server server_;
};

constexpr const char* kRecord =
    R"({"type":"Record","text":"longer than any short string optimisation","number":1.5,"list":["also longer than the short ones","b","c"]})";

TEST_P(SteadyState, CountingSeesTheServersAllocations) {
    const std::size_t before = allocationsElsewhere();
    const RawWebSocket client{server_.port(), "/echo", {}, {.tls = GetParam() == Over::Tls, .receiveBuffer = 0}};
    EXPECT_GT(allocationsElsewhere(), before);
}

TEST_P(SteadyState, EchoesTextWithoutAllocations) {
    EXPECT_EQ(allocationsOf("/echo", kText, "Zwölf Boxkämpfer jagen Viktor quer über den Sylter Deich", 1), 0U);
}

TEST_P(SteadyState, EchoesABurstOfBinaryMessagesWithoutAllocations) {
    EXPECT_EQ(allocationsOf("/echo", kBinary, std::string(1000, '\xFE'), 16), 0U);
}

TEST_P(SteadyState, EchoesAStructWithoutAllocations) { EXPECT_EQ(allocationsOf("/json", kText, kRecord, 1), 0U); }

TEST_P(SteadyState, EchoesABurstOfStructsWithoutAllocations) { EXPECT_EQ(allocationsOf("/json", kText, kRecord, 16), 0U); }

INSTANTIATE_TEST_SUITE_P(Over, SteadyState, testing::Values(Over::Plain, Over::Tls),
                         [](const auto& tested) { return tested.param == Over::Tls ? "Tls" : "Plain"; });

}  // namespace
}  // namespace patchbay::test
