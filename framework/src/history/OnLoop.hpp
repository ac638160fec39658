#pragma once
// A receiver whose code runs on a loop: a store tells on its own thread, in the order of commits, and the loop's queue keeps that order.

#include "base/Loop.hpp"

#include <patchbay/store.hpp>

#include <memory>
#include <utility>

namespace patchbay::history {

/// Tells `receiver` in a task of `loop`'s; nobody where the loop has ended.
template <class T>
Receiver<T> onLoop(std::shared_ptr<Loop> loop, Receiver<T> receiver) {
    return Receiver<T>{[loop = std::move(loop), receiver = std::move(receiver)](Outcome<T> outcome) mutable {
        loop->post([receiver = std::move(receiver), outcome = std::move(outcome)]() mutable { receiver.tell(std::move(outcome)); });
    }};
}

}  // namespace patchbay::history
