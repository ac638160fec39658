#pragma once
// What the hostile clients find: endpoints as an application would write them, with limits that a test can reach.

#include <patchbay/annotations.hpp>
#include <patchbay/topics.hpp>

#include <string>
#include <vector>

namespace hostile {

class Echo {
    SERVER_ENDPOINT(Echo, "/echo", .origins = {"*"})
public:
    ON_MESSAGE(text)
    std::string_view text(std::string_view message) { return message; }

    ON_MESSAGE(binary)
    patchbay::Bytes binary(patchbay::Bytes message) { return message; }
};

struct Record {
    std::string text;
    double number;
    std::vector<std::string> list;
};

class Json {
    SERVER_ENDPOINT(Json, "/json", .origins = {"*"})
public:
    ON_MESSAGE(record)
    const Record& record(const Record& record) { return record; }
};

/// Each message to everyone here, the sender included.
class Room {
    SERVER_ENDPOINT(Room, "/room", .origins = {"*"}, .sendQueue = {.bytes = 2_MiB})
public:
    explicit Room(patchbay::Topics& topics) : topics_{topics} {}

    ON_OPEN(joined)
    void joined(patchbay::Session session) { session.subscribe("all"); }

    ON_MESSAGE(text)
    void text(std::string_view message) { topics_.publish("all", message); }

private:
    patchbay::Topics& topics_;
};

/// The same, for peers that do not keep up; the configuration says what becomes of them.
class Feed : public Room {
    SERVER_ENDPOINT(Feed, "/feed", .origins = {"*"})
public:
    using Room::Room;
    ON_OPEN(joined)
    ON_MESSAGE(text)
};

}  // namespace hostile
