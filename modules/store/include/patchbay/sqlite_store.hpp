#pragma once
// SqliteStore: history, and what requests have come to, in a Database. It outlives the process; its commits are the database's, so that rows
// of an application's own may be part of them (Database::part).

#include <patchbay/database.hpp>
#include <patchbay/store.hpp>

#include <functional>
#include <memory>

namespace patchbay {

class ServerContainer;
struct StoreConfig;

/// Thread: any.   Receivers are told on the database's threads, or within the call where it is refused.
class SqliteStore final : public Store {
public:
    using WallClock = std::chrono::system_clock;
    /// Makes its tables where they are not there: waits for it.   Errors: as Database::migrate.
    /// `now` is for tests that turn the clock.   Thread of `now`: any.
    explicit SqliteStore(std::shared_ptr<Database> database, std::function<WallClock::time_point()> now = &WallClock::now);

    void commit(Commit commit, Receiver<Committed> receiver) override;
    void read(Range range, Receiver<Slice> receiver) override;
    void answers(ClientKey of, Receiver<Answers> receiver) override;
    void trim(Retention retention, Receiver<void> receiver) override;
    Health health() const override { return database_->health(); }

private:
    const std::shared_ptr<Database> database_;
    const std::function<WallClock::time_point()> now_;
};

/// Opens the file that a configuration names (its folder is made where it is not there), keeps the server's durable topics there, and provides
/// it as Database&: `Application{.openStore = openStore}`.   Errors: as Database and SqliteStore; std::filesystem::filesystem_error.
void openStore(ServerContainer& server, const StoreConfig& config);

}  // namespace patchbay
