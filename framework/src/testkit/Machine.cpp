#include "testkit/Machine.hpp"

namespace patchbay::testkit {

void Machine::settle() {
    loop_->settle();
    while (!Loop::here() && pool_->runOne()) loop_->settle();
}

void Machine::advance(Clock::duration time) {
    const auto end = later(loop_->now(), time);
    settle();
    for (auto next = loop_->untilNextTimer(); next && *next <= end - loop_->now(); next = loop_->untilNextTimer()) {
        loop_->advance(*next);
        settle();
    }
    loop_->advance(end - loop_->now());
}

}  // namespace patchbay::testkit
