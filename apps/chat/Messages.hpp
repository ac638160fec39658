#pragma once
// The chat on the wire: JSON texts, told apart by "type".

#include <cstdint>
#include <string>
#include <vector>

namespace chat {

// client -> server
struct Say {
    std::string text;
};
struct Typing {};

// server -> client
struct Said {
    std::string from, text;
    std::int64_t at;  // milliseconds since 1970
};
struct Welcome {
    std::string you, room;
    std::vector<std::string> people;
    std::vector<Said> recent;
};
struct Joined {
    std::string name;
};
struct Left {
    std::string name;
};
struct IsTyping {
    std::string name;
};
struct Refused {
    std::string problem;
};

}  // namespace chat
