#include "Checker.hpp"

#include <utility>

namespace patchbay::auth_jwt {

using std::chrono::system_clock;

std::optional<Verdict> Checker::known(std::string_view token) {
    if (token.size() > kMostToken) return Verdict{Problem::Malformed, {}};
    const TokenHash hash = hashOf(token);
    const auto keys = keys_->keys();
    const std::lock_guard guard{lock_};
    if (keys != cachedBy_) {  // a key may have been taken back
        cache_.clear();
        cachedBy_ = keys;
    }
    const Principal* const principal = cache_.find(hash);
    if (!principal) return std::nullopt;
    if (principal->expires && *principal->expires <= system_clock::now()) return Verdict{Problem::Expired, {}};
    return Verdict{Problem::None, *principal};
}

bool Checker::check(std::string token, Done done) {
    const TokenHash hash = hashOf(token);
    {
        const std::lock_guard guard{lock_};
        auto& waiting = waiting_[hash];
        waiting.push_back(std::move(done));
        if (waiting.size() > 1) return true;
    }
    if (executor_.post([self = shared_from_this(), token = std::move(token), hash] { self->judge(token, hash, false); })) return true;
    std::vector<Done> dropped;  // others may have come meanwhile: they are as unlucky
    const std::lock_guard guard{lock_};
    if (const auto place = waiting_.extract(hash)) dropped = std::move(place.mapped());
    return false;
}

std::uint64_t Checker::verified() const {
    const std::lock_guard guard{lock_};
    return verified_;
}

void Checker::judge(const std::string& token, const TokenHash& hash, bool again) {
    const auto keys = keys_->keys();
    Verdict verdict = verifier_.verify(token, *keys, system_clock::now());
    {
        const std::lock_guard guard{lock_};
        ++verified_;
        if (verdict.problem == Problem::None && keys == cachedBy_) cache_.put(hash, verdict.principal, token.size() * 2);
    }
    const bool waits = verdict.problem == Problem::NoKey && !again &&
                       keys_->whenFetched([self = shared_from_this(), token, hash] { self->judge(token, hash, true); });
    if (waits) return;
    if (verdict.problem == Problem::NoKey && keys_->hasStopped()) verdict.problem = Problem::Unknowable;
    finish(hash, verdict);
}

void Checker::finish(const TokenHash& hash, const Verdict& verdict) {
    std::vector<Done> waited;
    {
        const std::lock_guard guard{lock_};
        if (const auto place = waiting_.extract(hash)) waited = std::move(place.mapped());
    }
    for (const auto& done : waited) done(verdict);
}

}  // namespace patchbay::auth_jwt
