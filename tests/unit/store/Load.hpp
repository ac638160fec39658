#pragma once
// Commits of everything that a commit may have, each known by its number.

#include <patchbay/sqlite_store.hpp>

#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

namespace patchbay::test {

class Load {
public:
    static constexpr const char* kTopics[] = {"a", "b", "c"};
    /// Some are longer than a page.
    static std::string dataOf(std::uint64_t number) { return std::to_string(number) + ' ' + std::string(number % 7 == 0 ? 6000 : 50, 'x'); }
    static ClientKey client() { return {"ann", "client"}; }

    explicit Load(DatabaseOptions options) : database_{std::make_shared<Database>(std::move(options))}, store_{database_} {
        database_->migrate("load", {"CREATE TABLE load (number INTEGER PRIMARY KEY) STRICT"});
    }

    /// So many commits, as fast as the queue takes them; `acknowledged` is told of each that is on the disk, on the writer's thread.
    /// Waits for none: the destructor does.
    void run(std::uint64_t count, const std::function<void(std::uint64_t number)>& acknowledged) {
        for (std::uint64_t number = 1; number <= count; ++number) {
            store_.commit(commitOf(number), [acknowledged, number](Outcome<Committed> outcome) {
                try {
                    outcome.take();
                } catch (const StoreError&) {
                    return;
                }
                acknowledged(number);
            });
        }
    }

private:
    Commit commitOf(std::uint64_t number) {
        Commit commit;
        for (const char* const topic : kTopics) commit.appends.push_back({.topic = topic, .data = dataOf(number)});
        commit.answer = Answer{client(), number, 1, "ok"};
        commit.parts.push_back(database_->part([number](Transaction& sql) { sql.run("INSERT INTO load VALUES (?)", number); }));
        return commit;
    }

    const std::shared_ptr<Database> database_;
    SqliteStore store_;
};

}  // namespace patchbay::test
