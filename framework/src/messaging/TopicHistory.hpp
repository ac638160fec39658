#pragma once
// What a topic with history has besides: what is here of its publications, and who waits for what is not.

#include "messaging/RecentPublications.hpp"
#include "messaging/Topic.hpp"

#include <chrono>
#include <cstddef>
#include <vector>

namespace patchbay::messaging {

/// Guarded by the topic's lock.
struct Topic::History {
    RecentPublications recent;
    std::vector<Waiting> waiting;
    std::size_t pending = 0;   // commits that are on their way
    bool isOpening = false;    // the store has been asked where it stands
    bool isRead = false;       // a read is on its way
    std::size_t messages = 0;  // since the last trim
    std::size_t bytes = 0;
    std::chrono::system_clock::time_point newest{};   // when the newest was published, or might have been
    std::chrono::system_clock::time_point trimmed{};
    bool isQuiet = true;       // since it was last looked after
    bool isEmpty = false;      // nothing of it is kept: it is worth no more than its name
};

}  // namespace patchbay::messaging
