#include <patchbay/database.hpp>

#include "DatabaseCore.hpp"

#include <future>

namespace patchbay {
namespace {

std::size_t stepsDone(Snapshot& sql, const std::string& owner) {
    return sql.first<std::size_t>("SELECT steps FROM patchbay_schema WHERE owner = ?", owner).value_or(0);
}

/// What comes of a job, for a thread that may wait.
template <class T>
T waitFor(const std::function<void(Receiver<T>)>& begin) {
    std::promise<Outcome<T>> promise;
    begin([&](Outcome<T> outcome) { promise.set_value(std::move(outcome)); });
    return promise.get_future().get().take();
}

}  // namespace

Database::Database(DatabaseOptions options) : core_{std::make_shared<detail::DatabaseCore>(std::move(options))} {
    try {
        core_->start();
    } catch (...) {
        core_->stop();  // of its threads, those that there are
        throw;
    }
}

Database::~Database() { core_->stop(); }

Health Database::health() const { return core_->health(); }
std::size_t Database::waiting() const noexcept { return core_->waiting(); }
std::uint64_t Database::commits() const noexcept { return core_->commits(); }

void Database::migrate(const std::string& owner, const std::vector<std::string>& steps) {
    if (core_->isHere()) throw std::logic_error{"Database::migrate waits for the thread that it is called on"};
    const auto done = waitFor<std::size_t>([&](Receiver<std::size_t> receiver) {
        read([&](Snapshot& sql) { return stepsDone(sql, owner); }, std::move(receiver));
    });
    if (done > steps.size()) {
        core_->refuseForGood({StoreFault::NewerSchema, "the database was written by a newer program: the tables of '" + owner + "' are at step " +
                                                           std::to_string(done) + ", and this one knows " + std::to_string(steps.size()) +
                                                           "; run that, or restore a copy made before. Writes are refused"});
        return;
    }
    if (done == steps.size()) return;
    waitFor<void>([&](Receiver<void> receiver) {
        write(
            [&](Transaction& sql) {
                for (std::size_t i = stepsDone(sql, owner); i < steps.size(); ++i) {
                    try {
                        sql.script(steps[i]);
                    } catch (const SqlError& error) {
                        throw SqlError{error.code(), "step " + std::to_string(i + 1) + " of '" + owner + "': " + error.what()};
                    }
                }
                sql.run("INSERT OR REPLACE INTO patchbay_schema VALUES (?, ?)", owner, steps.size());
            },
            std::move(receiver));
    });
}

}  // namespace patchbay
