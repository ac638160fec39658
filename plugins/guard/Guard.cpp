#include "Guard.hpp"

#include "Buckets.hpp"

#include <algorithm>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string>
#include <unordered_map>

namespace patchbay::guard {
namespace {

struct SourceHash {
    std::size_t operator()(const Source& source) const noexcept { return std::hash<std::uint64_t>{}(source.bits ^ key); }
    std::uint64_t key;
};

Buckets::Key randomKey() {
    std::random_device random;
    const auto word = [&] { return std::uint64_t{random()} << 32 | random(); };
    return {word(), word()};
}

/// How many of each are there now: as many entries as open sessions at most.   Thread: any.
class Counts {
public:
    explicit Counts(const Config& config) : config_{config} {}

    enum class Verdict : std::uint8_t { Welcome, TooManyInAll, TooManyOfAddress };
    Verdict wouldBe(const std::optional<Source>& source) const {
        const std::lock_guard guard{lock_};
        return judge(source, 1);
    }
    /// One more; what is too many then.
    Verdict add(const std::optional<Source>& source) {
        const std::lock_guard guard{lock_};
        ++all_;
        if (source) ++bySource_[*source];
        return judge(source, 0);
    }
    void remove(const std::optional<Source>& source) {
        const std::lock_guard guard{lock_};
        --all_;
        if (!source) return;
        const auto place = bySource_.find(*source);
        if (place != bySource_.end() && --place->second == 0) bySource_.erase(place);
    }

private:
    Verdict judge(const std::optional<Source>& source, std::size_t more) const {
        if (config_.sessions != 0 && all_ + more > config_.sessions) return Verdict::TooManyInAll;
        if (!source || config_.sessionsPerAddress == 0) return Verdict::Welcome;
        const auto place = bySource_.find(*source);
        const std::size_t here = place == bySource_.end() ? 0 : place->second;
        return here + more > config_.sessionsPerAddress ? Verdict::TooManyOfAddress : Verdict::Welcome;
    }

    const Config config_;
    mutable std::mutex lock_;  // guards what follows
    std::size_t all_ = 0;
    std::unordered_map<Source, std::size_t, SourceHash> bySource_{16, SourceHash{randomKey()[0]}};
};

class AtTheDoor final : public HandshakeInterceptor {
public:
    AtTheDoor(const Config& config, std::shared_ptr<Counts> counts)
        : buckets_{{static_cast<double>(config.handshakesPerMinute) / 60, config.handshakesAtOnce}, randomKey()}, counts_{std::move(counts)} {}

    void onHandshake(const HandshakeRequest& request, HandshakeResponse& response) override {
        const auto source = Source::of(request.remoteAddress);
        if (const auto wait = source ? take(*source) : Clock::duration::zero(); wait > Clock::duration::zero()) {
            const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
            return response.reject(429, {{"Retry-After", std::to_string(seconds)}}, "too many handshakes; come more slowly\n");
        }
        switch (counts_->wouldBe(source)) {
            case Counts::Verdict::Welcome: return;
            case Counts::Verdict::TooManyInAll: return response.reject(503, {{"Retry-After", "10"}}, "the server has as many sessions as it may have\n");
            case Counts::Verdict::TooManyOfAddress: return response.reject(429, {{"Retry-After", "10"}}, "too many sessions from your address\n");
        }
    }

private:
    Clock::duration take(const Source& source) {
        const std::lock_guard guard{lock_};
        return buckets_.take(source, Clock::now());
    }

    std::mutex lock_;  // guards what follows
    Buckets buckets_;
    const std::shared_ptr<Counts> counts_;
};

/// Counts who is there. Between a handshake's verdict and its session others may have come.
class Sessions final : public SessionListener {
public:
    explicit Sessions(std::shared_ptr<Counts> counts) : counts_{std::move(counts)} {}
    void opened(const Session& session) override {
        if (counts_->add(Source::of(session.remoteAddress())) != Counts::Verdict::Welcome) session.close(CloseCode::TryAgainLater, "too many");
    }
    void closed(const Session& session, const CloseReason&) override { counts_->remove(Source::of(session.remoteAddress())); }

private:
    const std::shared_ptr<Counts> counts_;
};

}  // namespace

Guard::Guard(Config config) : config_{config} {
    if (config_.handshakesPerMinute == 0 || config_.handshakesAtOnce == 0) {
        throw std::invalid_argument{"handshakesPerMinute and handshakesAtOnce: 0 lets nobody in; leave the plugin out to let everybody in"};
    }
}

void Guard::install(ServerContainer& server) {
    const auto counts = std::make_shared<Counts>(config_);
    server.addInterceptor(std::make_shared<AtTheDoor>(config_, counts));
    server.addListener(std::make_shared<Sessions>(counts));
}

}  // namespace patchbay::guard
