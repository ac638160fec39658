#include "Draw.hpp"

#include "Random.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace patchbay::simulation {
namespace {

/// How often an operation is drawn, of all at its place; and whether a seed may have much more of it, or nothing.
struct Weight {
    Op op;
    std::uint32_t weight;
    bool varies = true;
};

// What the run itself does. Handshakes and the parts of a stop come on their own terms.
constexpr Weight kAtTop[] = {
    {Op::Turn, 300, false}, {Op::Thread, 190, false}, {Op::Says, 210, false}, {Op::Pass, 30, false},
    {Op::Stalls, 14},       {Op::Reads, 14},          {Op::Flows, 18},        {Op::Delay, 10},
    {Op::PeerCloses, 6},    {Op::PeerBreaks, 3},      {Op::Cut, 5},           {Op::Vanishes, 3},
    {Op::Mute, 4},          {Op::Undeploy, 1},        {Op::Deploy, 2},        {Op::Drain, 1},
    {Op::Hangs, 6},          {Op::Pool, 150, false},
};

// What threads, handlers, tasks and timers do.
// clang-format off
constexpr Weight kCalls[] = {
    {Op::Send, 200, false}, {Op::Publish, 170, false}, {Op::PublishExcept, 20}, {Op::Subscribe, 60, false},
    {Op::Unsubscribe, 35},  {Op::Post, 60},            {Op::After, 14},         {Op::Every, 5},
    {Op::Cancel, 8},        {Op::Close, 12},           {Op::CloseFor, 3},       {Op::Ping, 6},
    {Op::Idle, 2},          {Op::Keep, 6},             {Op::Look, 4},           {Op::Throw, 8},
    {Op::Thread, 20},       {Op::Turn, 14},            {Op::Undeploy, 1},       {Op::Pause, 9},
    {Op::Resume, 11},       {Op::Pool, 14},            {Op::Done, 14},
};
// clang-format on

constexpr std::size_t kDeepest = 3;  // steps of steps of steps

class Drawing {
public:
    explicit Drawing(std::uint64_t seed) : random_{seed}, byBytes_{seed % 2 != 0} {
        vary(kAtTop, top_);
        vary(kCalls, calls_);
    }

    Script draw() {
        settings();
        for (std::uint16_t slot = 0; slot < slots_; ++slot) connect(slot, slot % kEndpoints);
        begun_ = true;
        const std::size_t enough = kFewestSteps + 200 + random_.below(200);
        for (std::size_t sure = enough / 6; script_.size() < enough;) {
            if (script_.size() > sure) {
                constexpr Op kFaults[] = {Op::Stalls, Op::Delay, Op::Cut};
                one(random_.oneOf(kFaults), 0);
                sure += enough / 6;
            }
            stopFurther();
            pick(kAtTop, top_, 0);
            if (random_.chance(2 + 6 * static_cast<unsigned>(std::ranges::count(perhapsGone_, true))))
                connect(slotToConnect(), number(random_.below(kEndpoints)));
        }
        return std::move(script_);
    }

private:
    template <std::size_t N>
    void vary(const Weight (&weights)[N], std::array<std::uint32_t, N>& varied) {
        constexpr std::uint32_t kFactors[] = {0, 1, 1, 2, 5};  // halves
        for (std::size_t i = 0; i < N; ++i)
            varied[i] = weights[i].weight * (weights[i].varies ? random_.oneOf(kFactors) : random_.between(1, 4));
    }

    // ---- what there is ----

    void settings() {
        constexpr std::uint16_t kLoopQueues[] = {1500, 3000, 8000, 30000, 65535};
        constexpr std::uint16_t kSendQueues[] = {60, 250, 1000, 4000, 20000};
        constexpr std::uint16_t kIdle[] = {0, 0, 0, 40, 150};
        constexpr std::uint16_t kMaxTopics[] = {0, 0, 0, 2, 4};
        loops_ = static_cast<std::uint16_t>(random_.between(2, kMostLoops));
        slots_ = static_cast<std::uint16_t>(random_.between(kFewestSessions + 1, kSlots));
        topics_ = static_cast<std::uint16_t>(random_.between(kFewestTopics, kTopics));
        threads_ = static_cast<std::uint16_t>(random_.between(kFewestThreads, kThreads));
        constexpr std::uint16_t kReceiveQueues[] = {0, 0, 100, 300, 1000};
        constexpr std::uint16_t kTimeouts[] = {0, 0, 20, 60};
        constexpr std::uint16_t kFragments[] = {0, 0, 2, 3};
        add(Op::Loops, loops_, random_.oneOf(kLoopQueues));
        add(Op::Wire, byBytes_ ? 1 : 0);
        for (std::uint16_t endpoint = 0; endpoint < kEndpoints; ++endpoint) {
            add(Op::Policy, endpoint, number(random_.below(3)), random_.oneOf(kSendQueues), random_.chance(50) ? 1 : 0);
            add(Op::Limits, endpoint, random_.oneOf(kIdle), random_.oneOf(kMaxTopics), random_.chance(10) ? 4 : 0);
            isSlow_[endpoint] = random_.chance(40);
            add(Op::Handlers, endpoint, random_.chance(35) ? 1 : 0, random_.oneOf(kReceiveQueues), isSlow_[endpoint] ? 1 : 0);
            if (byBytes_) add(Op::Timeouts, endpoint, random_.oneOf(kTimeouts), random_.oneOf(kTimeouts), random_.oneOf(kFragments));
        }
    }

