// Types by names, and forms that a client takes.   Source: RFC 9110 §12.5.3, §12.4.2
#include "ContentCoding.hpp"
#include "MediaTypes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace patchbay::web {
namespace {

TEST(MediaTypes, GoByTheEndOfTheName) {
    EXPECT_EQ(mediaTypeOf("index.html").contentType, "text/html; charset=utf-8");
    EXPECT_EQ(mediaTypeOf("a/b.min.JS").contentType, "text/javascript; charset=utf-8");
    EXPECT_EQ(mediaTypeOf("site.webmanifest").contentType, "application/manifest+json");
    EXPECT_EQ(mediaTypeOf("code.wasm").contentType, "application/wasm");
    EXPECT_EQ(mediaTypeOf("font.woff2").contentType, "font/woff2");
}

TEST(MediaTypes, WhatIsNotKnownIsBytes) {
    for (const char* path : {"README", "", ".", "a.", "a.unheardof", "html", "a.an-ending-that-is-longer-than-any"})
        EXPECT_EQ(mediaTypeOf(path).contentType, "application/octet-stream") << path;
}

TEST(MediaTypes, OnlyWhatIsNotCompressedAlreadyIsWorthIt) {
    EXPECT_TRUE(mediaTypeOf("a.svg").compresses);
    for (const char* path : {"a.png", "a.woff2", "a.zip", "a.unheardof"}) EXPECT_FALSE(mediaTypeOf(path).compresses) << path;
}

constexpr auto kBr = Coding::Brotli, kGzip = Coding::Gzip, kAsItIs = Coding::Identity;

struct Accepts {
    const char* field;
    std::vector<Coding> inOrder;
};
class AcceptEncoding : public testing::TestWithParam<Accepts> {};

TEST_P(AcceptEncoding, TellsWhatIsTakenAndInWhichOrder) {
    const Preferences preferences{GetParam().field};
    EXPECT_TRUE(std::ranges::equal(preferences.inOrder(), GetParam().inOrder)) << GetParam().field;
}

INSTANTIATE_TEST_SUITE_P(
    Said, AcceptEncoding,
    testing::Values(Accepts{"", {kAsItIs}}, Accepts{"gzip, deflate, br", {kBr, kGzip, kAsItIs}},
                    Accepts{"gzip", {kGzip, kAsItIs}}, Accepts{"x-gzip", {kGzip, kAsItIs}},
                    Accepts{"GZip;q=0.001", {kGzip, kAsItIs}}, Accepts{"gzip;q=0", {kAsItIs}},
                    Accepts{"gzip;q=0.000, br;q=1.000", {kBr, kAsItIs}}, Accepts{"br;q=0.5, gzip", {kGzip, kBr, kAsItIs}},
                    Accepts{"*", {kBr, kGzip, kAsItIs}}, Accepts{"*;q=0", {kAsItIs}},
                    Accepts{"br;q=0, *", {kGzip, kAsItIs}}, Accepts{"identity", {kAsItIs}},
                    Accepts{"identity;q=1, gzip;q=0.5", {kAsItIs}}, Accepts{"identity;q=0, gzip", {kGzip, kAsItIs}},
                    Accepts{"identity;q=0.2, gzip;q=0.5", {kGzip, kAsItIs}}, Accepts{",, gzip ; Q=1 ,", {kGzip, kAsItIs}}));
INSTANTIATE_TEST_SUITE_P(Malformed, AcceptEncoding,
                         testing::Values(Accepts{"gzip;q=1.001", {kAsItIs}}, Accepts{"gzip;q=.5", {kAsItIs}},
                                         Accepts{"gzip;q=2", {kAsItIs}}, Accepts{"gzip;q=", {kAsItIs}},
                                         Accepts{"gzip;", {kAsItIs}}, Accepts{"gzip;q=0.0001", {kAsItIs}},
                                         Accepts{"gzip;level=1", {kAsItIs}}, Accepts{"gzipped, brotli", {kAsItIs}}));

}  // namespace
}  // namespace patchbay::web
