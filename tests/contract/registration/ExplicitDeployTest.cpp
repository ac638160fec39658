// deploy<Endpoint>() needs neither the helpers of the build nor a registration.

#include "Plain.hpp"

#include <patchbay/config.hpp>
#include <patchbay/server.hpp>

#include <gtest/gtest.h>

namespace registration {
namespace {

TEST(ExplicitDeploy, WorksWithAPlainStaticLibrary) {
    patchbay::ServerConfig config;
    config.server.listen = {{"http://127.0.0.1:0"}};
    config.server.loops = 1;
    patchbay::Server server{config};
    server.deploy<Plain>();
    server.start();
    EXPECT_TRUE(server.undeploy("/plain"));
    EXPECT_FALSE(server.undeploy("/first"));
    server.stop();
}

}  // namespace
}  // namespace registration
