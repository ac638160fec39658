// The plugin in the test kit: each way in, what is remembered, refreshes, and what a client is told.
#include "auth-jwt/AuthJwt.hpp"

#include <patchbay/annotations.hpp>
#include <patchbay/testkit.hpp>

#include <gmock/gmock.h>

#include <openssl/evp.h>

#include <sys/prctl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace patchbay::auth_jwt {
namespace {

using namespace std::chrono_literals;
using std::chrono::system_clock;
using testkit::ConnectOptions, testkit::Refused;
using ::testing::AllOf, ::testing::HasSubstr, ::testing::Not;

const std::string kSecret(40, 's');

std::string base64Url(std::string_view bytes) {
    std::string text(bytes.size() * 2 + 4, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    while (text.ends_with('=')) text.pop_back();
    std::ranges::replace(text, '+', '-');
    std::ranges::replace(text, '/', '_');
    return text;
}

std::string tokenFor(std::string_view name, std::chrono::seconds holds = 1h, std::string_view role = "member", std::string_view secret = kSecret) {
    const auto end = std::chrono::duration_cast<std::chrono::seconds>((system_clock::now() + holds).time_since_epoch()).count();
    std::string claims = R"({"sub":")";
    claims.append(name).append(R"(","exp":)").append(std::to_string(end)).append(R"(,"roles":[")").append(role).append(R"("]})");
    const std::string text = base64Url(R"({"alg":"HS256"})") + "." + base64Url(claims);
    std::string code(32, '\0');
    std::size_t size = 0;
    EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, secret.data(), secret.size(), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
              reinterpret_cast<unsigned char*>(code.data()), code.size(), &size);
    return text + "." + base64Url(code);
}

class Club {
    SERVER_ENDPOINT(Club, "/club", .subprotocols = {"club.v1"}, .roles = {"member", "guest"}, .idleTimeout = 0s)
public:
    ON_MESSAGE(asked)
    std::string asked(std::string_view what, const Principal& who) { return std::string{what} + " " + who.name + " " + who.roles.at(0); }
};
class Park {
    SERVER_ENDPOINT(Park, "/park")
public:
    ON_MESSAGE(asked)
    std::string asked(Session session, std::string_view) { return session.principal()->name; }
};

class Auth : public ::testing::Test {
protected:
    void serve(Config config = {}, KeySource::Fetch fetch = {}) {
        ::setenv("PATCHBAY_TEST_SECRET", kSecret.c_str(), 1);
        if (config.secret.empty() && config.jwks.empty() && config.keyFiles.empty()) config.secret = "env:PATCHBAY_TEST_SECRET";
        auto made = std::make_unique<AuthJwt>(std::move(config), std::move(fetch));
        plugin = made.get();
        server.install(std::move(made));
        server.deploy<Club>();
        server.deploy<Park>();
    }
    testkit::Peer& connect(ConnectOptions options, std::string_view target = "/club") { return server.connect(target, std::move(options)); }
    std::optional<Refused> refusal(ConnectOptions options, std::string_view target = "/club") {
        try {
            connect(std::move(options), target);
            return std::nullopt;
        } catch (const Refused& refused) {
            return refused;
        }
    }
    static std::string who(testkit::Peer& peer) {
        peer.send("who?");
        return peer.takeText();
    }
    static ConnectOptions bearing(const std::string& token) { return {.headers = {{"Authorization", "Bearer " + token}}}; }
    static std::string message(const std::string& token) { return R"({"auth":")" + token + R"("})"; }

    testkit::TestServer server;
    AuthJwt* plugin = nullptr;
};

