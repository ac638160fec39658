#pragma once
// What topics keep of what is published to them, and what is read back.
//
//     class ChatRoom {
//         SERVER_ENDPOINT(ChatRoom, "/chat/{room}")
//         TOPIC(mayJoin, "{room}", .history = {.messages = 10'000, .age = 720h, .durable = true})
//     public:
//         static bool mayJoin(const Principal& who, PathParam<"room"> room);
//         …
//         void joined(Session session, PathParam<"room"> room) { session.subscribe(room, {.last = 50}); }
//
// A topic without history is as ever: a publication reaches who is there, and is nowhere afterwards. One with history gives each an
// offset, one more for each; who joins is shown the newest, and who says where it was (SubscribeOptions::since) gets exactly what
// it has missed.

#include <patchbay/session.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace patchbay {

/// How much is recovered at most: who has missed more is shown the newest instead. Nor is it more than half of the session's send queue.
inline constexpr std::size_t kMostRecovered = 1000;

/// What a topic keeps; the oldest go first. It may be a little more for a while: what is too much is looked for every so often, of the topics that
/// somebody has joined or published to since the server started. One on the disk that nobody has touched since stays as it is, whatever its age.
struct HistoryOptions {
    std::size_t messages = 1000;                    ///< 0: it has no history
    std::size_t bytes = std::size_t{16} << 20;      ///< of data and keys together
    std::chrono::milliseconds age = std::chrono::hours{24};
    /// On the disk, and published when it is there; the configuration has to say where (`store:`). Else in memory, until the server stops.
    bool durable = false;
    /// Only the newest publication of each key counts: who joins is shown these, of the newest kMostRecovered publications that are kept. A key whose
    /// newest publication is older than that is not shown, so publish it again now and then.
    bool latest = false;
};

/// The attributes of TOPIC.
struct TopicOptions {
    HistoryOptions history = {.messages = 0};
};

/// Which part of a history is read.
struct HistoryRange {
    std::uint64_t before = UINT64_MAX;  ///< an offset, exclusive; without it the newest are read
    std::size_t limit = 50;             ///< at most kMostRecovered
};

/// A part of a history, in the order of its offsets.
template <class T>
struct Page {
    struct Entry {
        std::uint64_t offset;
        T value;
        std::chrono::system_clock::time_point at;  ///< when it was published
    };
    TopicPosition position;  ///< where the topic stood; zeros: it has no history
    std::vector<Entry> list;
    bool more = false;       ///< older ones are kept
};

}  // namespace patchbay
