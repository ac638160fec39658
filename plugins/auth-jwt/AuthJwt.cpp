#include "AuthJwt.hpp"

#include "Credentials.hpp"
#include "Secret.hpp"

#include <patchbay/log.hpp>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <stdexcept>

namespace patchbay::auth_jwt {
namespace {

constexpr std::string_view kName = "auth-jwt";

/// By TLS, or from this machine: `http://localhost.example` is not.   Requires: there is no `@` in it.
bool isFetchable(std::string_view url) {
    const auto isOf = [&](std::string_view host) {
        return url.starts_with(host) && (url.size() == host.size() || url[host.size()] == ':' || url[host.size()] == '/');
    };
    return url.starts_with("https://") || isOf("http://127.0.0.1") || isOf("http://localhost") || isOf("http://[::1]");
}

KeySet keysOf(const Config& config) {
    KeySet keys;
    for (const std::string& file : config.keyFiles) {
        try {
            auto some = readKeys(textOf(file));
            std::ranges::move(some, std::back_inserter(keys));
        } catch (const std::exception& error) {
            throw std::invalid_argument{"keyFiles: " + file + ": " + error.what()};
        }
    }
    if (std::ranges::any_of(keys, [](const Key& key) { return key.kind() == KeyKind::Secret; })) hideProcess();  // of a JWKS file
    if (!config.secret.empty()) keys.push_back(Key::ofSecret(readSecret(config.secret)));
    if (keys.empty() && config.jwks.empty()) {
        throw std::invalid_argument{"no key: name keyFiles, a jwks or a secret; without one no token can be believed"};
    }
    if (config.jwks.find('@') != std::string::npos) {  // perhaps behind a password, so it is not shown
        throw std::invalid_argument{"jwks: has a user or a password in front of an @, which nobody is told; name it without"};
    }
    if (!config.jwks.empty() && !isFetchable(config.jwks)) {
        throw std::invalid_argument{"jwks: " + std::string{withoutQuery(config.jwks)} + " is neither https:// nor of this machine; who is between could put in a key of his own"};
    }
    return keys;
}

Config checked(Config config) {
    for (const std::string& algorithm : config.algorithms) {
        if (!Algorithm::isKnown(algorithm)) throw std::invalid_argument{"algorithms: there is no \"" + algorithm + "\"; there are HS, RS, PS and ES, each with 256, 384 and 512, and EdDSA"};
    }
    if (config.refresh < std::chrono::seconds{10}) throw std::invalid_argument{"refresh: less than 10s asks too much of whoever has the keys"};
    if (config.nameClaim.empty()) throw std::invalid_argument{"nameClaim: is empty; a token has to name somebody"};
    return config;
}

Rules rulesOf(const Config& config) {
    return {.issuer = config.issuer,
            .audiences = config.audiences,
            .clockSkew = std::chrono::duration_cast<std::chrono::seconds>(config.clockSkew),
            .requiredClaims = config.requiredClaims,
            .nameClaim = config.nameClaim,
            .displayNameClaim = config.displayNameClaim,
            .rolesClaim = config.rolesClaim,
            .algorithms = config.algorithms};
}

void refuse(HandshakeResponse& response, Problem problem) {
    if (problem == Problem::Unknowable) return response.reject(503, {{"Retry-After", "5"}}, "the server stops\n");
    const bool expired = problem == Problem::Expired;
    response.reject(401,
                    {{"WWW-Authenticate", expired ? R"(Bearer error="invalid_token", error_description="expired")" : R"(Bearer error="invalid_token")"},
                     {"Cache-Control", "no-store"}},
                    expired ? "this token has expired\n" : "this token is not believed\n");
}

/// What a verdict comes to.   `way`: where the token was.
void apply(const Verdict& verdict, Found::Way way, const std::string& from, HandshakeResponse& response) {
    if (verdict.problem == Problem::None) {
        response.principal = verdict.principal;
        return;
    }
    log::info(kName, "did not believe a token of " + from + ": " + std::string{name(verdict.problem)});
    if (way != Found::Way::Cookie) refuse(response, verdict.problem);
}

class AtTheDoor final : public HandshakeInterceptor {
public:
    AtTheDoor(Config config, std::shared_ptr<Checker> checker) : config_{std::move(config)}, checker_{std::move(checker)} {}

