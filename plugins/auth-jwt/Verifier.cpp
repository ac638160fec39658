#include "Verifier.hpp"

#include "Base64Url.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <optional>
#include <set>

namespace patchbay::auth_jwt {
namespace {

namespace dom = simdjson::dom;
using std::chrono::system_clock;

/// Thrown in here, caught in verify().
struct Refusal {
    Problem problem;
};

/// Seconds since 1970 that a token may name: up to the end of the year 9999; and those that a clock holds.
constexpr double kLastSecond = 253'402'300'799;
constexpr std::int64_t kLastOfClock = 9'000'000'000;

struct Parts {
    std::string_view header, claims, signature, signedText;
};

Parts split(std::string_view token) {
    const std::size_t first = token.find('.');
    const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
    if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) throw Refusal{Problem::Malformed};
    return {token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1), token.substr(0, second)};
}

std::string decoded(std::string_view part) {
    auto bytes = decodeBase64Url(part);
    if (!bytes || bytes->empty()) throw Refusal{Problem::Malformed};
    return std::move(*bytes);
}

/// Of two members of one name, who reads takes the first or the last (RFC 8725 §2.4): there are none.
void requireOnce(dom::element value) {
    if (value.is_array()) {
        for (const auto each : dom::array{value}) requireOnce(each);
    } else if (value.is_object()) {
        std::set<std::string_view> names;
        for (const auto [name, member] : dom::object{value}) {
            if (!names.insert(name).second) throw Refusal{Problem::Malformed};
            requireOnce(member);
        }
    }
}

dom::object objectIn(dom::parser& parser, const std::string& json) {
    const dom::element root = parser.parse(json);
    dom::object object;
    if (root.get(object) != simdjson::SUCCESS) throw Refusal{Problem::Malformed};
    requireOnce(root);
    return object;
}

/// nullopt where there is no such member.   Errors: Malformed where it is no text.
std::optional<std::string_view> textOf(dom::object object, std::string_view name) {
    dom::element member;
    if (object[name].get(member) != simdjson::SUCCESS) return std::nullopt;
    std::string_view text;
    if (member.get(text) != simdjson::SUCCESS) throw Refusal{Problem::Malformed};
    return text;
}

/// A NumericDate, which may have a fraction (RFC 7519 §2).
std::optional<system_clock::time_point> timeOf(dom::object object, std::string_view name) {
    dom::element member;
    if (object[name].get(member) != simdjson::SUCCESS) return std::nullopt;
    double seconds = 0;
    if (!member.is_number() || member.get(seconds) != simdjson::SUCCESS || !(seconds >= 0) || seconds > kLastSecond) {
        throw Refusal{Problem::Malformed};
    }
    const auto whole = std::min(static_cast<std::int64_t>(std::floor(seconds)), kLastOfClock);
    return system_clock::time_point{std::chrono::seconds{whole}};
}

/// The texts of a claim that is one or a list of them.
std::vector<std::string_view> textsOf(dom::element claim) {
    std::string_view one;
    if (claim.get(one) == simdjson::SUCCESS) return {one};
    dom::array several;
    if (claim.get(several) != simdjson::SUCCESS) throw Refusal{Problem::Malformed};
    std::vector<std::string_view> texts;
    for (const auto each : several) {
        std::string_view text;
        if (each.get(text) != simdjson::SUCCESS) throw Refusal{Problem::Malformed};
        texts.push_back(text);
    }
    return texts;
}

std::optional<dom::element> memberAt(dom::object object, std::string_view path) {
    for (;;) {
        const std::size_t dot = path.find('.');
        dom::element member;
        if (object[path.substr(0, dot)].get(member) != simdjson::SUCCESS) return std::nullopt;
        if (dot == std::string_view::npos) return member;
        if (member.get(object) != simdjson::SUCCESS) return std::nullopt;
        path.remove_prefix(dot + 1);
    }
}

/// A list, or words in one text, as OAuth's scope (RFC 6749 §3.3).
std::vector<std::string> rolesOf(dom::object claims, std::string_view path) {
    std::vector<std::string> roles;
    // A claim whose name has a dot is found as it is, as `https://example.org/roles`.
    dom::element whole;
    const auto claim = claims[path].get(whole) == simdjson::SUCCESS ? std::optional{whole} : memberAt(claims, path);
    if (!claim) return roles;
    for (std::string_view text : textsOf(*claim)) {
        if (!claim->is_string()) {
            roles.emplace_back(text);
            continue;
        }
        while (!text.empty()) {
            const std::size_t end = std::min(text.find(' '), text.size());
            if (end > 0) roles.emplace_back(text.substr(0, end));
            text.remove_prefix(std::min(end + 1, text.size()));
        }
    }
    return roles;
}

bool isType(std::string_view type) {
    std::string lower{type};
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (lower.starts_with("application/")) lower.erase(0, 12);
    return lower == "jwt" || lower == "at+jwt";
}

