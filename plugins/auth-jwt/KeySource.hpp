#pragma once
// The keys that hold now: those of files, for ever, and those of a URL, which its owner changes (rotation).
//
//     start() ─▶ fetch ─┬─ a set: in the place of the one before ─▶ again after `refresh`, or when somebody misses a key, not before kLeast
//                       '─ none: the one before holds on ─────────▶ again after 1 s, 2 s, 4 s … kMost
//
// Who misses a key waits for the next fetch, if one may begin soon; its result is told to all who wait.

#include "Keys.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace patchbay::auth_jwt {

/// The body of a URL's answer, within 5 s.   Errors: std::runtime_error, which says what was wrong.
std::string fetch(const std::string& url);

/// A URL as it may be shown: what stands in a query may be a secret.
inline std::string_view withoutQuery(std::string_view url) noexcept { return url.substr(0, url.find('?')); }

/// Thread: any.
class KeySource {
public:
    using Fetch = std::function<std::string(const std::string& url)>;
    static constexpr std::chrono::seconds kLeast{5};
    static constexpr std::chrono::minutes kMost{5};
    static constexpr std::size_t kMostWaiting = 1000;

    /// An empty `url`: the keys of files are all there are.
    KeySource(KeySet ofFiles, std::string url, std::chrono::milliseconds refresh, Fetch fetch = &auth_jwt::fetch);
    KeySource(const KeySource&) = delete;
    ~KeySource() { stop(); }

    void start();
    /// What waits is dropped.
    void stop();
    std::shared_ptr<const KeySet> keys() const;
    /// Calls `then` on a thread of its own when the keys have been fetched anew, or could not be, or on that of a stop. False where that is
    /// not to be soon: `then` is dropped.
    bool whenFetched(std::function<void()> then);
    /// There is a URL, and nobody asks it any more.
    bool hasStopped() const;

private:
    using Clock = std::chrono::steady_clock;
    void run();
    bool fetchOnce();

    const KeySet ofFiles_;
    const std::string url_;
    const std::chrono::milliseconds refresh_;
    const Fetch fetch_;
    std::thread thread_;
    mutable std::mutex lock_;  // guards what follows
    std::condition_variable changed_;
    std::shared_ptr<const KeySet> keys_;
    std::vector<std::function<void()>> waiting_;
    Clock::time_point earliest_{};  // of the next fetch
    bool stopping_ = true;
    bool hasStopped_ = false;
};

}  // namespace patchbay::auth_jwt
