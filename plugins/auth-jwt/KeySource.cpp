#include "KeySource.hpp"

#include <patchbay/log.hpp>
#include <patchbay/printable.hpp>

#include <algorithm>
#include <csignal>
#include <exception>
#include <utility>

namespace patchbay::auth_jwt {

KeySource::KeySource(KeySet ofFiles, std::string url, std::chrono::milliseconds refresh, Fetch fetch)
    : ofFiles_{std::move(ofFiles)}, url_{std::move(url)}, refresh_{refresh}, fetch_{std::move(fetch)}, keys_{std::make_shared<const KeySet>(ofFiles_)} {}

void KeySource::start() {
    if (url_.empty()) return;
    {
        const std::lock_guard guard{lock_};
        stopping_ = hasStopped_ = false;
    }
    thread_ = std::thread{[this] { run(); }};
}

void KeySource::stop() {
    std::vector<std::function<void()>> waited;  // without the lock
    {
        const std::lock_guard guard{lock_};
        stopping_ = true;
        hasStopped_ = !url_.empty();
        waited.swap(waiting_);
    }
    changed_.notify_all();
    for (const auto& then : waited) then();
    waited.clear();
    if (thread_.joinable()) thread_.join();
}

std::shared_ptr<const KeySet> KeySource::keys() const {
    const std::lock_guard guard{lock_};
    return keys_;
}

bool KeySource::hasStopped() const {
    const std::lock_guard guard{lock_};
    return hasStopped_;
}

bool KeySource::whenFetched(std::function<void()> then) {
    const std::lock_guard guard{lock_};
    if (stopping_ || earliest_ > Clock::now() || waiting_.size() >= kMostWaiting) return false;
    waiting_.push_back(std::move(then));
    changed_.notify_all();
    return true;
}

void KeySource::run() {
    sigset_t pipe;  // of a server that leaves while it is asked
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    Clock::duration pause{};  // after a failure
    for (;;) {
        const bool fetched = fetchOnce();
        pause = fetched ? Clock::duration{} : std::clamp<Clock::duration>(pause * 2, std::chrono::seconds{1}, kMost);
        std::unique_lock guard{lock_};
        earliest_ = Clock::now() + (fetched ? kLeast : pause);
        auto waited = std::exchange(waiting_, {});
        guard.unlock();
        for (const auto& then : waited) then();
        waited.clear();
        guard.lock();
        const auto next = Clock::now() + (fetched ? refresh_ : pause);
        changed_.wait_until(guard, next, [&] { return stopping_ || !waiting_.empty(); });
        if (stopping_) return;
    }
}

bool KeySource::fetchOnce() {
    try {
        KeySet keys = readJwks(fetch_(url_), Secrets::Refused);
        keys.insert(keys.end(), ofFiles_.begin(), ofFiles_.end());
        auto next = std::make_shared<const KeySet>(std::move(keys));
        const std::lock_guard guard{lock_};
        keys_.swap(next);
        return true;
    } catch (const std::exception& error) {
        log::warning("auth-jwt", "the keys at " + std::string{withoutQuery(url_)} + " could not be had: " + printable(error.what()) + "; those before hold on");
        return false;
    }
}

}  // namespace patchbay::auth_jwt
