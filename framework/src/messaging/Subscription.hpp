#pragma once
// A session in a topic.

#include <patchbay/topics.hpp>

#include <boost/intrusive/list.hpp>

#include <cstdint>

namespace patchbay::messaging {

class SessionCore;
class Topic;

/// Hangs in the list of its session's (Belongings). Owned by its topic, and when it has left by the entry that tells the
/// session's loop so, which keeps the topic too.
struct Subscription : boost::intrusive::list_base_hook<> {
    static constexpr std::uint32_t kNowhere = UINT32_MAX;

    Subscription(Topic& theTopic, SessionCore& theSession, std::uint64_t theTag) noexcept
        : topic{theTopic}, session{theSession}, tag{theTag} {}

    Topic& topic;  // which owns it
    SessionCore& session;
    const std::uint64_t tag;
    TopicPosition joined{};            // guarded by the topic
    std::uint32_t place = kNowhere;  // among those of the session's loop; that loop's alone
};

}  // namespace patchbay::messaging
