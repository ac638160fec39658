#include "Cache.hpp"

#include <openssl/evp.h>

#include <iterator>
#include <new>
#include <utility>

namespace patchbay::auth_jwt {

TokenHash hashOf(std::string_view token) {
    TokenHash hash{};
    if (EVP_Digest(token.data(), token.size(), hash.data(), nullptr, EVP_sha256(), nullptr) != 1) throw std::bad_alloc{};
    return hash;
}

const Principal* Cache::find(const TokenHash& hash) {
    const auto place = places_.find(hash);
    if (place == places_.end()) return nullptr;
    known_.splice(known_.begin(), known_, place->second);
    return &place->second->principal;
}

void Cache::put(const TokenHash& hash, Principal principal, std::size_t bytes) {
    if (most_ == 0 || bytes > kMostBytes) return;
    if (const auto place = places_.find(hash); place != places_.end()) forget(place->second);
    while (!known_.empty() && (places_.size() >= most_ || bytes_ + bytes > kMostBytes)) forget(std::prev(known_.end()));
    known_.push_front({hash, std::move(principal), bytes});
    places_.emplace(hash, known_.begin());
    bytes_ += bytes;
}

void Cache::forget(std::list<Known>::iterator known) noexcept {
    bytes_ -= known->bytes;
    places_.erase(known->hash);
    known_.erase(known);
}

void Cache::clear() noexcept {
    places_.clear();
    known_.clear();
    bytes_ = 0;
}

}  // namespace patchbay::auth_jwt
