#pragma once
// The tokens that have been believed, by their SHA-256: a token itself is kept nowhere. Who was not seen for longest is forgotten first.

#include <patchbay/principal.hpp>

#include <array>
#include <cstddef>
#include <cstring>
#include <list>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace patchbay::auth_jwt {

using TokenHash = std::array<unsigned char, 32>;
TokenHash hashOf(std::string_view token);

/// What a hash table goes by. Who could choose it had to find tokens that are believed.
struct FirstBytes {
    std::size_t operator()(const TokenHash& hash) const noexcept {
        std::size_t first = 0;
        std::memcpy(&first, hash.data(), sizeof first);
        return first;
    }
};

/// Thread: one at a time.
class Cache {
public:
    /// Units: of all principals together, about.
    static constexpr std::size_t kMostBytes = 16 * 1024 * 1024;

    explicit Cache(std::size_t most) noexcept : most_{most} {}
    const Principal* find(const TokenHash& hash);
    /// Units of `bytes`: what it takes, about, such as the size of its token.
    void put(const TokenHash& hash, Principal principal, std::size_t bytes);
    void clear() noexcept;
    std::size_t size() const noexcept { return places_.size(); }
    std::size_t bytes() const noexcept { return bytes_; }

private:
    struct Known {
        TokenHash hash;
        Principal principal;
        std::size_t bytes;
    };
    void forget(std::list<Known>::iterator known) noexcept;

    const std::size_t most_;
    std::size_t bytes_ = 0;
    std::list<Known> known_;  // the last seen first
    std::unordered_map<TokenHash, std::list<Known>::iterator, FirstBytes> places_;
};

}  // namespace patchbay::auth_jwt