    // ---- one step ----

    static std::uint16_t number(std::uint32_t value) { return static_cast<std::uint16_t>(value); }
    std::size_t add(Op op, std::uint16_t a = 0, std::uint16_t b = 0, std::uint16_t c = 0, std::uint16_t d = 0) {
        script_.push_back({.op = op, .operands = {a, b, c, d}});
        return script_.size() - 1;
    }
    /// What was added since belongs to that step.
    void close(std::size_t step) { script_[step].inner = number(static_cast<std::uint32_t>(script_.size() - step - 1)); }

    std::uint16_t slot() { return number(random_.chance(45) ? random_.below(3) : random_.below(slots_)); }
    std::uint16_t loop() { return number(random_.below(loops_)); }
    std::uint16_t topic() { return number(random_.chance(50) ? random_.below(2) : random_.below(topics_)); }
    std::uint16_t global() { return random_.chance(25) ? 1 : 0; }
    std::uint16_t topicsOf() { return number(random_.below(kEndpoints + 1)); }
    std::uint16_t size() {
        if (random_.chance(78)) return number(random_.between(8, 48));
        return number(random_.chance(80) ? random_.between(49, 400) : random_.between(401, 5000));
    }
    std::uint16_t gone(std::uint16_t slot) {
        perhapsGone_[slot] = true;
        return slot;
    }

    template <std::size_t N>
    void pick(const Weight (&weights)[N], const std::array<std::uint32_t, N>& varied, std::size_t depth) {
        std::uint32_t all = 0;
        for (const std::uint32_t weight : varied) all += weight;
        std::uint32_t drawn = random_.below(all);
        std::size_t i = 0;
        for (; drawn >= varied[i]; ++i) drawn -= varied[i];
        one(weights[i].op, depth);
    }

    void one(Op op, std::size_t depth) {
        switch (op) {
            case Op::Turn: add(op, loop()); return;
            case Op::Thread: return withCalls(add(op, number(random_.below(threads_))), 1, depth == 0 ? 5 : 2, depth);
            case Op::Says: {
                const std::uint16_t who = slot();
                return withCalls(add(op, who, size(), number(random_.below(2))), 0, 4, depth, isSlow_[endpointOf_[who]]);
            }
            case Op::Pool: add(op, number(random_.chance(60) ? 0 : random_.below(4))); return;
            case Op::Pass: add(op, number(random_.between(1, 25))); return;
            case Op::Stalls: add(op, slot()); return;
            case Op::Flows: add(op, slot()); return;
            case Op::Reads: add(op, slot(), number(random_.between(1, 4))); return;
            case Op::Delay: add(op, slot(), number(random_.below(30))); return;
            case Op::Mute:
            case Op::Hangs: add(op, slot()); return;
            case Op::PeerCloses: add(op, gone(slot()), number(random_.below(900))); return;
            case Op::PeerBreaks: add(op, gone(slot()), number(random_.below(4))); return;
            case Op::Cut:
            case Op::Vanishes: add(op, gone(slot())); return;
            case Op::Undeploy:
                if (!begun_) return;
                [[fallthrough]];
            case Op::Deploy: add(op, number(random_.below(kEndpoints))); return;
            case Op::Drain: return beginStop(depth);
            case Op::Send: add(op, slot(), size(), number(random_.below(4))); return;
            case Op::Publish: add(op, topicsOf(), topic(), size()); return;
            case Op::PublishExcept: add(op, topicsOf(), topic(), size(), slot()); return;
            case Op::Subscribe:
            case Op::Unsubscribe: add(op, slot(), global(), topic()); return;
            case Op::Post: return withCalls(add(op, slot()), 0, 3, depth);
            case Op::After:
            case Op::Every:
                return withCalls(add(op, slot(), number(random_.below(kTimers)), number(random_.between(1, 40))), 0, 2,
                                 depth);
            case Op::Cancel: add(op, number(random_.below(kTimers))); return;
            case Op::Close: add(op, gone(slot()), number(random_.below(900))); return;
            case Op::CloseFor: add(op, gone(slot()), number(random_.below(3))); return;
            case Op::Ping:
            case Op::Pause:
            case Op::Resume:
            case Op::Look: add(op, slot()); return;
            case Op::Done: add(op, number(random_.below(kCompletions))); return;
            case Op::Idle: add(op, slot(), number(random_.chance(30) ? 0 : random_.between(5, 60))); return;
            case Op::Keep: add(op, slot(), number(random_.below(100))); return;
            case Op::Throw: add(op, number(random_.below(6))); return;
            default: return;
        }
    }

