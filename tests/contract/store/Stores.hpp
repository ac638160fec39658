#pragma once
// The stores that there are, each with a clock that is turned by hand.

#include "history/MemoryStore.hpp"
#include "support/Certificate.hpp"
#ifdef HAS_STORE_MODULE
#include <patchbay/sqlite_store.hpp>
#endif

#include <atomic>
#include <chrono>
#include <memory>
#include <vector>

namespace patchbay::test {

enum class StoreKind { Memory, Sqlite };

inline std::vector<StoreKind> storeKinds() {
#ifdef HAS_STORE_MODULE
    return {StoreKind::Memory, StoreKind::Sqlite};
#else
    return {StoreKind::Memory};
#endif
}

/// Thread: any.
class WallClock {
public:
    std::chrono::system_clock::time_point now() const { return std::chrono::system_clock::time_point{std::chrono::microseconds{now_.load()}}; }
    void advance(std::chrono::microseconds time) { now_ += time.count(); }

private:
    std::atomic<std::int64_t> now_{1'700'000'000'123'456};
};

struct OwnStore {
    explicit OwnStore(StoreKind kind) {
        const auto now = [this] { return clock.now(); };
        if (kind == StoreKind::Memory) store = std::make_shared<history::MemoryStore>(MemoryStoreOptions{}, now);
#ifdef HAS_STORE_MODULE
        if (kind == StoreKind::Sqlite)
            store = std::make_shared<SqliteStore>(std::make_shared<Database>(DatabaseOptions{.file = folder.path() + "/test.db"}), now);
#endif
    }

    WallClock clock;
    TemporaryFolder folder;
    std::shared_ptr<Store> store;
};

}  // namespace patchbay::test
