#pragma once
// What belongs to a session: the application's properties, and the topics that it is in.
//
// Nothing comes in once the session has begun to close (topics) or has ended (properties): whoever brings something looks at
// the session's state under the lock, and the end takes out what is there under the same lock, after the state has changed. Most
// bring nothing: whoever brings the first thing says so before it looks at the state, and the end asks behind its change of it.

#include "messaging/SessionStart.hpp"
#include "messaging/Subscription.hpp"

#include <patchbay/detail/Image.hpp>

#include <any>
#include <atomic>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

namespace patchbay::messaging {

/// Thread: any.
class Belongings {
public:
    // ---- properties: a value is never changed, but replaced as a whole, so it is read without a lock ----

    /// nullptr when there is none of that name.
    std::shared_ptr<const std::any> property(std::string_view name) const;
    /// Nothing when the session has ended.
    void setProperty(const SessionCore& session, std::string_view name, std::any value, detail::ImagePin pin);
    /// They go; their destructors run here.   Requires: the session has ended.
    void clearProperties() noexcept;

    // ---- topics ----

    enum class Taking : std::uint8_t { Taken, Ended, TooMany };
    Taking take(const SessionCore& session, Subscription& subscription);
    /// Requires: taken.
    void give(Subscription& subscription) noexcept;
    /// One of the topics; nullptr when there is none.   Requires: the session has begun to close.
    std::shared_ptr<Topic> anyTopic() const;
    std::vector<std::shared_ptr<Topic>> topics() const;

private:
    void noteSome() noexcept {
        some_.store(true, std::memory_order_relaxed);
        std::atomic_thread_fence(std::memory_order_seq_cst);
    }
    /// False: there is nothing, and there will be nothing.   Requires: the session's state has changed.
    bool hasSome() const noexcept {
        std::atomic_thread_fence(std::memory_order_seq_cst);
        return some_.load(std::memory_order_relaxed);
    }

    std::atomic<bool> some_{false};  // never false again
    mutable std::mutex lock_;        // guards what follows
    Properties properties_;
    boost::intrusive::list<Subscription> topics_;
};

}  // namespace patchbay::messaging
