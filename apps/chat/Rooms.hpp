#pragma once
// Who is in which room, and what was said there last. Shared by all connections.
// Bounds: kMostPeople per room, kMostRecent messages per room; a room without people is forgotten.

#include "Messages.hpp"

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace chat {

/// Thread: any.
class Rooms {
public:
    static constexpr std::size_t kMostPeople = 500;
    static constexpr std::size_t kMostRecent = 50;

    struct Entrance {
        std::string name;
        std::vector<std::string> people;
        std::vector<Said> recent;
    };
    /// Lets somebody in under `wanted`, or under `wanted 2`, `wanted 3`… where that or what looks like it is taken. Nothing when
    /// it is full.
    /// `subscribe` is called in the same step as what was said last is copied: who comes in finds each message there, or
    /// gets it afterwards, and none in both ways.
    template <class Subscribe>
    std::optional<Entrance> enter(std::string_view room, const std::string& wanted, Subscribe subscribe) {
        const std::lock_guard guard{lock_};
        auto entrance = letIn(room, wanted);
        if (entrance) subscribe();
        return entrance;
    }
    void leave(std::string_view room, const std::string& name);
    /// Remembers it, and `publish`es it in the same step.
    template <class Publish>
    void say(std::string_view room, const Said& said, Publish publish) {
        const std::lock_guard guard{lock_};
        remember(room, said);
        publish();
    }

private:
    struct Room {
        std::vector<std::string> people;            // in the order of their coming
        std::set<std::string, std::less<>> looks;  // of their names
        std::deque<Said> recent;
    };
    std::optional<Entrance> letIn(std::string_view room, const std::string& wanted);
    void remember(std::string_view room, const Said& said);

    std::mutex lock_;  // held over subscribe and publish, which call nothing of the chat back
    std::map<std::string, Room, std::less<>> rooms_;
};

}  // namespace chat
