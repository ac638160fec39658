#include "messaging/Publications.hpp"

#include "messaging/TopicTable.hpp"

#include <utility>

namespace patchbay::messaging {

/// Only what follows the last one directly: topics keep their order among each other, too.
bool Publications::continues(const TopicTable& table, std::string_view topic) const noexcept {
    return !waiting_.empty() && waiting_.back().table.get() == &table && waiting_.back().topic == topic;
}

void Publications::add(const std::shared_ptr<TopicTable>& table, std::string_view topic, MessageKind kind, Bytes payload,
                       SessionId except) {
    if (!continues(*table, topic)) waiting_.push_back({table, std::string{topic}, std::make_shared<Broadcast>()});
    Broadcast& broadcast = *waiting_.back().broadcast;
    broadcast.add(kind, payload, except);
    if (broadcast.payloadBytes() >= kMostBytes || broadcast.count() >= kMostMessages || waiting_.size() >= kMostPublications)
        return handOut();
    if (std::exchange(asked_, true)) return;
    loops_[index_]->post([this] {
        asked_ = false;
        handOut();
    });
}

void Publications::handOut() {
    if (waiting_.empty()) return;
    if (waiting_.size() == 1) waiting_.front().broadcast->goAlone();
    const auto all = std::make_shared<const std::vector<Publication>>(std::exchange(waiting_, {}));
    for (std::size_t loop = 0; loop < loops_.size(); ++loop) {
        if (loop == index_) continue;
        bool wanted = false;
        for (const Publication& one : *all) wanted = wanted || one.table->hasSubscribers(one.topic, loop);
        if (!wanted) continue;
        loops_[loop]->post([all, loop] {
            for (const Publication& one : *all) one.table->deliver(loop, one.topic, *one.broadcast);
        });
    }
    for (const Publication& one : *all) one.table->deliver(index_, one.topic, *one.broadcast);
}

}  // namespace patchbay::messaging
