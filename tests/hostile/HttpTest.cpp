// Plain HTTP in crowds, large and slow: open streams, downloads to clients that pause, uploads, bodies that never end.
// Source: FEATURES P2
#include "hostile/Swarm.hpp"
#include "hostile/Victim.hpp"
#include "support/Eventually.hpp"
#include "support/RawWebSocket.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <thread>
#include <vector>

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMiB = std::size_t{1} << 20;

/// Sends a request and counts what comes back.
class Asking : public Client {
public:
    explicit Asking(std::string request) : request_{std::move(request)} {}
    std::size_t received() const noexcept { return received_; }
    const std::string& beginning() const noexcept { return beginning_; }
    bool hasHead() const noexcept { return beginning_.find("\r\n\r\n") != std::string::npos; }

protected:
    void onConnected() override { send(request_); }
    void onBytes(std::string_view bytes) override {
        received_ += bytes.size();
        beginning_.append(bytes.substr(0, std::min<std::size_t>(bytes.size(), 300 - std::min<std::size_t>(beginning_.size(), 300))));
    }

private:
    const std::string request_;
    std::string beginning_;
    std::size_t received_ = 0;
};

using Crowd = std::vector<std::unique_ptr<Asking>>;

void connectAll(Swarm& swarm, const Crowd& crowd, const std::function<bool(const Asking&)>& there) {
    constexpr std::size_t kAtOnce = 256;
    std::size_t begun = 0, done = 0;
    swarm.run("the crowd is there", [&] {
        while (done < begun && there(*crowd[done])) ++done;
        for (; begun < crowd.size() && begun < done + kAtOnce; ++begun) swarm.connect(*crowd[begun], {.source = 2 + static_cast<int>(begun % 8)});
        return done == crowd.size();
    });
}

std::size_t grown(std::size_t before, std::size_t after) { return after > before ? after - before : 0; }

// ------------------------------------------------------------------------------------------------ heads of many small things

/// What a loop does with such a head before it knows whom it is for.
struct Head {
    const char* name;
    std::string fields, server = {};
    std::chrono::microseconds most = 2ms;  // a head of 16 KiB with 5 397 subprotocols took 65, one of 735 KB 200 seconds
    int count = 50;
};

std::string list(int count, const std::string& one, const std::string& between) {
    std::string all = one;
    for (int i = 1; i < count; ++i) all += between + one;
    return all;
}

class Heads : public testing::TestWithParam<Head> {};

TEST_P(Heads, OfManySmallThingsCostTimeByTheByte) {
    const Head& head = GetParam();
    Victim server{{.loops = 1, .server = head.server}};
    server.hello();
    const std::string request = upgradeRequest("/echo", head.fields);
    const auto before = server.cpuTime();
    for (int i = 0; i < head.count; ++i) {
        RawSocket client{server.port()};
        client.send(request);
        EXPECT_GT(client.readAnswer().status, 100);
    }
    const auto each = std::chrono::duration_cast<std::chrono::microseconds>(server.cpuTime() - before) / head.count;
    std::cout << request.size() << " bytes: " << each.count() << " us of the server's\n";
    EXPECT_LE(each, head.most);
}

constexpr const char* kLargeHeads = "  headBytes: 1MiB\n  headFields: 100000\n";