TEST_F(Auth, LetsInByEachWayThatIsConfiguredAndByTheTwoThatAlwaysAre) {
    serve({.cookie = "session", .query = "token"});
    const std::string token = tokenFor("ann");
    EXPECT_EQ(who(connect(bearing(token))), "who? ann member");
    EXPECT_EQ(who(connect({.headers = {{"authorization", "bearer  " + token}}})), "who? ann member");
    EXPECT_EQ(who(connect({.headers = {{"Cookie", "a=b; session=" + token + "; c"}}})), "who? ann member");
    EXPECT_EQ(who(connect({}, "/club?token=" + token)), "who? ann member");
    auto& bySubprotocol = connect({.subprotocols = {"club.v1", "bearer." + token}});
    EXPECT_EQ(who(bySubprotocol), "who? ann member");
    EXPECT_EQ(bySubprotocol.subprotocol(), "club.v1") << "a token is never the answer";
    EXPECT_EQ(connect({.subprotocols = {"bearer." + token}}).subprotocol(), "");
}

TEST_F(Auth, FindsNoTokenWhereItIsNotToldToLook) {
    serve();
    const std::string token = tokenFor("ann");
    EXPECT_EQ(refusal({.headers = {{"Cookie", "session=" + token}}})->status(), 401);
    EXPECT_EQ(refusal({}, "/club?token=" + token)->status(), 401);
    EXPECT_EQ(refusal({.headers = {{"Authorization", "Basic YW5uOmFubg=="}}})->status(), 401);
}

TEST_F(Auth, TellsWhatTheClientMayDoAboutIt) {
    serve();
    const auto expired = refusal(bearing(tokenFor("ann", -1s)));
    EXPECT_EQ(expired->status(), 401);
    EXPECT_EQ(findHeader(expired->headers(), "WWW-Authenticate"), R"(Bearer error="invalid_token", error_description="expired")");
    const auto forged = refusal(bearing(tokenFor("ann", 1h, "member", std::string(40, 'x'))));
    EXPECT_EQ(forged->status(), 401);
    EXPECT_EQ(findHeader(forged->headers(), "WWW-Authenticate"), R"(Bearer error="invalid_token")");
    EXPECT_EQ(refusal(bearing(tokenFor("ann", 1h, "stranger")))->status(), 403);
    const auto none = refusal({});
    EXPECT_EQ(none->status(), 401);
    EXPECT_EQ(findHeader(none->headers(), "WWW-Authenticate"), "Bearer");
}

TEST_F(Auth, RefusesTwoTokens) {
    serve({.cookie = "session"});
    const std::string ann = tokenFor("ann"), eve = tokenFor("eve");
    EXPECT_EQ(refusal({.headers = {{"Authorization", "Bearer " + ann}, {"Authorization", "Bearer " + eve}}})->status(), 400);
    EXPECT_EQ(refusal({.headers = {{"Authorization", "Bearer " + ann}}, .subprotocols = {"bearer." + eve}})->status(), 400);
    EXPECT_EQ(refusal({.headers = {{"Cookie", "session=" + ann + "; session=" + eve}}})->status(), 400);
    EXPECT_EQ(who(connect({.headers = {{"Authorization", "Bearer " + ann}, {"Cookie", "session=" + eve}}})), "who? ann member") << "a browser adds its cookies";
}

TEST_F(Auth, LetsGuestsInWhereNoRoleIsAskedForEvenWithAnOldCookie) {
    serve({.cookie = "session"});
    auto& guest = connect({.headers = {{"Cookie", "session=" + tokenFor("ann", -1s)}}}, "/park");
    guest.send("who?");
    EXPECT_EQ(guest.takeText(), "");
    EXPECT_EQ(refusal(bearing(tokenFor("ann", -1s)), "/park")->status(), 401) << "who brings one by hand means it";
}

TEST_F(Auth, VerifiesATokenOnceForAThousandWhoComeWithIt) {
    serve();
    const std::string token = tokenFor("ann");
    for (int i = 0; i < 1000; ++i) {
        auto& ann = connect(bearing(token));
        ASSERT_EQ(who(ann), "who? ann member");
        ann.close();
    }
    EXPECT_EQ(plugin->checker().verified(), 1U);
}

