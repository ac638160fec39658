#pragma once
// One thread, one epoll: where channels read and write and where the handlers of their sessions run.
//
// A turn:  wait for events -> handlers of ready descriptors -> the queue (base/LoopQueue.hpp) -> due timers -> turn-end
// tasks (the writes). What is put, or asked for the turn's end, while its own stage runs belongs to the next turn, so that
// nothing can keep the loop from reading. Where much waits in the queue turn-end tasks run in between, too: what ten thousand
// channels have to write would else lie in memory at once.

#include "base/Timers.hpp"
#include "transport/ChannelLoop.hpp"
#include "transport/OpenSockets.hpp"

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <system_error>
#include <vector>

namespace patchbay::transport {

/// Gets the events of a descriptor it is watched with.
class IoHandler {
public:
    virtual ~IoHandler() = default;
    /// `events` as of epoll.   Thread: the loop's. May unwatch and destroy any handler, this one included.
    virtual void onEvents(std::uint32_t events) noexcept = 0;
};

/// The loop.   Owns: nothing it watches.   Requires: outlives every channel and listener on it.
///
/// Its life: made; run() turns it until stop(), and then for as long as something waits in its queue, so that the last task
/// has run; it may run again. retire() gives back what is dear: what is left can be asked by whoever still knows it.
class EventLoop final : public ChannelLoop {
public:
    /// `sockets`: shared with the server's other loops.
    /// Errors: std::system_error when the kernel gives no descriptor.
    explicit EventLoop(std::shared_ptr<OpenSockets> sockets = std::make_shared<OpenSockets>());
    ~EventLoop() override;

    /// Turns until stop(); the calling thread is the loop's for that time. When it returns the queue is closed.
    void run();
    /// One turn, for tests: waits for events at most `atMost`. The calling thread is the loop's for that time.
    void runOnce(std::chrono::milliseconds atMost);
    /// Ends run() after what was put before.   Thread: any.
    void stop();
    /// Takes tasks again, after a run().   Thread: any while nobody runs it.
    void reopen() noexcept { queue().open(); }
    /// Gives descriptors and memory back; drops what waits.   Thread: any while nobody runs it, and nobody will.
    void retire() noexcept;

    Clock::time_point now() const noexcept override;
    Clock::time_point present() const noexcept override { return Clock::now(); }
    TimerId after(Clock::duration delay, Task task) override;
    void cancel(TimerId timer) noexcept override;

    /// Level-triggered, until unwatch().   Errors: returned, such as the system's limit on watches.
    /// Thread: the loop's, or any before it runs.
    [[nodiscard]] std::error_code watch(int descriptor, std::uint32_t events, IoHandler& handler) noexcept;
    void rewatch(int descriptor, std::uint32_t events, IoHandler& handler) noexcept;
    /// Requires: before the descriptor is closed. Events that wait in this turn are forgotten.
    void unwatch(int descriptor, IoHandler& handler) noexcept;
    /// For reading, shared by everything on this loop; 64 more bytes behind it may be read.   Thread: the loop's.
    std::span<std::byte> readBuffer() noexcept { return {readBuffer_.get(), kReadBytes}; }
    /// Of all connections of its server.   Thread: any.
    OpenSockets& openSockets() const noexcept { return *openSockets_; }

private:
    static constexpr std::size_t kReadBytes = 256 * 1024;
    static constexpr std::size_t kReadableSlack = 64;
    /// As many entries of the queue run before turn-end tasks do: no more channels have something to write than have free chunks
    /// (Segment.cpp).
    static constexpr std::size_t kMostBetweenWrites = 256;

    void turn(int waitMilliseconds) noexcept;
    int waitFor() const noexcept;
    void dispatch(int count) noexcept;
    void wake() noexcept override;

    const std::shared_ptr<OpenSockets> openSockets_;
    int epoll_;
    int wakeUp_;
    bool stopping_ = false;
    bool inTurn_ = false;
    Clock::time_point now_{};
    Timers timers_;
    std::array<epoll_event, 256> ready_{};
    std::size_t nextReady_ = 0;
    std::size_t readyCount_ = 0;
    std::unique_ptr<std::byte[]> readBuffer_;
};

}  // namespace patchbay::transport