    /// `waits`: it is a coroutine that does them.
    void withCalls(std::size_t step, std::uint32_t fewest, std::uint32_t most, std::size_t depth, bool waits = false) {
        if (depth + 1 < kDeepest || waits) {
            const std::uint32_t count = random_.between(fewest, most);
            for (std::uint32_t i = 0; i < count; ++i) {
                if (waits && random_.chance(35)) wait(depth + 1);
                pick(kCalls, calls_, depth + 1);
            }
            if (waits && random_.chance(25)) wait(depth + 1);
        }
        close(step);
    }

    void wait(std::size_t depth) {
        const std::uint16_t catches = random_.chance(25) ? 1 : 0;
        switch (random_.below(depth < kDeepest ? 5 : 4)) {
            case 0: add(Op::Await, number(random_.below(kCompletions)), catches); return;
            case 1: return withCalls(add(Op::Run, catches), 0, 2, depth);
            case 4: return withCalls(add(Op::Helper), 0, 2, depth, true);
            default: add(Op::Sleep, number(random_.below(30)), catches); return;
        }
    }

    // ---- who connects ----

    void connect(std::uint16_t slot, std::uint16_t endpoint) {
        perhapsGone_[slot] = false;
        endpointOf_[slot] = endpoint;
        const bool waits = isSlow_[endpoint];
        const std::size_t step = add(Op::Handshake, slot, endpoint, loop());
        constexpr Op kPlaces[] = {Op::AtOpened, Op::AtClose, Op::AtClosed, Op::AtError, Op::AtDestroyed};
        for (const Op place : kPlaces) {
            const bool isHandler = place == Op::AtClose || place == Op::AtError;
            if (random_.chance(18)) withCalls(add(place), 1, 2, 1, waits && isHandler);
        }
        if (slot < kFewestTopics) add(Op::Subscribe, slot, 0, slot);
        const std::uint32_t topics = random_.below(4);
        for (std::uint32_t i = 0; i < topics; ++i) add(Op::Subscribe, slot, global(), topic());
        if (waits && random_.chance(30)) wait(1);
        if (random_.chance(25)) pick(kCalls, calls_, 1);
        close(step);
        for (int i = 0; i < 2 && random_.chance(12); ++i) one(Op::Thread, 1);
        add(Op::Opens, slot);
    }

    std::uint16_t slotToConnect() {
        const auto free = std::ranges::find(perhapsGone_, true);
        return free == perhapsGone_.end() ? slot() : number(static_cast<std::uint32_t>(free - perhapsGone_.begin()));
    }

    // ---- a stop, whose parts come one after the other with other steps between ----

    void beginStop(std::size_t depth) {
        if (depth != 0 || stage_ != 0) return;
        stage_ = 1;
        if (random_.chance(50)) {
            const std::size_t step = add(Op::Thread);
            add(Op::Drain);
            close(step);
        } else {
            add(Op::Drain);
        }
    }

    void stopFurther() {
        constexpr Op kParts[] = {Op::Drain, Op::CutAll, Op::End, Op::Start};
        if (stage_ == 0 || !random_.chance(12)) return;
        if (kParts[stage_] == Op::Start) {
            for (int round = 0; round < 3; ++round) {  // the loops have to come to their ends
                for (std::uint16_t loop = 0; loop < loops_; ++loop) add(Op::Turn, loop);
            }
        }
        add(kParts[stage_]);
        stage_ = (stage_ + 1) % std::size(kParts);
        if (stage_ == 0) perhapsGone_.fill(true);
    }

    Random random_;
    const bool byBytes_;
    Script script_;
    std::array<std::uint32_t, std::size(kAtTop)> top_{};
    std::array<std::uint32_t, std::size(kCalls)> calls_{};
    std::uint16_t loops_ = 2, slots_ = 8, topics_ = 4, threads_ = 2;
    std::array<bool, kSlots> perhapsGone_{};
    std::array<std::uint16_t, kSlots> endpointOf_{};
    std::array<bool, kEndpoints> isSlow_{};
    std::size_t stage_ = 0;  // the next part of a stop
    bool begun_ = false;     // everybody has come who comes at the beginning
};

}  // namespace

Script draw(std::uint64_t seed) { return Drawing{seed}.draw(); }

}  // namespace patchbay::simulation
