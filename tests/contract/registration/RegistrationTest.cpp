// What annotations register, a server deploys without being told its name.

#include "Shared.hpp"

#include <patchbay/config.hpp>
#include <patchbay/server.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <vector>

namespace registration {
namespace {

using testing::Contains, testing::Not, testing::UnorderedElementsAre;

std::vector<std::string> registeredPaths() {
    std::vector<std::string> paths;
    for (const auto* r = patchbay::detail::firstRegistration(); r; r = r->next) paths.push_back(r->make().path);
    return paths;
}

patchbay::ServerConfig onAFreePort() {
    patchbay::ServerConfig config;
    config.server.listen = {{"http://127.0.0.1:0"}};
    config.server.loops = 1;
    return config;
}

TEST(Registration, EndpointsOfALibraryAreThereThoughNobodyRefersToThem) {
    EXPECT_THAT(registeredPaths(), Contains("/first"));
    EXPECT_THAT(registeredPaths(), Contains("/second"));
}

TEST(Registration, AHeaderInTwoTranslationUnitsRegistersOnce) {
    EXPECT_THAT(registeredPaths(), Contains("/shared").Times(1));
    EXPECT_EQ(sharedAsAnotherUnitSeesIt().identity, patchbay::detail::makeModel<Shared>().identity);
}

TEST(Registration, APlainStaticLibraryLosesWhatNobodyRefersTo) { EXPECT_THAT(registeredPaths(), Not(Contains("/plain"))); }

TEST(Registration, DeployRegisteredDeploysAllOfThem) {
    patchbay::Server server{onAFreePort()};
    server.deployRegistered();
    server.start();
    for (const char* path : {"/first", "/second", "/shared"}) {
        EXPECT_TRUE(server.undeploy(path)) << path;
        EXPECT_FALSE(server.undeploy(path)) << path;
    }
    EXPECT_FALSE(server.undeploy("/plain"));
    server.stop();
}

TEST(Registration, ARegisteredClassThatIsDeployedByHandTooIsDeployedOnce) {
    patchbay::Server server{onAFreePort()};
    server.deploy<Shared>().deployRegistered().deploy<Shared>();
    EXPECT_NO_THROW(server.start());
    server.stop();
}

}  // namespace
}  // namespace registration
