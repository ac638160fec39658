#include "Guard.hpp"

#include "BanList.hpp"
#include "BannedOnes.hpp"
#include "Buckets.hpp"
#include "Census.hpp"
#include "HalfOpen.hpp"

#include <patchbay/detail/Image.hpp>
#include <patchbay/executor.hpp>
#include <patchbay/log.hpp>

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace patchbay::guard {
namespace {

constexpr std::string_view kName = "guard";
/// How often a file of bans is looked at.
constexpr std::chrono::seconds kLook{1};

using Refusal = HandshakeResponse::Rejection;

Refusal banned() { return {403, {}, "you are banned here\n"}; }

std::optional<Refusal> refusalOf(Census::Verdict verdict) {
    const auto with = [](int status, std::string why) { return Refusal{status, {{"Retry-After", "10"}}, std::move(why)}; };
    switch (verdict) {
        case Census::Verdict::Welcome: break;
        case Census::Verdict::TooManyInAll: return with(503, "the server has as many sessions as it may have\n");
        case Census::Verdict::TooManyStrangers: return with(503, "too many have still to say who they are\n");
        case Census::Verdict::TooManyOfAddress: return with(429, "too many sessions from your address\n");
        case Census::Verdict::TooManyStrangersOfAddress: return with(429, "too many from your address have still to say who they are\n");
        case Census::Verdict::TooManyOfUser: return with(429, "too many sessions of yours\n");
    }
    return std::nullopt;
}

/// What the hooks share.   Thread: any.
class House {
public:
    House(const Config& config, std::shared_ptr<ServerClock> theClock, std::shared_ptr<Users> users)
        : clock{std::move(theClock)},
          census{std::make_shared<Census>(Census::Limits{.sessions = config.sessions,
                                                         .ofAddress = config.sessionsPerAddress,
                                                         .ofUser = config.sessionsPerUser,
                                                         .strangers = config.strangers,
                                                         .strangersOfAddress = config.strangersPerAddress},
                                          Prices{config.messagesPerSecond, config.bytesPerSecond.bytes}, clock)},
          bans{std::make_shared<BannedOnes>(clock, std::move(users), census)},
          handshakes_{{static_cast<double>(config.handshakesPerMinute) / 60, config.handshakesAtOnce}} {}

    /// Nothing for nobody in particular.
    std::optional<Source> userOf(const Principal& principal) const {
        if (!principal.isSomebody()) return std::nullopt;
        return Source::ofUser(principal.name, userKey_);
    }
    std::optional<Refusal> takeHandshake(const std::optional<Source>& source) {
        if (!source) return std::nullopt;
        const auto now = clock->now();
        std::unique_lock guard{lock_};
        const auto wait = handshakes_.take(*source, now);
        guard.unlock();
        if (wait <= Clock::duration::zero()) return std::nullopt;
        const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
        return Refusal{429, {{"Retry-After", std::to_string(seconds)}}, "too many handshakes; come more slowly\n"};
    }

    const std::shared_ptr<ServerClock> clock;
    const std::shared_ptr<Census> census;
    const std::shared_ptr<BannedOnes> bans;

private:
    const HashKey userKey_ = randomHashKey();
    std::mutex lock_;  // guards what follows
    Buckets handshakes_;
};

class AtTheDoor final : public HandshakeInterceptor {
public:
    explicit AtTheDoor(std::shared_ptr<House> house) : house_{std::move(house)} {}

    void onHandshake(const HandshakeRequest& request, HandshakeResponse& response) override {
        const auto source = Source::of(request.remoteAddress);
        auto refused = judge(source);
        if (refused) response.reject(refused->status, std::move(refused->headers), std::move(refused->body));
    }
    std::optional<Refusal> onIdentified(const HandshakeRequest& request, const HandshakeResponse& response) override {
        const Principal& principal = response.principal;
        // His address has been judged; while others took their time for that, it may have been banned.
        const bool isKnown = principal.isSomebody() || response.authenticateWithin;
        if (!isKnown && !house_->bans->hasSome()) return std::nullopt;
        const auto source = Source::of(request.remoteAddress);
        if (source && house_->bans->has(*source)) return banned();
        if (!isKnown) return std::nullopt;
        const auto user = house_->userOf(principal);
        if (user && house_->bans->has(std::string_view{principal.name})) return banned();
        if (auto refused = house_->takeHandshake(user)) return refused;
        return refusalOf(house_->census->wouldBe({source, user, response.authenticateWithin.has_value()}));
    }

private:
    std::optional<Refusal> judge(const std::optional<Source>& source) {
        if (source && house_->bans->has(*source)) return banned();
        if (auto refused = house_->takeHandshake(source)) return refused;
        return refusalOf(house_->census->wouldBe({source, std::nullopt, false}));
    }

    const std::shared_ptr<House> house_;
};

/// Counts who is there. Between a handshake's verdict and its session others may have come, or it may have been banned.
class Sessions final : public SessionListener {
public:
    explicit Sessions(std::shared_ptr<House> house) : house_{std::move(house)} {}

    void opened(const Session& session) override {
        if (!session.isOpen()) return;  // a listener before has closed it
        const auto principal = session.principal();
        const Who who{Source::of(session.remoteAddress()), house_->userOf(*principal), session.isStranger()};
        auto entry = house_->census->add(session, who);
        if (who.address && house_->bans->has(*who.address)) return session.closeFor(CloseCause::Banned, {});
        greet(session, *principal, std::move(entry));
    }
    void principalChanged(const Session& session) override {
        if (!session.isOpen()) return;
        const auto principal = session.principal();
        if (const auto user = house_->userOf(*principal)) greet(session, *principal, house_->census->name(session, *user));
    }
    void closed(const Session& session, const CloseReason&) override { house_->census->remove(session); }

private:
    void greet(const Session& session, const Principal& principal, Census::Entry entry) const {
        if (principal.isSomebody() && house_->bans->has(std::string_view{principal.name})) return session.closeFor(CloseCause::Banned, {});
        if (entry.verdict != Census::Verdict::Welcome) return session.close(CloseCode::TryAgainLater, "too many");
        if (entry.toll) session.setToll(std::move(entry.toll), image_);
    }

    const std::shared_ptr<House> house_;
    const detail::ImagePin image_ = detail::thisImage();  // which is not looked for again for each session
};

/// What the operator bans: in the configuration, and in a file.   Thread: any.
class Operator {
public:
    Operator(const Config& config, std::shared_ptr<BannedOnes> bans) : bans_{std::move(bans)}, file_{config.banFile} {
        for (const std::string& line : config.bans) always_.push_back(readBan(line).ban);
    }
    /// Errors: std::invalid_argument.
    void begin() {
        if (file_.path().empty()) return static_cast<void>(bans_->setOperators(always_));
        if (const auto listed = file_.readIfChanged()) put(*listed);
    }
    void look() {
        const std::unique_lock one{looking_, std::try_to_lock};
        if (!one) return;  // a disk that takes its time
        try {
            const auto listed = file_.readIfChanged();
            if (!listed) return;
            const std::size_t ended = put(*listed);
            log::info(kName, file_.path() + " has " + std::to_string(listed->size()) + " bans; " + std::to_string(ended) + " sessions end");
        } catch (const std::invalid_argument& error) {
            log::error(kName, std::string{error.what()} + "; the bans are as they were");
        }
    }

private:
    std::size_t put(std::vector<Ban> listed) {
        listed.insert(listed.begin(), always_.begin(), always_.end());
        return bans_->setOperators(listed);
    }

    const std::shared_ptr<BannedOnes> bans_;
    std::vector<Ban> always_;
    BanFile file_;
    std::mutex looking_;
};

}  // namespace

Guard::Guard(Config config) : config_{std::move(config)} {
    if (config_.handshakesPerMinute == 0 || config_.handshakesAtOnce == 0) {
        throw std::invalid_argument{"handshakesPerMinute and handshakesAtOnce: 0 lets nobody in; leave the plugin out to let everybody in"};
    }
}

void Guard::install(ServerContainer& server) {
    const auto house = std::make_shared<House>(config_, server.service<ServerClock>(), server.service<Users>());
    const auto theOperator = std::make_shared<Operator>(config_, house->bans);
    theOperator->begin();
    server.provide<Bans>(house->bans);
    server.addListener(std::make_shared<HalfOpen>(config_.halfOpen, config_.halfOpenPerAddress));
    server.addInterceptor(std::make_shared<AtTheDoor>(house));
    server.addListener(std::make_shared<Sessions>(house));
    if (config_.banFile.empty()) return;
    server.every(kLook, [theOperator, executor = server.service<Executor>()] { executor->post([theOperator] { theOperator->look(); }); });
}

}  // namespace patchbay::guard
