// Who a client is, by the certificate that it shows in the TLS handshake.
#include "integration/Probe.hpp"
#include "support/Certificate.hpp"

#include <patchbay/configurator.hpp>

namespace patchbay::test {
namespace {

class ByCertificate : public Configurator {
public:
    void modifyHandshake(const HandshakeRequest& request, HandshakeResponse& response) override {
        response.principal.name = request.clientCertificates.empty() ? "nobody" : request.clientCertificates.front().subject;
    }
};

class Who {
    SERVER_ENDPOINT(Who, "/who", .configurator = configuredBy<ByCertificate>)
public:
    ON_MESSAGE(asked)
    std::string asked(Session session, std::string_view) { return session.displayName(); }
};

class ClientCertificates : public testing::Test {
protected:
    void serve(bool required) {
        ServerConfig config = quickConfig();
        ListenConfig listen{.url = "https://127.0.0.1:0", .certificate = own.file(), .key = own.keyFile()};
        listen.clientCertificates = {.authorities = ann.file(), .required = required};
        config.server.listen = {listen};
        server.emplace(config).start<Who>();
    }
    std::string whoIs(RawSocket::Options client) {
        client.tls = true;
        RawWebSocket peer = server->connect("/who", "", client);
        peer.text("?");
        return peer.nextText();
    }

    const Certificate own;
    const Certificate ann{{"ann.example"}};  // signed by itself: its own authority
    std::optional<TestServer> server;
};

TEST_F(ClientCertificates, AreReadInTheHandshake) {
    serve(false);
    EXPECT_EQ(whoIs({.certificate = ann.file(), .key = ann.keyFile()}), "CN=ann.example");
    EXPECT_EQ(whoIs({}), "nobody");
}

TEST_F(ClientCertificates, AreNeededWhereTheyAreRequired) {
    serve(true);
    EXPECT_EQ(whoIs({.certificate = ann.file(), .key = ann.keyFile()}), "CN=ann.example");
    EXPECT_THROW(whoIs({}), std::runtime_error);
}

}  // namespace
}  // namespace patchbay::test