TEST_F(Auth, RemembersNoTokenThatItDoesNotBelieve) {
    serve();
    const std::string token = tokenFor("ann", -1s);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(refusal(bearing(token))->status(), 401);
    EXPECT_EQ(plugin->checker().verified(), 3U);
    EXPECT_EQ(refusal(bearing(std::string(kMostToken + 1, 'a')))->status(), 401);
    EXPECT_EQ(plugin->checker().verified(), 3U) << "what is too long is not even looked at";
}

TEST_F(Auth, ClosesASessionWhenItsTokenExpires) {
    serve();
    auto& ann = connect(bearing(tokenFor("ann", 60s)));
    server.advance(58s);
    EXPECT_FALSE(ann.closed());
    server.advance(2s);
    ASSERT_TRUE(ann.closed());
    EXPECT_EQ(ann.closed()->code, CloseCode::PolicyViolation);
    EXPECT_EQ(ann.closed()->text, "expired");
}

// ------------------------------------------------------------------------------------------------ by message

TEST_F(Auth, TakesATokenFromTheFirstMessageAndWhatComesBehindIsOfItsUser) {
    serve({.message = 10s});
    auto& ann = connect({});
    ann.send(message(tokenFor("ann")));
    EXPECT_EQ(who(ann), "who? ann member");
    auto& late = connect({});
    server.advance(10s);
    ASSERT_TRUE(late.closed());
    EXPECT_EQ(late.closed()->text, "not signed in");
    auto& silent = connect({});
    silent.send("hello");
    EXPECT_EQ(silent.closed()->text, "not signed in");
    auto& expired = connect({});
    expired.send(message(tokenFor("ann", -1s)));
    EXPECT_EQ(expired.closed()->text, "expired");
    auto& forged = connect({});
    forged.send(message("a.b.c"));
    EXPECT_EQ(forged.closed()->text, "not signed in");
    auto& guest = connect({}, "/park");
    guest.send("who?");
    EXPECT_EQ(guest.takeText(), "") << "where no role is asked for nobody has to";
    guest.send(message(tokenFor("bob")));
    guest.send("who?");
    EXPECT_EQ(guest.takeText(), "bob");
}

TEST_F(Auth, RefreshesInBandForTheSameUserOnly) {
    serve({.message = 10s});
    auto& ann = connect(bearing(tokenFor("ann", 60s)));
    ann.send(message(tokenFor("ann", 1h, "guest")));
    EXPECT_EQ(who(ann), "who? ann guest");
    server.advance(10min);
    EXPECT_FALSE(ann.closed()) << "its first token has expired, which counts no more";
    ann.send(message(tokenFor("eve")));
    ASSERT_TRUE(ann.closed());
    EXPECT_EQ(ann.closed()->code, CloseCode::PolicyViolation);
    EXPECT_EQ(ann.closed()->text, "another user's token");
}

TEST_F(Auth, OfARefreshWithoutTheRolesOfTheEndpointEndsTheSession) {
    serve({.message = 10s});
    auto& ann = connect(bearing(tokenFor("ann")));
    ann.send(message(tokenFor("ann", 1h, "stranger")));
    ASSERT_TRUE(ann.closed());
    EXPECT_EQ(ann.closed()->text, "not allowed");
}

TEST_F(Auth, LeavesOtherMessagesToTheHandlers) {
    serve({.message = 10s});
    auto& ann = connect(bearing(tokenFor("ann")));
    for (const std::string_view text : {R"({"author":"x"})", R"(["auth"])", "", "{", R"({"type":"x","auth":"y"})"}) {
        ann.send(text);
        EXPECT_EQ(ann.takeText(), std::string{text} + " ann member");
    }
    ann.send(R"({"auth":7})");
    EXPECT_TRUE(ann.closed()) << "which wants to be a token";
}

