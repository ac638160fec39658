// EXPECT: local class
// EXPECT: SERVER_ENDPOINT(Room, "/chat/{room}")
#include <patchbay/annotations.hpp>

void serve() {
    class Room {
        SERVER_ENDPOINT(Room, "/chat/{room}")
    public:
        ON_MESSAGE(said)
        void said(std::string_view text);
    };
}
