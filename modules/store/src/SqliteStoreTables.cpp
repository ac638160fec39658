#include "SqliteStoreTables.hpp"

namespace patchbay::store {
namespace {

void trimTopic(Transaction& sql, const TopicRetention& retention) {
    struct TopicRow {
        std::int64_t id;
        std::uint64_t last;
        std::size_t bytes;
    };
    struct Oldest {
        std::uint64_t offset;
        std::size_t size;
        Microseconds at;
    };
    const auto topic = sql.first<TopicRow>("SELECT id, last, bytes FROM topic WHERE name = ?", retention.topic);
    if (!topic) return;
    const Microseconds since = toMicroseconds(retention.since);
    std::uint64_t upTo = 0;
    std::size_t bytes = topic->bytes;
    // From the oldest on, as far as one goes: offsets have no gap.
    sql.each<Oldest>(
        "SELECT offset, length(data) + length(CAST(key AS BLOB)), at FROM publication WHERE topic = ? ORDER BY offset",
        [&](const Oldest& oldest) {
            const std::uint64_t messages = topic->last + 1 - oldest.offset;
            if (messages <= retention.messages && bytes <= retention.bytes && oldest.at >= since) return false;
            upTo = oldest.offset;
            bytes -= oldest.size;
            return true;
        },
        topic->id);
    if (upTo == 0) return;
    sql.run("DELETE FROM publication WHERE topic = ? AND offset <= ?", topic->id, upTo);
    sql.run("UPDATE topic SET bytes = ? WHERE id = ?", bytes, topic->id);
}

void trimAnswers(Transaction& sql, Microseconds since) {
    struct Old {
        std::int64_t client;
        std::uint64_t upTo;
    };
    for (const Old& old : sql.all<Old>("SELECT client, max(id) FROM answer WHERE at < ? GROUP BY client", since)) forgetAnswers(sql, old.client, old.upTo);
}

}  // namespace

Microseconds toMicroseconds(std::chrono::system_clock::time_point time) noexcept {
    return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

std::chrono::system_clock::time_point fromMicroseconds(Microseconds time) noexcept {
    return std::chrono::system_clock::time_point{std::chrono::microseconds{time}};
}

// Steps are added at the end and never changed: files know them by their number.
const std::vector<std::string>& tables() {
    static const std::vector<std::string> steps{R"(
CREATE TABLE topic (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  epoch INTEGER NOT NULL,
  last INTEGER NOT NULL,      -- the offset of its last publication, kept or not
  bytes INTEGER NOT NULL,     -- of the data and keys that are kept
  touched INTEGER NOT NULL
) STRICT;
CREATE TABLE publication (
  topic INTEGER NOT NULL REFERENCES topic,
  offset INTEGER NOT NULL,
  kind INTEGER NOT NULL,      -- 0 text, 1 bytes
  data BLOB NOT NULL,
  key TEXT NOT NULL,
  client TEXT NOT NULL,       -- the public name of who published it
  request INTEGER NOT NULL,
  amends INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (topic, offset)
) STRICT, WITHOUT ROWID;
CREATE TABLE client (
  id INTEGER PRIMARY KEY,
  subject TEXT NOT NULL,
  secret TEXT NOT NULL,
  forgotten INTEGER NOT NULL, -- outcomes of ids up to this one are not known any longer
  touched INTEGER NOT NULL,
  UNIQUE (subject, secret)
) STRICT;
CREATE TABLE answer (
  client INTEGER NOT NULL REFERENCES client,
  id INTEGER NOT NULL,
  outcome BLOB NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (client, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX answer_by_time ON answer (at);
)"};
    return steps;
}

void forgetAnswers(Transaction& sql, std::int64_t client, std::uint64_t upTo) {
    sql.run("DELETE FROM answer WHERE client = ? AND id <= ?", client, upTo);
    sql.run("UPDATE client SET forgotten = max(forgotten, ?) WHERE id = ?", upTo, client);
}

void trim(Transaction& sql, const Retention& retention) {
    constexpr auto kNever = std::chrono::system_clock::time_point::min();
    for (const TopicRetention& topic : retention.topics) trimTopic(sql, topic);
    if (retention.answersSince != kNever) trimAnswers(sql, toMicroseconds(retention.answersSince));
    if (retention.clientsSince != kNever) {
        sql.run("DELETE FROM client WHERE touched < ? AND NOT EXISTS (SELECT 1 FROM answer WHERE answer.client = client.id)",
                toMicroseconds(retention.clientsSince));
    }
    if (retention.emptyTopicsSince != kNever) {
        sql.run("DELETE FROM topic WHERE touched < ? AND NOT EXISTS (SELECT 1 FROM publication WHERE publication.topic = topic.id)",
                toMicroseconds(retention.emptyTopicsSince));
    }
    if (retention.unusedTopicsSince != kNever) sql.run("DELETE FROM topic WHERE touched < ? AND last = 0", toMicroseconds(retention.unusedTopicsSince));
}

}  // namespace patchbay::store
