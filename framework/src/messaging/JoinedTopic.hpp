#pragma once
// What a session is told when it has joined a topic that keeps its publications: once, on its loop, before any that comes later.

#include "messaging/RecentPublications.hpp"

#include <patchbay/topics.hpp>

#include <optional>
#include <span>
#include <string_view>

namespace patchbay::messaging {

/// Valid for the call.
struct JoinedTopic {
    std::string_view name;
    TopicPosition position;         ///< of the topic; what comes later has higher offsets
    std::optional<bool> recovered;  ///< whether the publications are exactly what was missed; nothing where nobody said where it was
    bool latest;                    ///< only the newest of each key counts
    std::span<const Excerpt> publications;  ///< to be shown to it; sealed
    std::uint64_t tag;              ///< of the subscription
};

/// How a session joins.
struct Subscribing {
    std::optional<TopicPosition> since = std::nullopt;  ///< what it has last seen of the topic
    std::size_t last = 0;     ///< how many of the newest it is shown where it does not say that, or that cannot be recovered
    std::uint64_t tag = 0;
    /// Joining what is joined already is a new start of it, and is told again.
    bool again = false;
    /// It is told of a topic without history, too.
    bool tells = false;

    static Subscribing of(const SubscribeOptions& options) noexcept {
        Subscribing how{.last = options.last};
        if (options.since.epoch != 0) how.since = options.since;
        return how;
    }
};

}  // namespace patchbay::messaging
