#include "transport/EventLoop.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace patchbay::transport {

EventLoop::EventLoop(std::shared_ptr<OpenSockets> sockets)
    : openSockets_{std::move(sockets)},
      epoll_{::epoll_create1(EPOLL_CLOEXEC)},
      wakeUp_{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)},
      readBuffer_{std::make_unique<std::byte[]>(kReadBytes + kReadableSlack)} {
    epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
    if (epoll_ >= 0 && wakeUp_ >= 0 && ::epoll_ctl(epoll_, EPOLL_CTL_ADD, wakeUp_, &event) == 0) return;
    const int error = errno;
    ::close(epoll_);
    ::close(wakeUp_);
    throw std::system_error{error, std::system_category(), "an event loop could not be made"};
}

EventLoop::~EventLoop() { retire(); }

void EventLoop::retire() noexcept {
    queue().close();
    { const Timers gone = std::exchange(timers_, {}); }  // one may hold the last of a channel: destroyed here, the queue is closed
    if (wakeUp_ >= 0) ::close(std::exchange(wakeUp_, -1));
    if (epoll_ >= 0) ::close(std::exchange(epoll_, -1));
    readBuffer_.reset();
    memory().merge();
}

void EventLoop::run() {
    // Tasks that post others may do so at the end too; one that posts itself for ever does not keep the loop for that.
    constexpr int kLastTurns = 1000;
    const Turning turning{*this};
    stopping_ = false;
    while (!stopping_) turn(-1);
    for (int last = 0; last < kLastTurns && !queue().closeIfEmpty(); ++last) turn(0);
    queue().close();
    endTurn();
}

void EventLoop::runOnce(std::chrono::milliseconds atMost) {
    const Turning turning{*this};
    turn(static_cast<int>(atMost.count()));
}

void EventLoop::stop() {
    post([this] { stopping_ = true; });
}

void EventLoop::turn(int waitMilliseconds) noexcept {
    const int due = waitFor();
    if (waitMilliseconds < 0 || (due >= 0 && due < waitMilliseconds)) waitMilliseconds = due;
    const int count = ::epoll_wait(epoll_, ready_.data(), static_cast<int>(ready_.size()), waitMilliseconds);
    now_ = Clock::now();
    inTurn_ = true;
    turnBegins(now_);
    dispatch(std::max(count, 0));
    queue().take();
    while (queue().runTaken(kMostBetweenWrites)) {
        seeToMemory();
        endTurn();
    }
    seeToMemory();
    timers_.runDue(now_);
    endTurn();
    turnEnds();
    inTurn_ = false;
}

int EventLoop::waitFor() const noexcept {
    if (hasTurnEndTasks() || queue().filled()) return 0;
    const auto next = timers_.next();
    if (!next) return -1;
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(*next - Clock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(wait, 0, 3'600'000));
}

void EventLoop::dispatch(int count) noexcept {
    readyCount_ = static_cast<std::size_t>(count);
    for (nextReady_ = 0; nextReady_ < readyCount_;) {
        const epoll_event event = ready_[nextReady_++];
        if (event.data.ptr) {
            static_cast<IoHandler*>(event.data.ptr)->onEvents(event.events);
            seeToMemory();
        } else {  // the wake-up, or a handler unwatched in this turn, for which this read finds nothing
            std::uint64_t count;
            [[maybe_unused]] const auto got = ::read(wakeUp_, &count, sizeof count);
        }
    }
    readyCount_ = 0;
}

void EventLoop::wake() noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto put = ::write(wakeUp_, &one, sizeof one);
}

Clock::time_point EventLoop::now() const noexcept { return inTurn_ ? now_ : Clock::now(); }

TimerId EventLoop::after(Clock::duration delay, Task task) { return timers_.add(later(now(), delay), std::move(task)); }

void EventLoop::cancel(TimerId timer) noexcept { timers_.cancel(timer); }

std::error_code EventLoop::watch(int descriptor, std::uint32_t events, IoHandler& handler) noexcept {
    epoll_event event{.events = events, .data = {.ptr = &handler}};
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) == 0) return {};
    return {errno, std::system_category()};
}

void EventLoop::rewatch(int descriptor, std::uint32_t events, IoHandler& handler) noexcept {
    epoll_event event{.events = events, .data = {.ptr = &handler}};
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, descriptor, &event);
}

void EventLoop::unwatch(int descriptor, IoHandler& handler) noexcept {
    epoll_event ignored{};
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, &ignored);
    for (std::size_t i = nextReady_; i < readyCount_; ++i)
        if (ready_[i].data.ptr == &handler) ready_[i].data.ptr = nullptr;
}

}  // namespace patchbay::transport