    void onHandshake(const HandshakeRequest& request, HandshakeResponse& response) override {
        if (config_.message.count() > 0) response.authenticateWithin = config_.message;
        Found found = findToken(request, config_.cookie, config_.query);
        if (found.way == Found::Way::Nothing) return;
        if (found.way == Found::Way::Ambiguous) return response.reject(400, {}, "one token, in one place (RFC 6750 §2)\n");
        if (const auto verdict = checker_->known(found.token)) return apply(*verdict, found.way, request.remoteAddress, response);
        const auto waiting = response.defer();
        const bool begun = checker_->check(std::move(found.token), [waiting, way = found.way, from = request.remoteAddress](const Verdict& verdict) {
            HandshakeResponse came;
            apply(verdict, way, from, came);
            waiting.finish(std::move(came));
        });
        if (!begun) response.reject(503, {{"Retry-After", "5"}}, "too many tokens wait to be looked at\n");
    }

private:
    const Config config_;
    const std::shared_ptr<Checker> checker_;
};

/// Takes tokens out of what clients send.
class InBand final : public MessageInterceptor {
public:
    explicit InBand(std::shared_ptr<Checker> checker) : checker_{std::move(checker)} {}

    Verdict received(const Session& session, InterceptedMessage& message) override {
        if (message.kind() != MessageKind::Text) return Verdict::Pass;
        auto token = tokenIn(asText(message.payload()));
        if (!token) return Verdict::Pass;
        if (const auto verdict = checker_->known(*token)) {
            obey(session, *verdict);
            return Verdict::Drop;
        }
        look(session, std::move(*token));
        return Verdict::Drop;
    }

private:
    using Busy = std::shared_ptr<std::atomic<bool>>;

    void look(const Session& session, std::string token) const {
        Busy busy = session.property<Busy>(kName).value_or(nullptr);
        if (!busy) session.setProperty(kName, busy = std::make_shared<std::atomic<bool>>(false));
        if (busy->exchange(true)) return session.closeFor(CloseCause::Policy, "one token at a time");
        const bool isNobody = !session.principal()->isSomebody();
        if (isNobody) session.pauseReceiving();  // what comes behind is of whom it names
        const bool begun = checker_->check(std::move(token), [session, busy, isNobody](const auth_jwt::Verdict& verdict) {
            obey(session, verdict);
            busy->store(false);
            if (isNobody) session.resumeReceiving();
        });
        if (!begun) session.close(CloseCode::TryAgainLater, "busy");
    }
    static void obey(const Session& session, const auth_jwt::Verdict& verdict) {
        if (verdict.problem == Problem::Expired) return session.closeFor(CloseCause::Expired, {});
        if (verdict.problem == Problem::Unknowable) return session.close(CloseCode::TryAgainLater, "the server stops");
        if (verdict.problem != Problem::None) {
            log::info(kName, "did not believe a token of session " + std::to_string(session.id()) + ": " + std::string{name(verdict.problem)});
            return session.closeFor(CloseCause::Policy, "not signed in");
        }
        try {
            session.setPrincipal(verdict.principal);
        } catch (const std::invalid_argument&) {
            session.closeFor(CloseCause::Policy, "another user's token");
        } catch (const SessionClosed&) {  // it has just gone
        }
    }

    const std::shared_ptr<Checker> checker_;
};

}  // namespace

AuthJwt::AuthJwt(Config config, KeySource::Fetch fetch)
    : config_{checked(std::move(config))}, keys_{std::make_shared<KeySource>(keysOf(config_), config_.jwks, config_.refresh, std::move(fetch))} {}

void AuthJwt::install(ServerContainer& server) {
    checker_ = std::make_shared<Checker>(Verifier{rulesOf(config_)}, keys_, *server.service<Executor>(), config_.cache);
    server.addInterceptor(std::make_shared<AtTheDoor>(config_, checker_));
    if (config_.message.count() > 0) server.addInterceptor(std::make_shared<InBand>(checker_));
}

}  // namespace patchbay::auth_jwt
