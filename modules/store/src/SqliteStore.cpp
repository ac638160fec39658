#include <patchbay/sqlite_store.hpp>

#include "SqliteStoreTables.hpp"

#include <patchbay/config.hpp>
#include <patchbay/server_container.hpp>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <span>
#include <utility>

namespace patchbay {
namespace {

using store::Microseconds, store::toMicroseconds, store::fromMicroseconds;

constexpr auto kMostNumber = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

struct TopicRow {
    std::int64_t id;
    std::uint64_t epoch;
    std::uint64_t last;
};

struct PublicationRow {
    std::uint64_t offset;
    MessageKind kind;
    std::vector<std::byte> data;
    std::string key;
    std::string client;
    std::uint64_t request;
    std::uint64_t amends;
    Microseconds at;
};

Publication publicationOf(PublicationRow& row) {
    return {row.offset,         row.kind,    std::string{asText(row.data)}, std::move(row.key), std::move(row.client), row.request, row.amends,
            fromMicroseconds(row.at)};
}

/// A commit, in its transaction.
class Committing {
public:
    Committing(Transaction& sql, std::chrono::system_clock::time_point now, const void* database)
        : sql_{sql}, now_{now}, at_{toMicroseconds(now)}, database_{database} {}

    Committed run(const Commit& commit) {
        Committed done;
        done.at = now_;
        for (const auto& part : commit.parts) run(*part);
        for (const std::string& name : commit.opens) done.opened.push_back(positionOf(opened(name)));
        for (const Append& one : commit.appends) {
            const TopicRow topic = advanced(one.topic, one.data.size() + one.key.size());
            insert(topic, one.kind, one.data, one.key, one.client, one.request, 0);
            done.appended.push_back(positionOf(topic));
        }
        for (const Amend& one : commit.amends) {
            done.keys.emplace_back();
            done.amended.push_back(amend(one, done.keys.back()));
        }
        if (commit.answer) record(*commit.answer);
        return done;
    }

private:
    static TopicPosition positionOf(const TopicRow& topic) noexcept { return {topic.epoch, topic.last}; }

    void run(CommitPart& part) {
        if (part.database() != database_)
            throw StoreError{StoreFault::Unsupported, "a part of the commit is of another database than the history"};
        static_cast<detail::SqlPart&>(part).run(sql_);
    }

    TopicRow opened(const std::string& name) {
        if (const auto topic = sql_.first<TopicRow>("UPDATE topic SET touched = ?2 WHERE name = ?1 RETURNING id, epoch, last", name, at_)) return *topic;
        return *sql_.first<TopicRow>("INSERT INTO topic (name, epoch, last, bytes, touched) VALUES (?, ?, 0, 0, ?) RETURNING id, epoch, last", name,
                                     newEpoch(), at_);
    }
    /// With the offset of one more, of so many bytes.
    TopicRow advanced(const std::string& name, std::size_t bytes) {
        constexpr std::string_view kAdvance =
            "UPDATE topic SET last = last + 1, bytes = bytes + ?2, touched = ?3 WHERE name = ?1 RETURNING id, epoch, last";
        if (const auto topic = sql_.first<TopicRow>(kAdvance, name, bytes, at_)) return *topic;
        opened(name);
        return *sql_.first<TopicRow>(kAdvance, name, bytes, at_);
    }
    void insert(const TopicRow& topic, MessageKind kind, std::string_view data, std::string_view key, std::string_view client, std::uint64_t request,
                std::uint64_t amends) {
        sql_.run("INSERT INTO publication VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", topic.id, topic.last, kind, asBytes(data), key, client, request, amends, at_);
    }

    /// `key`: becomes that of what it replaces.
    TopicPosition amend(const Amend& one, std::string& key) {
        struct Old {
            std::int64_t topic;
            std::string key;
            std::size_t size;
        };
        const auto old = sql_.first<Old>("SELECT topic, key, length(data) FROM publication WHERE topic = (SELECT id FROM topic WHERE name = ?) AND offset = ?",
                                         one.topic, std::min(one.offset, kMostNumber));
        if (!old)
            throw StoreError{StoreFault::NoSuchOffset, "there is no publication " + std::to_string(one.offset) + " to amend in that topic"};
        sql_.run("UPDATE publication SET kind = ?, data = ? WHERE topic = ? AND offset = ?", one.kind, asBytes(one.data), old->topic, one.offset);
        sql_.run("UPDATE topic SET bytes = bytes + ? - ? WHERE id = ?", one.data.size(), old->size, old->topic);
        const TopicRow topic = advanced(one.topic, one.data.size() + old->key.size());
        insert(topic, one.kind, one.data, old->key, one.client, one.request, one.offset);
        key = old->key;
        return positionOf(topic);
    }

    void record(const Answer& answer) {
        struct ClientRow {
            std::int64_t id;
            std::uint64_t forgotten;
        };
        auto client = sql_.first<ClientRow>("UPDATE client SET touched = ?3 WHERE subject = ?1 AND secret = ?2 RETURNING id, forgotten", answer.from.subject,
                                            answer.from.client, at_);
        if (!client) {
            client = sql_.first<ClientRow>("INSERT INTO client (subject, secret, forgotten, touched) VALUES (?, ?, 0, ?) RETURNING id, forgotten",
                                           answer.from.subject, answer.from.client, at_);
        }
        if (answer.id <= client->forgotten || sql_.first<int>("SELECT 1 FROM answer WHERE client = ? AND id = ?", client->id, answer.id))
            throw StoreError{StoreFault::AlreadyAnswered, "the request " + std::to_string(answer.id) + " has been answered"};
        sql_.run("INSERT INTO answer VALUES (?, ?, ?, ?)", client->id, answer.id, asBytes(answer.outcome), at_);
        // This outcome it cannot know yet, whatever it says.
        const std::uint64_t unknown = std::min(answer.next, answer.id);
        if (unknown > client->forgotten + 1) store::forgetAnswers(sql_, client->id, unknown - 1);
        const auto surplus = sql_.first<std::uint64_t>("SELECT id FROM answer WHERE client = ? ORDER BY id DESC LIMIT 1 OFFSET ?", client->id, kMostAnswers);
        if (surplus) store::forgetAnswers(sql_, client->id, *surplus);
        keepAnswerBytes(client->id);
    }

