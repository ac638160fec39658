// The carrier as a library, with an endpoint of its own.

#include "carriers/Polling.hpp"

#include <patchbay/annotations.hpp>

namespace {

class Echo {
    SERVER_ENDPOINT(Echo, "/echo-of-the-library")
public:
    ON_MESSAGE(said)
    std::string_view said(std::string_view text) { return text; }
};

class Library final : public patchbay::Plugin {
public:
    void install(patchbay::ServerContainer& server) override {
        server.deployRegistered();
        polling_.install(server);
    }

private:
    patchbay::test::Polling polling_;
};

}  // namespace

PATCHBAY_PLUGIN(Library, "polling")