void checkTimes(dom::object claims, const Rules& rules, system_clock::time_point now) {
    const auto expires = timeOf(claims, "exp");
    const auto begins = timeOf(claims, "nbf");
    timeOf(claims, "iat");
    if (!expires) throw Refusal{Problem::MissingClaim};
    if (*expires + rules.clockSkew <= now) throw Refusal{Problem::Expired};
    if (begins && *begins - rules.clockSkew > now) throw Refusal{Problem::NotYetValid};
}

void checkParties(dom::object claims, const Rules& rules) {
    const auto issuer = textOf(claims, "iss");
    if (!rules.issuer.empty() && issuer != rules.issuer) throw Refusal{Problem::WrongIssuer};
    dom::element audience;
    const bool isAddressed = claims["aud"].get(audience) == simdjson::SUCCESS;
    if (!isAddressed && rules.audiences.empty()) return;
    const auto named = isAddressed ? textsOf(audience) : std::vector<std::string_view>{};
    const bool isOurs = std::ranges::any_of(named, [&](std::string_view each) { return std::ranges::find(rules.audiences, each) != rules.audiences.end(); });
    if (!isOurs) throw Refusal{Problem::WrongAudience};
}

Principal principalOf(dom::object claims, const Rules& rules) {
    for (const std::string& required : rules.requiredClaims) {
        dom::element claim;
        if (claims[required].get(claim) != simdjson::SUCCESS || claim.is_null()) throw Refusal{Problem::MissingClaim};
    }
    Principal principal;
    principal.name = textOf(claims, rules.nameClaim).value_or("");
    if (!principal.isSomebody()) throw Refusal{Problem::MissingClaim};
    principal.displayName = textOf(claims, rules.displayNameClaim).value_or("");
    principal.roles = rolesOf(claims, rules.rolesClaim);
    principal.expires = *timeOf(claims, "exp") + rules.clockSkew;
    principal.foundBy = "jwt";
    for (const auto [name, value] : claims) {
        std::string_view text;
        principal.claims.emplace(name, value.get(text) == simdjson::SUCCESS ? std::string{text} : simdjson::minify(value));
    }
    return principal;
}

/// The claims' text of a token whose signature holds.
std::string signedClaims(std::string_view token, const KeySet& keys, const Rules& rules) {
    if (token.size() > kMostToken) throw Refusal{Problem::Malformed};
    const Parts parts = split(token);
    const std::string headerText = decoded(parts.header);
    std::string claims = decoded(parts.claims);
    const auto signature = decodeBase64Url(parts.signature);
    if (!signature) throw Refusal{Problem::Malformed};
    dom::parser parser;
    const dom::object header = objectIn(parser, headerText);
    const auto algorithm = textOf(header, "alg");
    if (!algorithm) throw Refusal{Problem::Malformed};
    const bool allowed = rules.algorithms.empty() || std::ranges::find(rules.algorithms, *algorithm) != rules.algorithms.end();
    if (!Algorithm::isKnown(*algorithm) || !allowed) throw Refusal{Problem::Unsupported};
    if (const auto type = textOf(header, "typ"); type && !isType(*type)) throw Refusal{Problem::Unsupported};
    dom::element critical;
    if (header["crit"].get(critical) == simdjson::SUCCESS) throw Refusal{Problem::Unsupported};
    const std::string_view id = textOf(header, "kid").value_or("");
    bool tried = false;
    for (const Key& key : keys) {
        if (!key.fits(*algorithm, id)) continue;
        tried = true;
        if (key.verifies(*algorithm, parts.signedText, *signature)) return claims;
    }
    throw Refusal{tried ? Problem::BadSignature : Problem::NoKey};
}

}  // namespace

std::string_view name(Problem problem) noexcept {
    switch (problem) {
        case Problem::None: return "none";
        case Problem::Malformed: return "malformed";
        case Problem::Unsupported: return "unsupported";
        case Problem::NoKey: return "no-key";
        case Problem::BadSignature: return "bad-signature";
        case Problem::Expired: return "expired";
        case Problem::NotYetValid: return "not-yet-valid";
        case Problem::WrongIssuer: return "wrong-issuer";
        case Problem::WrongAudience: return "wrong-audience";
        case Problem::MissingClaim: return "missing-claim";
        case Problem::Unknowable: return "unknowable";
    }
    return "unknown";
}

Verdict Verifier::verify(std::string_view token, const KeySet& keys, system_clock::time_point now) const {
    try {
        const std::string text = signedClaims(token, keys, rules_);
        dom::parser parser;
        const dom::object claims = objectIn(parser, text);
        checkTimes(claims, rules_, now);
        checkParties(claims, rules_);
        return {Problem::None, principalOf(claims, rules_)};
    } catch (const Refusal& refusal) {
        return {refusal.problem, {}};
    } catch (const simdjson::simdjson_error&) {
        return {Problem::Malformed, {}};
    }
}

}  // namespace patchbay::auth_jwt
