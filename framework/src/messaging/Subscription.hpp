#pragma once
// A session in a topic.

#include <patchbay/topics.hpp>

#include <boost/intrusive/list.hpp>

#include <cstdint>
#include <memory>

namespace patchbay::messaging {

class SessionCore;
class Topic;

/// Hangs in the list of its session's (Belongings). Owned by its topic, and when it has left by the entry that tells the
/// session's loop so.
struct Subscription : boost::intrusive::list_base_hook<> {
    static constexpr std::uint32_t kNowhere = UINT32_MAX;

    Subscription(std::shared_ptr<Topic> theTopic, SessionCore& theSession, std::uint64_t theTag) noexcept
        : topic{std::move(theTopic)}, session{theSession}, tag{theTag} {}

    const std::shared_ptr<Topic> topic;
    SessionCore& session;
    const std::uint64_t tag;
    TopicPosition joined{};            // guarded by the topic
    std::uint32_t place = kNowhere;  // among those of the session's loop; that loop's alone
};

}  // namespace patchbay::messaging