INSTANTIATE_TEST_SUITE_P(
    Of, Heads,
    testing::Values(Head{"Subprotocols", "Sec-WebSocket-Protocol: " + list(5'397, "a", ",") + "\r\n"},
                    Head{"Extensions", "Sec-WebSocket-Extensions: " + list(5'397, "a", ",") + "\r\n"},
                    Head{"Parameters", "Sec-WebSocket-Extensions: permessage-deflate" + list(5'000, ";a", "") + "\r\n"},
                    Head{"Connections", "Connection: " + list(5'397, "a", ",") + "\r\n"},
                    Head{"Cookies", "Cookie: " + list(3'000, "a=b", "; ") + "\r\n"},
                    Head{"SubprotocolsInALargeHead", "Sec-WebSocket-Protocol: " + list(360'000, "a", ",") + "\r\n", kLargeHeads, 50ms, 5},
                    Head{"FieldsInALargeHead", list(99'000, "a: b\r\n", ""), kLargeHeads, 50ms, 5}),
    [](const auto& tested) { return std::string{tested.param.name}; });

// ------------------------------------------------------------------------------------------------ bodies

TEST(OpenStreams, CostTwoKibEachAndNoThread) {
    const std::size_t files = raiseOpenFiles();
    const std::size_t count = std::min<std::size_t>(10'000, (files - 200) / 2);
    if (count < 10'000) std::cout << "only " << count << " streams: the limit of open files is " << files << "\n";
    Victim server;
    Swarm swarm{server.port()};
    const std::string request =
        "GET /events HTTP/1.1\r\nHost: localhost\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)\r\n"
        "Accept: text/event-stream\r\nAccept-Language: en-GB,en;q=0.9\r\nCache-Control: no-cache\r\nSec-Fetch-Mode: cors\r\n\r\n";
    const auto crowdOf = [&](std::size_t size) {
        Crowd crowd;
        for (std::size_t i = 0; i < size; ++i) crowd.push_back(std::make_unique<Asking>(request));
        connectAll(swarm, crowd, [](const Asking& one) { return one.hasHead(); });
        return crowd;
    };
    const Crowd first = crowdOf(200);  // what a server has anyway
    const std::size_t before = server.residentBytes();
    const Crowd crowd = crowdOf(count);
    const std::size_t each = grown(before, server.residentBytes()) / count;
    std::cout << count << " open streams: " << each << " bytes each, " << server.threads() << " threads\n";
    EXPECT_LE(each, 2048U);
    EXPECT_LE(server.threads(), 2U + 4U) << "two loops and what any server has: its main thread, POCO's acceptor and a worker, the watchdog";

    // From a worker, beside the loops, and from one of them, which comes to its own streams when it has written to all.
    for (const std::string path : {"/publish", "/publish-here"}) {
        RawSocket publisher{server.port()};
        const std::size_t had = crowd.back()->received();
        publisher.send("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\nevent\n");
        swarm.run("all have heard it", [&] { return std::ranges::all_of(crowd, [&](const auto& one) { return one->received() > had; }); });
        EXPECT_EQ(publisher.readAnswer().body, std::to_string(count + first.size()));
        const std::size_t spoken = grown(before, server.residentBytes()) / count;
        std::cout << "after an event by " << path << ": " << spoken << " bytes each\n";
        EXPECT_LE(spoken, 2048U);
    }
}

TEST(Downloads, ToAClientThatPausesTakeConstantMemory) {
    constexpr std::size_t kSize = 64 * kMiB;
    Victim server;
    RawSocket socket{server.port(), {.receiveBuffer = 64 * 1024}};
    EXPECT_EQ(server.hello().body, "hello");
    const std::size_t before = server.residentBytes();
    socket.send("GET /download/" + std::to_string(kSize) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    socket.readUntil("\r\n\r\n");
    std::size_t most = 0;
    for (int quarter = 0; quarter < 4; ++quarter) {
        for (std::size_t read = 0; read < kSize / 4; read += kMiB) EXPECT_EQ(socket.read(kMiB), std::string(kMiB, 'd'));
        most = std::max(most, grown(before, server.residentBytes()));
        if (quarter < 3) std::this_thread::sleep_for(200ms);
        most = std::max(most, grown(before, server.residentBytes()));
    }
    std::cout << "64 MiB with three pauses: " << most / 1024 << " KiB more at most\n";
    EXPECT_LE(most, 2 * kMiB);
    socket.send("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(socket.readAnswer().body, "hello");
}

TEST(Uploads, OfManyMibInPiecesTakeConstantMemory) {
    constexpr std::size_t kSize = 64 * kMiB;
    Victim server;
    RawSocket socket{server.port()};
    EXPECT_EQ(server.hello().body, "hello");
    const std::size_t before = server.residentBytes();
    std::size_t most = 0;
    socket.send("PUT /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(kSize) + "\r\n\r\n");
    for (std::size_t sent = 0; sent < kSize; sent += kMiB) {
        socket.send(std::string(kMiB, 'u'));
        most = std::max(most, grown(before, server.residentBytes()));
    }
    EXPECT_EQ(socket.readAnswer().body, std::to_string(kSize));
    std::cout << "an upload of 64 MiB: " << most / 1024 << " KiB more at most\n";
    EXPECT_LE(most, 2 * kMiB);
}

/// Each once held 1.3 MB for 30 s, and the server kept it afterwards.
TEST(BodiesThatNeverEnd, CostNothingWhereNobodyWantsThemAndAreGivenBackWhereSomebodyDid) {
    constexpr std::size_t kCount = 100;
    Victim server;
    Swarm swarm{server.port()};
    EXPECT_EQ(server.hello().body, "hello");
    const std::string body(kMiB - 1, 'b');
    const auto crowdOf = [&](const std::string& path) {
        Crowd crowd;
        const std::string request = "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(kMiB) + "\r\n\r\n" + body;
        for (std::size_t i = 0; i < kCount; ++i) crowd.push_back(std::make_unique<Asking>(request));
        return crowd;
    };
    const std::size_t before = server.residentBytes();
    {
        const Crowd crowd = crowdOf("/nowhere");
        connectAll(swarm, crowd, [](const Asking& one) { return one.hasHead(); });
        const std::size_t each = grown(before, server.residentBytes()) / kCount;
        std::cout << "bodies that nobody wants: " << each << " bytes each\n";
        EXPECT_LE(each, 16U * 1024);
    }
    {
        const Crowd crowd = crowdOf("/whole");
        connectAll(swarm, crowd, [](const Asking& one) { return one.isConnected(); });
        EXPECT_TRUE(eventually([&] {
            swarm.run("a little", [] { return true; });
            return grown(before, server.residentBytes()) > kCount * kMiB * 9 / 10;
        })) << "they are being collected";
        EXPECT_LE(grown(before, server.residentBytes()), kCount * kMiB * 11 / 10) << "no more than has come";
        for (const auto& one : crowd) one->reset();
        EXPECT_TRUE(eventually([&] { return grown(before, server.residentBytes()) < 4 * kMiB; })) << "they are given back";
        std::cout << "bodies that were given up: " << grown(before, server.residentBytes()) / 1024 << " KiB more afterwards\n";
    }
}

/// Reads at a steady pace, and gets all of it.
void expectWhole(RawSocket& socket, std::size_t size, std::size_t perSecond) {
    socket.readUntil("\r\n\r\n");
    const std::size_t step = perSecond / 20;
    std::size_t read = 0;
    const auto begin = std::chrono::steady_clock::now();
    for (auto due = begin; read < size; due += 50ms) {
        std::this_thread::sleep_until(due);
        const std::size_t next = std::min(step, size - read);
        read += socket.read(next).size();
    }
    EXPECT_EQ(read, size);
    EXPECT_EQ(socket.readToEnd(), "");
    EXPECT_FALSE(socket.wasReset());
}

/// They were reset after 4 s, and after 30.
TEST(SlowButSteadyReaders, GetTheirWholeAnswer) {
    Victim server;
    std::vector<std::thread> readers;
    const auto read = [&](std::size_t size, std::size_t perSecond) {
        readers.emplace_back([&server, size, perSecond] {
            RawSocket socket{server.port(), {.receiveBuffer = 4096}};
            socket.send("GET /answer/" + std::to_string(size) + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            expectWhole(socket, size, perSecond);
        });
    };
    read(200'000, 40'000);
    read(300'000, 25'000);
    if (std::getenv("PATCHBAY_LONG")) read(1'000'000, 25'000);
    for (auto& reader : readers) reader.join();
}

}  // namespace
}  // namespace patchbay::test
