#pragma once
// Every connection sends and gets back. Closed loop: the next message goes when one has come back, those of one read
// together. Open loop: the connections take turns at the rate asked for, and a message's latency counts from when it
// was due.

#include "Crowd.hpp"
#include "Schedule.hpp"

namespace bench {

class Echo : public Crowd {
public:
    using Crowd::Crowd;
    void run() override;

protected:
    void received(Connection& connection, std::uint64_t first, std::uint64_t count, Time now) override;
    Time tick(Time now) override;

    void send(Connection& connection, std::uint64_t count, Time due, Time now);
    /// At this rate from now on.
    void schedule(double rate);
    /// Sends no more and waits for what is under way; so it has its latency, and no server is left with answers that
    /// nobody takes.
    void finish();

private:
    std::optional<Schedule> schedule_;
    std::size_t turn_ = 0;  // whose the next message of the schedule is
};

}  // namespace bench
