#pragma once
// Verdicts on tokens, off the loops: at once where a token has been believed before, else from the server's pool. Who brings a token that
// is being looked at waits for that verdict.

#include "Cache.hpp"
#include "KeySource.hpp"
#include "Verifier.hpp"

#include <patchbay/executor.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace patchbay::auth_jwt {

/// Thread: any.
class Checker : public std::enable_shared_from_this<Checker> {
public:
    using Done = std::function<void(const Verdict&)>;

    Checker(Verifier verifier, std::shared_ptr<KeySource> keys, Executor executor, std::size_t cache)
        : verifier_{std::move(verifier)}, keys_{std::move(keys)}, executor_{std::move(executor)}, cache_{cache} {}

    /// Of a token that has been believed, and of one that is too long to be one.
    std::optional<Verdict> known(std::string_view token);
    /// Calls `done` once, on another thread. False when too much waits: then it is dropped.
    bool check(std::string token, Done done);
    /// How many signatures have been looked at.
    std::uint64_t verified() const;

private:
    void judge(const std::string& token, const TokenHash& hash, bool again);
    void finish(const TokenHash& hash, const Verdict& verdict);

    const Verifier verifier_;
    const std::shared_ptr<KeySource> keys_;
    const Executor executor_;
    mutable std::mutex lock_;  // guards what follows
    Cache cache_;
    std::shared_ptr<const KeySet> cachedBy_;  // whose signatures are remembered
    std::unordered_map<TokenHash, std::vector<Done>, FirstBytes> waiting_;
    std::uint64_t verified_ = 0;
};

}  // namespace patchbay::auth_jwt
