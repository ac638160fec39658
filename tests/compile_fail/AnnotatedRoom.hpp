#pragma once

#include <patchbay/annotations.hpp>

namespace app {

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said)
    void said(std::string_view text) { last_ = text; }

private:
    std::string last_;
};

}  // namespace app
