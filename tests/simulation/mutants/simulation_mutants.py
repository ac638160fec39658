#!/usr/bin/env python3
"""Breaks the session layer in known ways, and shows at which seed the simulation finds each: simulation_mutants.py [NAME]...

Each mutant is one place of one source, changed. All happens in a copy of the tree, build/mutants, as with tests/mutants/mutants.py;
the tree itself is not touched, and a mutant costs one source and a link. It ends with 0 where each was found within 1 000 seeds.

With --suite it is the test of that name: it tries the mutants where PATCHBAY_LONG is in the environment, and otherwise only whether each
still has its place in the sources.
"""
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "mutants"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import mutants as tree  # noqa: E402
from cases import Cases  # noqa: E402

SEEDS = 1000
MESSAGING = "framework/src/messaging/"
CHANNEL, CARRIER = "framework/src/transport/Channel.cpp", "framework/src/websocket/WebSocketCarrier.cpp"

# name: (source, what stands there once, what is put there)
MUTANTS = {
    "reversed publish and send": (
        MESSAGING + "SessionCore.cpp", "settle(isNext() ? outgoing_.send(kind, payload)",
        "settle(loop_.isHere() ? outgoing_.send(kind, payload)"),
    "a lost join": (
        MESSAGING + "Topic.cpp", "    else\n        loop.queue().put(std::make_unique<JoinEntry>(subscription));",
        "    else if (!loop.isHere())\n        loop.queue().put(std::make_unique<JoinEntry>(subscription));"),
    "two orders of a topic": (
        MESSAGING + "Topic.cpp", "        member->session->deliver(delivery);",
        "        static_cast<void>(delivery);\n        for (std::size_t i = 0; i < broadcast.count(); ++i) {\n"
        "            const std::size_t one = loop % 2 == 0 ? i : broadcast.count() - 1 - i;\n"
        "            member->session->deliver({broadcast, one, one + 1, member->tag, alone});\n"
        "        }"),
    "a close handler twice": (
        MESSAGING + "SessionEnd.cpp", "    if (!opened_) return closed(reason);\n",
        "    if (!opened_) return closed(reason);\n"
        "    if (reason.cause() == CloseCause::QueueFull)\n"
        "        doNow([&](endpoint::Run& run) { return callClose(self, reason, run); });\n"),
    "a handler after close": (
        MESSAGING + "SessionCore.cpp", "void SessionCore::run(Task& task) noexcept {\n    if (!isOpen()) return;",
        "void SessionCore::run(Task& task) noexcept {\n    if (isGone()) return;"),
    "a mailbox that does not count down": (
        MESSAGING + "Outgoing.cpp", "            letters.bytes = 0;\n", ""),
    "a letter that overtakes": (
        MESSAGING + "Outgoing.cpp", "            (letters.newest ? letters.newest->next : letters.oldest) = &letter;\n",
        "            std::unique_ptr<LoopEntry> before;\n"
        "            if (letters.newest && queue.last() == letters.newest) before = access.remove(*letters.newest);\n"
        "            if (before) access.put(std::move(entry));\n"
        "            if (before) entry = std::move(before);\n"
        "            (letters.newest ? letters.newest->next : letters.oldest) = &letter;\n"),
    "a stop that forgets a session": (
        MESSAGING + "DeployedEndpoint.cpp", "    shut_ = true;\n    return listed();",
        "    shut_ = true;\n    auto all = listed();\n    if (all.size() > 2) all.pop_back();\n    return all;"),
    # Of the strand.
    "a message that overtakes an unfinished event": (
        MESSAGING + "SessionCore.cpp", "    if (waits_) [[unlikely]]\n        return keepMessage(kind, payload);",
        "    if (waits_ && payload.size() < 300) return keepMessage(kind, payload);"),
    "a peer's close that drops what waits": (
        MESSAGING + "Strand.cpp", "    if (!byPeer) dropMessages();\n", "    static_cast<void>(byPeer);\n    dropMessages();\n"),
    "a resume that begins a second event": (
        MESSAGING + "Strand.cpp", "    paused_ = paused && !last_;\n",
        "    paused_ = paused && !last_;\n    if (!paused && !pumping_ && !messages_.empty()) stage_ = Stage::Idle;\n"),
    "a window that stays closed": (
        MESSAGING + "Strand.cpp", "    } else if (notReading_ && waitingBytes_ <= most / 2) {\n",
        "    } else if (notReading_ && waitingBytes_ > 0 && waitingBytes_ <= most / 2) {\n"),
    "a peer's close that is answered before what was said": (
        CARRIER, "    keep->inTurn([this, ", "    const auto inTurn = [](const auto& end) { end(); };\n    inTurn([this, "),
    # Of coroutines.
    "a resume on the wrong strand": (
        MESSAGING + "Strand.cpp", "    if (session_.loop().queue().put(std::make_unique<GoOn>(keep))) return;\n    const std::lock_guard guard{alone_};\n    resumed();\n    finishAlone();\n",
        "    resumed();\n    pump();\n"),
    "a lost resume": (MESSAGING + "Strand.cpp", "        if (std::exchange(goesOn_, false)) resumed();\n", "        goesOn_ = false;\n"),
    "an end that cancels nothing": (
        MESSAGING + "Strand.cpp", "    if (wait) wait->end(detail::Wait::End::Cancelled);\n", "    if (wait) wait->end(detail::Wait::End::Done);\n"),
    "a wait behind the end": (
        MESSAGING + "Strand.cpp", "    if (cancelled_) return false;\n", ""),
    "a close handler before the handler's end": (
        MESSAGING + "Strand.cpp", "    if (!byPeer) dropMessages();\n    cancel();\n",
        "    if (!byPeer) dropMessages();\n    if (stage_ == Stage::Suspended) stage_ = Stage::Idle;\n"),
    "a close handler that may not wait": (
        MESSAGING + "Strand.cpp", "        if (last_ && !hurried_ && !session_.loop().queue().isClosed()) allowWaits();\n", ""),
    # Of the timeouts.
    "a stall that is looked at once": (CHANNEL, "    watchStall();\n    if (!takes && receiver_)", "    if (!takes && receiver_)"),
    "a slow reader taken for one who takes nothing": (
        CHANNEL, "    const bool takes = tookSome_ || untakenByPeer() < before;\n", "    const bool takes = untakenByPeer() < before;\n"),
    "an unfinished message that is looked at once": (
        CARRIER, "    watchMessage();\n    if (late)", "    if (late)"),
    "one frame too many": ("framework/src/protocol/Connection.cpp", "pieces_->fragments > maxFragments_", "pieces_->fragments > maxFragments_ + 1"),
    # Of the channel and the carrier above it.
    "a partial write taken for a whole one": (
        CHANNEL, "    outbox_.written(result.bytes);\n    written(result);\n", "    outbox_.written(batch.bytes);\n    written(result);\n"),
    "bytes that go twice": (CHANNEL, "    outbox_.written(result.bytes);\n    return status;\n", "    return status;\n"),
    "a window that nobody waits for": (
        CHANNEL, "        outbox_.settle();\n        watchStall();\n    }\n", "        outbox_.settle();\n        watchStall();\n    }\n    blocked_ = false;\n"),
    "an end that is not told": (
        CHANNEL, "    if (state_ == State::Flushing) return sendEnd();\n    if (receiver_)", "    if (receiver_)"),
    "what was read and is forgotten": (CARRIER, "    if (left > 0) keep(", "    if (left > 1'000'000) keep("),
    "a pause that begins at the next read": (
        CARRIER, "    connection_.hold();\n    channel_->pauseReading();\n", "    channel_->pauseReading();\n"),
    "a goodbye that is cut off": (CARRIER, "    ended->closeAfterFlush(within);\n", "    static_cast<void>(within);\n    ended->abort();\n"),
    "a queue that is not dropped": (CARRIER, "    channel_->dropQueue();\n", ""),
    "a goodbye without a bound": (CARRIER, "    giveUpAfter(session()->endpoint().server->closeTimeout);\n", ""),
    # What the issue does not ask for, and nobody should notice later.
    "a number given twice": (MESSAGING + "Topic.cpp", "    ++last_.offset;\n", "    if (members_.size() != 3) ++last_.offset;\n"),
    "a bound that nobody looks at": (
        MESSAGING + "Topic.cpp", "        if (!queue.hasRoom(bytes)) {\n", "        if (!queue.hasRoom(0)) {\n"),
    "a drop that is not counted": (
        MESSAGING + "Outgoing.cpp", "    dropped = queue.remove(*oldest);\n    letters.dropped.fetch_add(1, std::memory_order_relaxed);\n",
        "    dropped = queue.remove(*oldest);\n"),
    "a loop that is not woken": (
        "framework/src/base/LoopQueue.cpp", "!queue_.loop_.isHere()) queue_.loop_.wake();", "!Loop::here()) queue_.loop_.wake();"),
    "a task that is kept": (
        MESSAGING + "SessionTimers.cpp", "    while (!tasks.empty()) static_cast<SessionTask&>(tasks.front()).drop();\n",
        "    if (!tasks.empty()) static_cast<SessionTask&>(tasks.front()).drop();\n"),
    "the wrong reason": (
        MESSAGING + "SessionEnd.cpp", "    if (leaveOpen()) finishSoon({code, std::string{text}, CloseCause::Peer}, By::Peer);",
        "    if (leaveOpen()) finishSoon({code, std::string{text}, CloseCause::ConnectionLost}, By::Peer);"),
    "an end within the end": (
        MESSAGING + "SessionEnd.cpp", "    while (now == State::Opening || now == State::Open) {\n",
        "    while (now == State::Opening || now == State::Open || now == State::Closing) {\n"),
}


