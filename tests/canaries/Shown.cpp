// A server that tells what it should keep to itself: the search for secrets has to find it (canary_suites.py).
#include "integration/Probe.hpp"

#include <patchbay/hooks.hpp>
#include <patchbay/log.hpp>

#include <gtest/gtest.h>

namespace patchbay::test {
namespace {

class Telltale final : public HandshakeInterceptor {
public:
    void onHandshake(const HandshakeRequest& request, HandshakeResponse& response) override {
        response.headers.emplace_back("X-Heard", std::string{request.header("Authorization")});
        log::debug("telltale", request.header("Cookie"));
    }
};

TEST(Telltales, TellWhatTheyHear) {
    TestServer server;
    server->addInterceptor(std::make_shared<Telltale>());
    server.start<Probe>();
    server.connect("/probe/one");
}

}  // namespace
}  // namespace patchbay::test