    /// From the highest id down, as far as they go; the highest stays whatever its size.
    void keepAnswerBytes(std::int64_t client) {
        struct Kept {
            std::uint64_t id;
            std::size_t bytes;
        };
        std::size_t bytes = 0;
        std::uint64_t upTo = 0;
        bool isHighest = true;
        sql_.each<Kept>(
            "SELECT id, length(outcome) FROM answer WHERE client = ? ORDER BY id DESC",
            [&](const Kept& one) {
                bytes += one.bytes;
                if (!std::exchange(isHighest, false) && bytes > kMostAnswerBytes) upTo = one.id;
                return upTo == 0;
            },
            client);
        if (upTo != 0) store::forgetAnswers(sql_, client, upTo);
    }

    Transaction& sql_;
    const std::chrono::system_clock::time_point now_;
    const Microseconds at_;
    const void* const database_;
};

Slice slice(Snapshot& sql, const Range& range) {
    Slice slice;
    const auto topic = sql.first<TopicRow>("SELECT id, epoch, last FROM topic WHERE name = ?", range.topic);
    if (!topic) {
        slice.kept = 1;
        slice.whole = range.after == 0;
        return slice;
    }
    slice.last = {topic->epoch, topic->last};
    slice.kept = sql.first<std::uint64_t>("SELECT offset FROM publication WHERE topic = ? ORDER BY offset LIMIT 1", topic->id).value_or(topic->last + 1);
    slice.whole = range.after <= topic->last;
    const std::uint64_t end = std::min(range.before, topic->last + 1);     // first that is not asked for
    const std::uint64_t wanted = std::min(range.after, kMostNumber - 1) + 1;  // first that is
    if (wanted >= end) return slice;
    const bool oldestFirst = range.from == Range::From::Oldest;
    const auto add = [&](PublicationRow& row) { slice.publications.push_back(publicationOf(row)); };
    const std::string_view statement =
        oldestFirst ? "SELECT offset, kind, data, key, client, request, amends, at FROM publication WHERE topic = ? AND offset >= ? AND offset < ? "
                      "ORDER BY offset LIMIT ?"
                    : "SELECT offset, kind, data, key, client, request, amends, at FROM publication WHERE topic = ? AND offset >= ? AND offset < ? "
                      "ORDER BY offset DESC LIMIT ?";
    sql.each<PublicationRow>(statement, add, topic->id, wanted, end, std::min<std::uint64_t>(range.limit, kMostNumber));
    if (!oldestFirst) std::reverse(slice.publications.begin(), slice.publications.end());
    slice.whole = slice.publications.size() == end - wanted;
    return slice;
}

Answers answersOf(Snapshot& sql, const ClientKey& key) {
    struct ClientRow {
        std::int64_t id;
        std::uint64_t forgotten;
    };
    struct AnswerRow {
        std::uint64_t id;
        std::vector<std::byte> outcome;
    };
    Answers answers;
    const auto client = sql.first<ClientRow>("SELECT id, forgotten FROM client WHERE subject = ? AND secret = ?", key.subject, key.client);
    if (!client) return answers;
    answers.forgotten = client->forgotten;
    sql.each<AnswerRow>(
        "SELECT id, outcome FROM answer WHERE client = ? ORDER BY id",
        [&](AnswerRow& row) { answers.records.push_back({row.id, std::string{asText(row.outcome)}}); }, client->id);
    return answers;
}

}  // namespace

SqliteStore::SqliteStore(std::shared_ptr<Database> database, std::function<WallClock::time_point()> now)
    : database_{std::move(database)}, now_{std::move(now)} {
    database_->migrate("patchbay", store::tables());
}

void SqliteStore::commit(Commit commit, Receiver<Committed> receiver) {
    database_->write(
        [commit = std::move(commit), now = now_, database = database_->identity()](Transaction& sql) {
            return Committing{sql, now(), database}.run(commit);
        },
        std::move(receiver));
}

void SqliteStore::read(Range range, Receiver<Slice> receiver) {
    database_->read([range = std::move(range)](Snapshot& sql) { return slice(sql, range); }, std::move(receiver));
}

void SqliteStore::answers(ClientKey of, Receiver<Answers> receiver) {
    database_->read([of = std::move(of)](Snapshot& sql) { return answersOf(sql, of); }, std::move(receiver));
}

void SqliteStore::trim(Retention retention, Receiver<void> receiver) {
    database_->write([retention = std::move(retention)](Transaction& sql) { store::trim(sql, retention); }, std::move(receiver));
}

void openStore(ServerContainer& server, const StoreConfig& config) {
    const std::filesystem::path file{config.file};
    if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path());
    auto database = std::make_shared<Database>(DatabaseOptions{.file = file});
    server.keepHistoryIn(std::make_shared<SqliteStore>(database));
    server.provide(std::move(database));
}

}  // namespace patchbay
