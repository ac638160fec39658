// A member called "type" where another key is used, where no names are, and where the compiler cannot see the options; a constructor
// that asks for whatever it may.
#include <patchbay/annotations.hpp>
#include <patchbay/topics.hpp>

namespace app {

struct Row {
    std::string type, text;
};

class Keyed {
    SERVER_ENDPOINT(Keyed, "/chat/{room}", .typeKey = "kind")
public:
    Keyed(const patchbay::Session& session, patchbay::Topics& topics, patchbay::PathParam<"room"> room);
    ON_MESSAGE(said)
    Row said(const Row& row);
};

class Nameless {
    SERVER_ENDPOINT(Nameless, "/chat/{room}", .typeTags = Never)
public:
    ON_MESSAGE(said)
    Row said(const Row& row);
    ON_MESSAGE(drew)
    void drew(std::vector<std::byte> picture);
};

struct Line {
    int from, to;
};
class NamelessAnswers {
    SERVER_ENDPOINT(NamelessAnswers, "/chat/{room}", .typeTags = Never)
public:
    ON_MESSAGE(drew)
    Row drew(const Line& line);
    ON_MESSAGE(said)
    Row said(const std::string& text);
};

std::vector<std::string_view> originsOfTheDay();

class Late {
    SERVER_ENDPOINT(Late, "/chat/{room}", .origins = originsOfTheDay())
public:
    ON_MESSAGE(said)
    void said(const std::vector<std::uint8_t>& bytes);
};

}  // namespace app
