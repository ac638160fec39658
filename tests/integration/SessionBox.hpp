#pragma once
// Where endpoints leave their sessions for the test's own threads.

#include "support/RawSocket.hpp"

#include <patchbay/session.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <stdexcept>

namespace patchbay::test {

/// A service.   Thread: any.
class SessionBox {
public:
    void put(const Session& session) {
        const std::lock_guard guard{lock_};
        sessions_.push_back(session);
        changed_.notify_all();
    }
    /// The session that came first and was not taken yet.
    Session take() {
        std::unique_lock guard{lock_};
        if (!changed_.wait_for(guard, kPatience, [&] { return !sessions_.empty(); })) {
            throw std::runtime_error{"no session opened in time"};
        }
        Session session = sessions_.front();
        sessions_.pop_front();
        return session;
    }

private:
    std::mutex lock_;
    std::condition_variable changed_;
    std::deque<Session> sessions_;
};

}  // namespace patchbay::test
