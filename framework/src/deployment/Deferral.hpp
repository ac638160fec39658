#pragma once
// What a hook that takes its time and the handshake that waits for it share: the verdict, and who is told of it.
//
//     defer() ─▶ waited for by nobody yet ── await() ──▶ waited for ── finish() ──▶ the handshake's loop goes on
//                        '── finish(): the verdict stays here               '── cancel(): what comes then counts for nothing
//
// It outlives its handshake and its server where a hook keeps it.   Thread: any.

#include "base/Loop.hpp"

#include <patchbay/configurator.hpp>
#include <patchbay/task.hpp>

#include <memory>
#include <mutex>
#include <optional>

namespace patchbay::deployment {

class Deferral {
public:
    /// What the hook's copies of a HandshakeCompletion share: with the last of them a handshake without a verdict is a failed one.
    class Ticket {
    public:
        explicit Ticket(std::shared_ptr<Deferral> deferral) noexcept : deferral_{std::move(deferral)} {}
        Ticket(const Ticket&) = delete;
        ~Ticket();
        Deferral& operator*() const noexcept { return *deferral_; }

    private:
        const std::shared_ptr<Deferral> deferral_;
    };

    /// `resume` becomes a task of `loop` when the verdict comes. False where it is there: then `resume` is dropped.
    bool await(std::shared_ptr<Loop> loop, Task resume);
    /// Requires: it is there.
    HandshakeResponse take();
    void cancel() noexcept;

    void finish(HandshakeResponse verdict) noexcept;
    bool isWanted() const noexcept;

private:
    mutable std::mutex lock_;
    std::optional<HandshakeResponse> verdict_;
    std::shared_ptr<Loop> loop_;  // of who waits
    Task resume_;
    bool over_ = false;  // a verdict has come, or nobody waits
};

}  // namespace patchbay::deployment
