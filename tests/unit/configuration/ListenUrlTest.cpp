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