TEST_F(Auth, TakesNoTokenFromAMessageWhereItIsNotToldTo) {
    serve();
    EXPECT_EQ(refusal({})->status(), 401);
    auto& ann = connect(bearing(tokenFor("ann")));
    ann.send(message("x"));
    EXPECT_EQ(ann.takeText(), message("x") + " ann member");
}

// ------------------------------------------------------------------------------------------------ configuration

std::string problemOf(Config config) {
    try {
        const AuthJwt plugin{std::move(config)};
        return {};
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
}

TEST(AuthConfig, SaysWhatIsWrongWithItAndNeverShowsASecret) {
    ::setenv("PATCHBAY_TEST_SHORT", "too short", 1);
    ::setenv("PATCHBAY_TEST_SECRET", kSecret.c_str(), 1);
    EXPECT_THAT(problemOf({}), HasSubstr("no key"));
    EXPECT_THAT(problemOf({.keyFiles = {"/nowhere/key.pem"}}), HasSubstr("/nowhere/key.pem cannot be read"));
    EXPECT_THAT(problemOf({.secret = "env:PATCHBAY_TEST_NOT_SET"}), HasSubstr("PATCHBAY_TEST_NOT_SET"));
    EXPECT_THAT(problemOf({.secret = "env:PATCHBAY_TEST_SHORT"}), HasSubstr("needs 32 at least"));
    const std::string shown = problemOf({.secret = "swordfish swordfish swordfish swordfish"});
    EXPECT_THAT(shown, HasSubstr("file:PATH, env:NAME or credential:NAME"));
    EXPECT_EQ(shown.find("swordfish"), std::string::npos);
    EXPECT_THAT(problemOf({.jwks = "http://id.example/jwks.json"}), HasSubstr("neither https:// nor of this machine"));
    EXPECT_THAT(problemOf({.jwks = "http://localhost.id.example/jwks.json"}), HasSubstr("neither https:// nor of this machine"));
    for (const char* url : {"http://127.0.0.1:80@id.example/jwks.json", "https://ann:swordfish@id.example/jwks.json"}) {
        EXPECT_THAT(problemOf({.jwks = url}), AllOf(HasSubstr("a user or a password"), Not(HasSubstr("swordfish")))) << url;
    }
    EXPECT_THAT(problemOf({.jwks = "http://id.example/jwks.json?key=swordfish"}), AllOf(HasSubstr("neither https://"), Not(HasSubstr("swordfish"))));
    EXPECT_THAT(problemOf({.secret = "env:PATCHBAY_TEST_SECRET", .algorithms = {"none"}}), HasSubstr("there is no \"none\""));
    EXPECT_THAT(problemOf({.jwks = "https://id.example/jwks.json", .refresh = 1s}), HasSubstr("refresh"));
    EXPECT_EQ(problemOf({.secret = "env:PATCHBAY_TEST_SECRET"}), "");
}

TEST(AuthConfig, WithASecretLeavesNoCoreFileAndNoDebuggerIn) {
    ::setenv("PATCHBAY_TEST_SECRET", kSecret.c_str(), 1);
    const std::string file = (std::filesystem::temp_directory_path() / ("jwks-" + std::to_string(::getpid()))).string();
    std::ofstream{file} << R"({"keys":[{"kty":"oct","k":")" + std::string(44, 'A') + R"("}]})";
    const int before = ::prctl(PR_GET_DUMPABLE);
    for (const Config& config : {Config{.keyFiles = {file}}, Config{.secret = "env:PATCHBAY_TEST_SECRET"}}) {
        ::prctl(PR_SET_DUMPABLE, 1);
        EXPECT_EQ(problemOf(config), "");
        EXPECT_EQ(::prctl(PR_GET_DUMPABLE), 0);
    }
    ::prctl(PR_SET_DUMPABLE, static_cast<unsigned long>(before));
    std::filesystem::remove(file);
}

}  // namespace
}  // namespace patchbay::auth_jwt
