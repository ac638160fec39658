#pragma once
// Who is in which room, and what was said there last. Shared by all connections.
// Bounds: kMostPeople per room, kMostRecent messages per room; a room without people is forgotten.

#include "Messages.hpp"

#include <deque>
#include <map>
#include <mutex>
#include <optional>
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
    /// Lets somebody in under `wanted`, or under `wanted 2`, `wanted 3`… where that is taken. Nothing when it is full.
    std::optional<Entrance> enter(std::string_view room, const std::string& wanted);
    void leave(std::string_view room, const std::string& name);
    void remember(std::string_view room, const Said& said);

private:
    struct Room {
        std::vector<std::string> people;  // in the order of their coming
        std::deque<Said> recent;
    };
    std::mutex lock_;
    std::map<std::string, Room, std::less<>> rooms_;
};

}  // namespace chat
