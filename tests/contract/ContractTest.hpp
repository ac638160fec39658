#pragma once
// The fixture of the contract tests: one body, every world.

#include "contract/Scripted.hpp"
#include "contract/Worlds.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace patchbay::test {

using ::testing::ElementsAre, ::testing::HasSubstr, ::testing::StartsWith;

/// A call on a session, and whether it says that the session is closed.
template <class Call>
bool saysClosed(Call call) {
    try {
        call();
        return false;
    } catch (const SessionClosed&) {
        return true;
    }
}

template <class World>
class ContractTest : public ::testing::Test {
protected:
    ContractTest() {
        world.provide(script);
        deployScripted(world);
        deployOthers(world);
    }

    std::shared_ptr<Script> script = std::make_shared<Script>();
    Journal& journal = script->journal;
    World world;
};

struct WorldNames {
    template <class World>
    static std::string GetName(int) {
        if (std::is_same_v<World, KitWorld>) return "InProcess";
        return std::is_same_v<World, TlsWorld> ? "WebSocketOverTls" : "WebSocket";
    }
};
using Worlds = ::testing::Types<KitWorld, SocketWorld, TlsWorld>;

}  // namespace patchbay::test
