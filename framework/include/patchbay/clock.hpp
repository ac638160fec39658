#pragma once
// ServerClock: a server's time. A service: what goes by it can be tried with a clock that is turned by hand (testkit.hpp).

#include <chrono>
#include <memory>

namespace patchbay {

class Loop;

/// Thread: any, also after the server.
class ServerClock {
public:
    explicit ServerClock(std::shared_ptr<Loop> loop) noexcept;

    /// The clock of timers, Session::lastReceived() and MessageToll.
    std::chrono::steady_clock::time_point now() const noexcept;
    /// Which somebody may set.
    std::chrono::system_clock::time_point timeOfDay() const noexcept;

private:
    const std::shared_ptr<Loop> loop_;
};

}  // namespace patchbay
