#pragma once
// What the handlers of one loop have published in this turn and the subscribers do not have yet: a burst to one topic
// reaches each loop, and each subscriber on it, in one piece.
//
// Order: as published. What is handed out goes before whatever is sent or subscribed to afterwards, since those hand out
// first; so nobody can tell it from messages that went out one by one.

#include "base/Loop.hpp"
#include "messaging/Broadcast.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay::messaging {

class TopicTable;

/// Thread: the loop's.
class Publications {
public:
    /// Those of `loops[index]`.   Requires: outlive it.
    Publications(const std::vector<Loop*>& loops, std::size_t index) noexcept : loops_{loops}, index_{index} {}

    void add(const std::shared_ptr<TopicTable>& table, std::string_view topic, MessageKind kind, Bytes payload,
             SessionId except);
    bool waiting() const noexcept { return !waiting_.empty(); }
    /// To every loop that has a subscriber, one hand-over each.
    void handOut();

private:
    struct Publication {
        std::shared_ptr<TopicTable> table;
        std::string topic;
        std::shared_ptr<Broadcast> broadcast;
    };
    static constexpr std::size_t kMostBytes = std::size_t{64} << 10, kMostMessages = 256, kMostPublications = 64;

    bool continues(const TopicTable& table, std::string_view topic) const noexcept;

    const std::vector<Loop*>& loops_;
    const std::size_t index_;
    bool asked_ = false;  ///< a task will hand out
    std::vector<Publication> waiting_;
};

}  // namespace patchbay::messaging
