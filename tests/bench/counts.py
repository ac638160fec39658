"""What a message costs in instructions and system calls: the difference of two runs with different numbers of messages,
so that neither the start nor the handshakes count. Once for each row, since it does not vary."""
import math
import os
import re
import shutil
import signal
import subprocess
import tempfile

import measure

PATIENCE = 300  # seconds
UNDER_VALGRIND, TRACED = 5_000, 20_000  # messages: what is slow there shows in fewer
VALGRIND = ("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", "--max-threads=2000")


def absent():
    """One line for each thing that cannot be counted here."""
    lines = []
    if not shutil.which("valgrind"):
        lines.append("instructions are left out: install valgrind")
    if not (shutil.which("perf") or shutil.which("strace")):
        lines.append("system calls are left out: install linux-perf or strace")
    return lines


def amounts(load, more):
    """Few and many messages, both of them whole sets of what is in flight; about `more` lie between, fewer if large."""
    at_once = load.in_flight * load.connections
    sets = math.ceil(more / (1 + load.size / 4096) / at_once)
    return 2 * at_once, (2 + sets) * at_once


def limited(options, row, target, messages):
    return measure.load_command(options.place, row.load, target, "--messages", messages, "--warm-up", "0", "--seconds", PATIENCE)


def difference(few, many):
    """Each is (what was counted, messages)."""
    return (many[0] - few[0]) / (many[1] - few[1])


def instructions(options, cell, row):
    """In user space, per message. Errors: RuntimeError."""
    return difference(*(counted_by_valgrind(options, cell, row, messages) for messages in amounts(row.load, UNDER_VALGRIND)))


def counted_by_valgrind(options, cell, row, messages):
    with tempfile.TemporaryDirectory() as folder:
        log = os.path.join(folder, "log")
        with measure.running(options.place, row.server, cell.spread, (*VALGRIND, f"--log-file={log}")) as target:
            done = measure.run_load(limited(options, row, target, messages), PATIENCE)["messages"]
        with open(log, encoding="utf-8") as file:
            found = re.findall(r"I\s+refs:\s+([\d,]+)", file.read())
    if not found:
        raise RuntimeError("valgrind counted nothing")
    return int(found[-1].replace(",", "")), done


def system_calls(options, cell, row):
    """Per message. Errors: RuntimeError."""
    with measure.running(options.place, row.server, cell.spread) as target:
        few_and_many = amounts(row.load, TRACED)
        measure.run_load(limited(options, row, target, few_and_many[0]), PATIENCE)
        by = by_perf if shutil.which("perf") else by_strace
        return difference(*(by(target, limited(options, row, target, messages)) for messages in few_and_many))


def by_perf(target, command):
    with tempfile.NamedTemporaryFile("r", suffix=".csv") as file:
        perf = ["perf", "stat", "-x", ",", "-o", file.name, "-e", "raw_syscalls:sys_enter", "-p", str(target.pid), "--"]
        done = measure.run_load(perf + command, PATIENCE)["messages"]
        found = re.search(r"^(\d+),", file.read(), re.MULTILINE)
    if not found:
        raise RuntimeError("perf counted nothing")
    return int(found.group(1)), done


def by_strace(target, command):
    with tempfile.NamedTemporaryFile("r") as file:
        strace = subprocess.Popen(["strace", "-c", "-f", "-o", file.name, "-p", str(target.pid)], stderr=subprocess.PIPE, text=True)
        with strace:
            if "attached" not in strace.stderr.readline():
                raise RuntimeError("strace may not attach")
            try:
                done = measure.run_load(command, PATIENCE)["messages"]
            finally:
                strace.send_signal(signal.SIGINT)
        found = re.search(r"(\d+)(?:\s+\d+)?\s+total$", file.read(), re.MULTILINE)
    if not found:
        raise RuntimeError("strace counted nothing")
    return int(found.group(1)), done


def count(options, cell, row, server):
    """{"instructions_per_message", "syscalls_per_message"}, as far as they can be had of this row."""
    if row.load.rate or row.load.mode == "idle":
        return {}
    result = {}
    for key, function, possible in (("instructions_per_message", instructions, server.counted and shutil.which("valgrind")),
                                    ("syscalls_per_message", system_calls, shutil.which("perf") or shutil.which("strace"))):
        try:
            if possible:
                result[key] = function(options, cell, row)
        except RuntimeError as error:
            result[key + "_failed"] = str(error)
    return result
