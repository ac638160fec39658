#pragma once
// The chat class that every Java tutorial on WebSockets begins with, line by line: a static, locked set of the
// instances, a counter of who is online, each with its session. Whoever speaks writes to everyone's session, on
// whatever loop that lives, with the set locked meanwhile: the plainest thing that a newcomer writes.   Source: Jakarta
// WebSocket §2.1, §5.1

#include <patchbay/annotations.hpp>

#include <atomic>
#include <cstdio>
#include <memory>
#include <mutex>
#include <set>
#include <string>

namespace tutorial {

using patchbay::Session;

class Chat : public std::enable_shared_from_this<Chat> {
    SERVER_ENDPOINT(Chat, "/websocket", .origins = {"*"}, .sendQueue = {.bytes = 16_MiB})
public:
    ON_OPEN(onOpen)
    void onOpen(Session session) {
        session_ = session;
        add(shared_from_this());
        std::printf("someone joined, online: %d\n", ++onlineCount_);
    }

    ON_CLOSE(onClose)
    void onClose() {
        remove(shared_from_this());
        std::printf("someone left, online: %d\n", --onlineCount_);
    }

    ON_MESSAGE(onMessage)
    void onMessage(const std::string& text, Session) {
        const std::lock_guard guard{lock_};
        for (const auto& other : everyone_) other->sendMessage(text);
    }

    ON_ERROR(onError)
    void onError(Session session, const std::exception& error) {
        std::printf("error in session %llu: %s\n", static_cast<unsigned long long>(session.id()), error.what());
    }

    void sendMessage(const std::string& text) const { session_.trySend(text); }  // who leaves just now gets nothing

private:
    static void add(std::shared_ptr<Chat> chat) {
        const std::lock_guard guard{lock_};
        everyone_.insert(std::move(chat));
    }
    static void remove(const std::shared_ptr<Chat>& chat) {
        const std::lock_guard guard{lock_};
        everyone_.erase(chat);
    }

    static inline std::atomic<int> onlineCount_{0};
    static inline std::mutex lock_;
    static inline std::set<std::shared_ptr<Chat>> everyone_;

    Session session_;
};

}  // namespace tutorial
