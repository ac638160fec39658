#pragma once
// What became of messages, in the order in which that was told.

#include <patchbay/send_status.hpp>

#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace patchbay::test {

/// Thread: one at a time.
class SendResults {
public:
    /// Tells here of `name`: "name sent", "name dropped", "name closed".
    SendCompletion of(std::string name) { return SendCompletion{listeners_.emplace_back(*this, std::move(name))}; }
    const std::vector<std::string>& told() const noexcept { return told_; }

private:
    class Listener final : public SendCompletion::Listener {
    public:
        Listener(SendResults& results, std::string name) : results_{results}, name_{std::move(name)} {}
        void completed(SendResult result) noexcept override {
            const char* const what = result == SendResult::Sent      ? " sent"
                                     : result == SendResult::Dropped ? " dropped"
                                                                     : " closed";
            results_.told_.push_back(name_ + what);
        }

    private:
        SendResults& results_;
        const std::string name_;
    };

    std::vector<std::string> told_;
    std::deque<Listener> listeners_;  // which stay where they are
};

}  // namespace patchbay::test
