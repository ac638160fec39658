#pragma once
// What a run does, step by step, as plain values: a seed is turned into a script, and only scripts are run. So a run can be
// shortened, printed, kept in a file and run again.
//
//     thread number=1                          a step at the top is done by the run itself, in this order
//         publish topics=0 topic=2 size=40     what belongs to a step is done by whom it sets to work: an outside thread,
//     says slot=3 size=12 form=0                   a handler, a task, a timer
//         send slot=3 size=20 form=0
//         throw what=0
//     turn loop=1
//
// The table of the operations is in Script.cpp; a step that makes no sense where it stands does nothing.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay::simulation {

enum class Op : std::uint8_t {
    // what there is: read before the run begins
    Loops,
    Policy,
    Limits,
    Handlers,
    Timeouts,
    Wire,
    // the peers and the network
    Handshake,
    Opens,
    Says,
    PeerCloses,
    PeerBreaks,
    Cut,
    Vanishes,
    Stalls,
    Reads,
    Flows,
    Delay,
    Mute,
    Hangs,
    // time, and who has its turn
    Turn,
    Pass,
    Thread,
    Pool,
    // the server's owner
    Undeploy,
    Deploy,
    Drain,
    CutAll,
    End,
    Start,
    // calls: by threads, handlers, tasks, timers, hooks, destructors
    Send,
    Publish,
    PublishExcept,
    Subscribe,
    Unsubscribe,
    Post,
    After,
    Every,
    Cancel,
    Close,
    CloseFor,
    Ping,
    Idle,
    Pause,
    Resume,
    Keep,
    Look,
    Done,
    Throw,
    // what only coroutines do: they wait
    Sleep,
    Run,
    Await,
    Helper,
    // what hooks and other handlers of a session do; they belong to its handshake
    AtOpened,
    AtClose,
    AtClosed,
    AtError,
    AtDestroyed,
    kCount
};

inline constexpr std::size_t kOps = static_cast<std::size_t>(Op::kCount);
inline constexpr std::size_t kMostOperands = 4;

/// Numbers that operands name.
inline constexpr unsigned kMostLoops = 4, kSlots = 12, kEndpoints = 3, kGlobalTopics = kEndpoints, kTopics = 8, kTimers = 8,
                          kCompletions = 6, kThreads = 4;

struct Step {
    Op op = Op::Turn;
    std::uint16_t inner = 0;  ///< how many of the steps that follow belong to it
    std::array<std::uint16_t, kMostOperands> operands{};

    std::uint16_t operator[](std::size_t i) const noexcept { return operands[i]; }
    friend bool operator==(const Step&, const Step&) = default;
};

/// What there is to know of an operation.
struct OpForm {
    std::string_view name;
    std::array<std::string_view, kMostOperands> operands;  ///< their names; those that it has not are empty
    bool takesInner = false;
    bool isFault = false;  ///< something goes wrong that a test would have to think of
};
const OpForm& formOf(Op op) noexcept;

using Script = std::vector<Step>;

/// The step behind `at` and what belongs to it.
inline std::size_t behind(std::span<const Step> steps, std::size_t at) noexcept { return at + 1 + steps[at].inner; }

/// Readable lines, one for each step.
std::string textOf(std::span<const Step> script);
/// What textOf() wrote; empty lines, and what stands behind a '#', are skipped.   Errors: std::invalid_argument, with the
/// line.
Script scriptOf(std::string_view text);

}  // namespace patchbay::simulation
