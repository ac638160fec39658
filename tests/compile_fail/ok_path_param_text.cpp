#include <patchbay/annotations.hpp>

#include <functional>
#include <map>
#include <ostream>
#include <unordered_map>

namespace app {

struct Said {
    std::string room;
};

/// The twelve usual uses of a text from the path.
class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}/{seat}")
public:
    ON_OPEN(joined)
    void joined(patchbay::Session session, patchbay::PathParam<"room"> room, patchbay::PathParam<"seat"> seat) {
        std::string copied = room;
        copied = room;
        std::string made{room};
        const std::string_view view = room;
        members_[room] = view.size();
        hashed_[room] = room.size();
        if (room == "lobby" || "hall" == room || room == copied || room.empty() || room == seat) return;
        session.subscribe(room);
        session.send(room);
        session.send(Said{room});
        session.send("in " + room + " of " + made);
        session.send(room + ", " + seat + (room + seat) + (copied + room));
        *log_ << room;
        take(room);
        takeView(room);
    }

private:
    static void take(const std::string&) {}
    static void takeView(std::string_view) {}

    std::map<std::string, std::size_t, std::less<>> members_;
    std::unordered_map<std::string, std::size_t> hashed_;
    std::ostream* log_ = nullptr;
};

}  // namespace app
