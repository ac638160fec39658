#pragma once
// The tables of SqliteStore, and what goes from them. Times are microseconds since 1970.

#include <patchbay/database.hpp>
#include <patchbay/store.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace patchbay::store {

using Microseconds = std::int64_t;

Microseconds toMicroseconds(std::chrono::system_clock::time_point time) noexcept;
std::chrono::system_clock::time_point fromMicroseconds(Microseconds time) noexcept;

/// The steps of Database::migrate.
const std::vector<std::string>& tables();

/// Outcomes of ids up to that one are not known any longer.
void forgetAnswers(Transaction& sql, std::int64_t client, std::uint64_t upTo);
void trim(Transaction& sql, const Retention& retention);

}  // namespace patchbay::store
