#!/usr/bin/env python3
"""CPU time per message of Patchbay and its peers, side by side in one run. tests/bench/README.md says what it means.

The servers run for the whole time, each pinned to the same core, the load generator to another. A round measures every
cell on every server, one after the other; ratios are taken within a round, so what slows the machine slows both.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import figures  # noqa: E402

START_WITHIN = 20  # seconds
FLOOR, PATCHBAY = "floor", "Patchbay"


@dataclass(frozen=True)
class Server:
    program: str
    arguments: tuple = ()
    wire: str = "websocket"


@dataclass(frozen=True)
class Cell:
    kind: str
    size: int
    connections: int
    depth: int
    target: float | None = None  # × floor, for Patchbay


SERVERS = {
    FLOOR: Server("bench-floor"),
    PATCHBAY: Server("patchbay-conformance", ("--port", "0", "--loops", "1")),
    "TCP": Server("bench-tcp-echo", wire="tcp"),
    "Beast": Server("bench-beast"),
    "POCO": Server("bench-poco"),
}
CELLS = {
    "echo 64 B D1": Cell("echo", 64, 64, 1, 1.1),
    "echo 64 B D16": Cell("echo", 64, 64, 16, 1.1),
    "echo 1 KiB D1": Cell("echo", 1024, 64, 1, 1.1),
    "echo 1 KiB D16": Cell("echo", 1024, 64, 16, 1.1),
    "echo 16 KiB D1": Cell("echo", 16384, 64, 1),
    "echo 16 KiB D16": Cell("echo", 16384, 64, 16, 1.15),
    "fan-out 128 B D1": Cell("fanout", 128, 1000, 1, 1.05),
}


def measures(server, cell):
    """TCP has nobody to fan out to."""
    return server.wire == "websocket" or cell.kind == "echo"


def cores():
    """(the servers', the load generator's); the same one where there is no second."""
    usable = sorted(os.sched_getaffinity(0))
    return usable[-1], usable[0]


def pinned(core, *command):
    return ["taskset", "--cpu-list", str(core), *map(str, command)]


def port_of(process, name):
    """Waits until it prints that it is ready. Errors: RuntimeError when it ends before, or does not within the time."""
    patience = threading.Timer(START_WITHIN, process.kill)
    patience.start()
    try:
        port = None
        for line in process.stdout:
            if found := re.match(r"listening on http://\S+:(\d+)", line):
                port = found.group(1)
            if port and line == "ready\n":
                return port
        raise RuntimeError(f"{name} did not start")
    finally:
        patience.cancel()


@contextmanager
def running(folder, server):
    """The server as (process id, port), until the block ends."""
    command = pinned(cores()[0], os.path.join(folder, server.program), *server.arguments)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.pid, port_of(process, server.program)
        finally:
            process.terminate()
            try:
                process.wait(START_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()


def measure(options, server, cell, pid, port):
    """One measurement. Errors: RuntimeError with the load generator's sentence for a wrong answer."""
    load = pinned(cores()[1], os.path.join(options.programs, "bench-load"), "--port", port, "--pid", pid,
                  "--wire", server.wire, "--cell", cell.kind, "--size", cell.size, "--connections", cell.connections,
                  "--depth", cell.depth, "--messages", options.messages, "--seconds", options.seconds)
    done = subprocess.run(load, capture_output=True, text=True, timeout=options.seconds * 2 + 60)
    if done.returncode != 0:
        raise RuntimeError(f"{server.program}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def run_rounds(options, progress):
    """{cell: {server: [measurement of each round]}}"""
    samples = {cell: {name: [] for name in SERVERS if measures(SERVERS[name], CELLS[cell])} for cell in CELLS}
    with ExitStack() as stack:
        addresses = {name: stack.enter_context(running(options.programs, server)) for name, server in SERVERS.items()}
        for number in range(options.rounds):
            progress(f"round {number + 1} of {options.rounds}")
            for cell, servers in samples.items():
                for name, rounds in servers.items():
                    rounds.append(measure(options, SERVERS[name], CELLS[cell], *addresses[name]))
    return samples


def summarize(samples, bound):
    return {cell: {name: figures.summary(rounds, servers[FLOOR], CELLS[cell].target if name == PATCHBAY else None, bound)
                   for name, rounds in servers.items()} for cell, servers in samples.items()}


def read_options(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", required=True, help="the folder of the programs that were built")
    parser.add_argument("--rounds", type=int, default=7, help="default: %(default)s; 15 for figures to be published")
    parser.add_argument("--seconds", type=float, default=0.5, help="per server, cell and round; default: %(default)s")
    parser.add_argument("--messages", type=int, default=10 ** 9, help="end a measurement earlier, after so many")
    parser.add_argument("--noise", type=float, default=0.25, help="the most that the floor's quartiles may lie apart, as a "
                        "share of its median, for a verdict; default: %(default)s")
    parser.add_argument("--json", metavar="FILE", help="also write every measurement there")
    return parser.parse_args(arguments)


def main():
    options = read_options(None)
    cells = summarize(run_rounds(options, lambda line: print(line, file=sys.stderr, flush=True)), options.noise)
    print(figures.table(cells))
    print(figures.noise(cells, options.noise))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"rounds": options.rounds, "seconds": options.seconds, "noise_bound": options.noise, "cells": cells},
                      file, indent=1)


if __name__ == "__main__":
    main()