def build():
    return tree.build(["simulation"])


def run(seeds):
    here = {name: value for name, value in os.environ.items() if name != "PATCHBAY_LONG"}  # which means more seeds
    try:
        return subprocess.run([str(tree.BUILD / "bin/simulation"), "--seeds", "0", str(seeds)], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=600, env=here)
    except subprocess.TimeoutExpired as slow:
        return subprocess.CompletedProcess(slow.cmd, 1, f"it took more than {slow.timeout} s")


def misplaced(name, root):
    """What is wrong with its place, or None."""
    source, old, _ = MUTANTS[name]
    count = (root / source).read_text().count(old)
    return None if count == 1 else f"{source} has changed: this stands there {count} times, not once\n{old}"


def find(name):
    """(seed, what was broken, steps of the shrunk script, the script), or None where it was not found."""
    source, old, new = MUTANTS[name]
    file = tree.TREE / source
    text = file.read_text()
    try:
        file.write_text(text.replace(old, new))
        built = build()
        if built.returncode != 0:
            sys.exit(f"{name} does not build:\n{built.stdout[-3000:]}")
        ran = run(SEEDS)
    finally:
        file.write_text(text)
    if ran.returncode == 0:
        return None
    seed = re.search(r"seed (\d+)(?:: (\w+)| crashes)", ran.stdout)
    steps = re.search(r"# \d+ steps are (\d+)", ran.stdout)
    script = ran.stdout[steps.start():] if steps else ran.stdout
    return (seed[1] if seed else "?", (seed and seed[2]) or "Crash", steps[1] if steps else "-", script)


