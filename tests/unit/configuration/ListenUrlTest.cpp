#include "configuration/ListenUrl.hpp"

#include <gmock/gmock.h>

namespace patchbay::configuration {
namespace {

using testing::HasSubstr, testing::VariantWith;

TEST(ListenUrl, IsTakenApart) {
    EXPECT_THAT(parseListenUrl("http://127.0.0.1:8080"), VariantWith<ListenUrl>(ListenUrl{"127.0.0.1", 8080}));
    EXPECT_THAT(parseListenUrl("http://localhost/"), VariantWith<ListenUrl>(ListenUrl{"localhost", 80}));
    EXPECT_THAT(parseListenUrl("http://[::]:0"), VariantWith<ListenUrl>(ListenUrl{"::", 0}));
    EXPECT_THAT(parseListenUrl("http://[fe80::1%eth0]"), VariantWith<ListenUrl>(ListenUrl{"fe80::1%eth0", 80}));
    EXPECT_THAT(parseListenUrl("https://a"), VariantWith<ListenUrl>(ListenUrl{"a", 443, true}));
    EXPECT_THAT(parseListenUrl("https://[::1]:8443/"), VariantWith<ListenUrl>(ListenUrl{"::1", 8443, true}));
    EXPECT_THAT(parseListenUrl("http://a:65535"), VariantWith<ListenUrl>(ListenUrl{"a", 65535}));
}

TEST(ListenUrl, IsShownWithItsSchemeAndPort) {
    EXPECT_EQ(shown({"::1", 8443, true}), "https://[::1]:8443");
    EXPECT_EQ(shown({"localhost", 80}), "http://localhost:80");
}

TEST(ListenUrl, WithoutAHostThatCanBeIsRefused) {
    for (const auto* url : {"http://", "http://:80", "http://a b:80", "http://[::1", "http://a:", "http://::1:80x",
                            "http://[]:80", "http://[::1]80"})
        EXPECT_THAT(parseListenUrl(url), VariantWith<std::string>(HasSubstr("write e.g."))) << url;
}

TEST(ListenUrl, MayBeAUnixSocket) {
    EXPECT_THAT(parseListenUrl("unix:/run/a.sock"), VariantWith<ListenUrl>(ListenUrl{.path = "/run/a.sock"}));
    EXPECT_EQ(shown({.path = "/run/a.sock"}), "unix:/run/a.sock");
    EXPECT_EQ(shownUrl({.url = "unix:/run/a.sock"}, "local"), "unix:/run/a.sock");
    for (const auto* url : {"unix:", "unix:a.sock", "unix:@a", "unix:/run/"})
        EXPECT_THAT(parseListenUrl(url), VariantWith<std::string>(HasSubstr("absolute path"))) << url;
    EXPECT_THAT(parseListenUrl("unix:/" + std::string(106, 'a')), VariantWith<ListenUrl>(testing::_));
    EXPECT_THAT(parseListenUrl("unix:/" + std::string(107, 'a')), VariantWith<std::string>(HasSubstr("107 bytes")));
}

TEST(ListenUrl, MayBeSystemdsWithTlsByItsCertificate) {
    EXPECT_THAT(parseListenUrl("systemd:web"), VariantWith<ListenUrl>(ListenUrl{.activated = "web"}));
    for (const auto* url : {"systemd:", "systemd:a:b"}) EXPECT_THAT(parseListenUrl(url), VariantWith<std::string>(HasSubstr("FileDescriptorName="))) << url;
    EXPECT_EQ(shownUrl({.url = "systemd:web"}, "0.0.0.0:80"), "http://0.0.0.0:80");
    EXPECT_EQ(shownUrl({.url = "systemd:web", .certificate = "c", .key = "k"}, "[::]:443"), "https://[::]:443");
    EXPECT_EQ(shownUrl({.url = "systemd:web"}, "local"), "systemd:web");
    EXPECT_TRUE(urlOf({.url = "systemd:web", .certificate = "c"}).secure);
    EXPECT_FALSE(urlOf({.url = "systemd:web"}).secure);
}

TEST(ListenUrl, IsShownWithThePortThatIsBound) {
    EXPECT_EQ(shownUrl({.url = "http://localhost:0"}, "127.0.0.1:4711"), "http://localhost:4711");
    EXPECT_EQ(shownUrl({.url = "https://[::1]"}, "[::1]:443"), "https://[::1]:443");
}

TEST(ListenUrl, OfASocketHasNoPortToSet) {
    ListenConfig listen{.url = "unix:/a"};
    EXPECT_THROW(setPort(listen, 80), std::invalid_argument);
    listen.url = "http://a:1";
    setPort(listen, 80);
    EXPECT_EQ(listen.url, "http://a:80");
}

TEST(FileRights, AreOctal) {
    EXPECT_EQ(parseMode("0660"), 0660u);
    EXPECT_EQ(parseMode("666"), 0666u);
    EXPECT_EQ(parseMode("0"), 0u);
    for (const auto* text : {"", "0x1", "888", "1777", "-1", "00660", "rw"}) EXPECT_EQ(parseMode(text), std::nullopt) << text;
}

TEST(ListenUrl, WithAPathQueryOrUserIsRefused) {
    for (const auto* url : {"http://a:80/b", "http://a?b", "http://u@a:80"})
        EXPECT_THAT(parseListenUrl(url), VariantWith<std::string>(HasSubstr("more than a host and a port"))) << url;
}

TEST(ListenUrl, WithAPortBeyond65535IsRefused) {
    EXPECT_THAT(parseListenUrl("http://a:65536"), VariantWith<std::string>(HasSubstr("is no port")));
    EXPECT_THAT(parseListenUrl("http://a:8x"), VariantWith<std::string>(HasSubstr("is no port")));
}

}  // namespace
}  // namespace patchbay::configuration
