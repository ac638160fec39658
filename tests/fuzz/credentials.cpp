// Where a handshake or a message may carry a token: the Authorization header, cookies, subprotocols, the query, the first message.
//
//   input = query  LF  Authorization  LF  Cookie  LF  another Cookie  LF  subprotocol  LF  another  LF  message

#include "Fuzz.hpp"

#include "auth-jwt/Credentials.hpp"

#include <cctype>

namespace patchbay::fuzz {
namespace {

using namespace auth_jwt;
using Way = Found::Way;

constexpr std::string_view kCookie = "session", kQuery = "token";
const std::string kToken = "e30.e30.AAAA";

struct Places {
    std::string query, authorization, cookie, otherCookie, subprotocol, otherSubprotocol;

    HandshakeRequest request() const {
        HandshakeRequest made;
        made.target = "/?" + query;
        made.headers = {{"Authorization", authorization}, {"cookie", cookie}, {"Cookie", otherCookie}};
        made.offeredSubprotocols = {subprotocol, otherSubprotocol};
        return made;
    }
};

Found findIn(const Places& places) { return findToken(places.request(), kCookie, kQuery); }

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// Whatever is found was there, and where it is said to have been.
void checkFound(const Places& places, const Found& found) {
    switch (found.way) {
        case Way::Nothing:
        case Way::Ambiguous: require(found.token.empty(), "a token has a place"); break;
        case Way::Header: require(contains(places.authorization, found.token), "a header's token was in it"); break;
        case Way::Subprotocol:
            require("bearer." + found.token == places.subprotocol || "bearer." + found.token == places.otherSubprotocol, "a subprotocol's token was one");
            break;
        case Way::Query: require(!found.token.empty(), "an empty parameter is none"); break;  // it may have been escaped
        case Way::Cookie: {
            const std::string pair = std::string{kCookie} + "=" + found.token;
            require(contains(places.cookie, pair) || contains(places.otherCookie, pair), "a cookie's token was in it");
            require(!contains(found.token, ";"), "a cookie ends where the next begins");
        }
    }
}

/// With a good token in one place, and whatever else in that place and others: it is found, or two are.
void checkGood(Places places, std::string Places::*place, const std::string& good, Way way) {
    places.*place = good;
    const Found found = findIn(places);
    const bool isBefore = way == Way::Cookie && found.way != Way::Nothing && found.way != way;  // whatever else there is comes before a cookie
    require((found.way == way && found.token == kToken) || found.way == Way::Ambiguous || isBefore, "a token is found whatever is beside it");
    const Found alone = [&] {
        Places just;
        just.*place = good;
        return findIn(just);
    }();
    require(alone.way == way && alone.token == kToken, "a token is found alone");
}

void checkMessage(const std::string& message) {
    const auto token = tokenIn(message);
    require(!token || contains(message, "\"auth\""), "a token's message says so");
    if (token && !token->empty() && std::ranges::all_of(*token, [](unsigned char c) { return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_'; })) {
        require(tokenIn(R"({"auth":")" + *token + R"("})") == token, "written plainly it is the same");
    }
}

void check(Input input) {
    Places places;
    for (auto place : {&Places::query, &Places::authorization, &Places::cookie, &Places::otherCookie, &Places::subprotocol, &Places::otherSubprotocol}) {
        places.*place = input.line();
    }
    checkFound(places, findIn(places));
    require(findToken(places.request(), "", "").way != Way::Cookie && findToken(places.request(), "", "").way != Way::Query, "nothing is looked for where it is off");
    checkGood(places, &Places::authorization, "Bearer " + kToken, Way::Header);
    checkGood(places, &Places::subprotocol, "bearer." + kToken, Way::Subprotocol);
    checkGood(places, &Places::cookie, "a=b; session=" + kToken + "; c", Way::Cookie);
    checkMessage(std::string{input.rest()});
}

}  // namespace
}  // namespace patchbay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    patchbay::fuzz::check({data, size});
    return 0;
}