def prepare():
    tree.copy_tree()
    built = build() if tree.configure() else None
    if not built or built.returncode != 0:
        sys.exit(f"Without any mutant the simulation does not build:\n{built.stdout[-3000:] if built else ''}")
    if (ran := run(SEEDS)).returncode != 0:
        sys.exit(f"Without any mutant it finds something:\n{ran.stdout[-3000:]}")


def main():
    suite = sys.argv[1:] == ["--suite"]
    names = list(MUTANTS) if suite else sys.argv[1:] or list(MUTANTS)
    unknown = [name for name in names if name not in MUTANTS]
    if unknown:
        sys.exit(f"There is no mutant {unknown[0]}; there are: {', '.join(MUTANTS)}")
    cases = Cases("simulation_mutants")
    tries = not suite or "PATCHBAY_LONG" in os.environ
    wrong = {name: misplaced(name, tree.ROOT) for name in names}
    if tries and not any(wrong.values()):
        prepare()
    for name in names:
        if wrong[name] or not tries:
            cases.add(name, wrong[name])
        elif outcome := find(name):
            seed, rule, steps, script = outcome
            cases.add(name)
            print(f"    seed {seed}, {rule}, {steps} steps\n        " + script.strip().replace("\n", "\n        "), flush=True)
        else:
            cases.add(name, f"It was not found within {SEEDS} seeds.")
    return cases.finish()


if __name__ == "__main__":
    sys.exit(main())
