// Rooms whose topics are kept on the disk, for the crowd of tests/wire: whoever asks is in a room, and says something in it.
//
//     integration_wire_server --store FILE [what every program takes]

#include <patchbay/annotations.hpp>
#include <patchbay/application.hpp>
#include <patchbay/sqlite_store.hpp>
#include <patchbay/topics.hpp>

#include <cstring>
#include <string>
#include <vector>

namespace {

using namespace patchbay;

struct Say {
    std::string topic, text;
};
struct Said {
    std::string text;
};

class Rooms {
    SERVER_ENDPOINT(Rooms, "/rooms")
    TOPIC(mayJoin, "{room}", .history = {.messages = 1'000'000, .durable = true})
public:
    explicit Rooms(Topics& topics) : topics_{topics} {}

    static bool mayJoin(const Principal&, PathParam<"room">) { return true; }

    ON_MESSAGE(said)
    void said(const Say& say) { topics_.publish(say.topic, Said{say.text}); }

private:
    Topics& topics_;
};

}  // namespace

int main(int argc, char** argv) {
    ServerConfig config;
    std::vector<char*> words{argv, argv + argc};
    for (std::size_t i = 1; i + 1 < words.size(); ++i) {
        if (std::strcmp(words[i], "--store") != 0) continue;
        config.store.file = words[i + 1];
        words.erase(words.begin() + static_cast<std::ptrdiff_t>(i), words.begin() + static_cast<std::ptrdiff_t>(i) + 2);
        break;
    }
    return runApplication(static_cast<int>(words.size()), words.data(),
                          {.name = "wire-server",
                           .config = config,
                           .install = [](Server& server) { server.deployRegistered(); },
                           .openStore = openStore});
}
