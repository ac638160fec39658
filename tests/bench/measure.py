"""Starts servers, puts load on them, and says what that took. Which, and what it means, stands elsewhere."""
import json
import os
import re
import shutil
import subprocess
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import servers

START_WITHIN = 60  # seconds; valgrind takes its time
LOOK_EVERY = 0.25  # seconds, at the memory of a server whose peers do not read
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Running:
    server: servers.Server
    pid: int
    port: str


def cores():
    """(the servers', the load generator's); the same one where there is no second."""
    usable = sorted(os.sched_getaffinity(0))
    return str(usable[-1]), str(usable[0])


def pinned(cpus, *command):
    return ["taskset", "--cpu-list", cpus, *map(str, command)]


def port_of(process, name):
    """Waits until it prints that it is ready. Errors: RuntimeError when it ends before, or does not within the time."""
    patience = threading.Timer(START_WITHIN, process.kill)
    patience.start()
    try:
        port = None
        for line in process.stdout:
            if found := re.match(r"listening on https?://\S+:(\d+)", line):
                port = found.group(1)
            if port and line == "ready\n":
                return port
        raise RuntimeError(f"{name} did not start")
    finally:
        patience.cancel()


@contextmanager
def running(place, name, spread=False, under=()):
    """The server, on its core or on all of them, until the block ends. `under`: a command that runs it."""
    server = servers.SERVERS[name]
    cpus = ",".join(map(str, os.sched_getaffinity(0))) if spread else cores()[0]
    command = pinned(cpus, *under, *place.command(server))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Running(server, process.pid, port_of(process, name))
        finally:
            process.terminate()
            try:
                process.wait(START_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()


def load_command(place, load, target, *more):
    scheme = "http" if load.mode == "pages" else target.server.scheme
    path = "" if scheme == "tcp" else load.path or f"/{load.mode}"
    command = [os.path.join(place.programs, "patchbay-bench"), load.mode, f"{scheme}://127.0.0.1:{target.port}{path}",
               "--json", "yes", "--pid", target.pid, "--connections", load.connections, "--size", load.size,
               "--message", load.message, "--addresses", load.addresses, *more]
    command += ["--in-flight", load.in_flight] if not load.rate else ["--rate", load.rate]
    command += ["--deflate", "yes"] if load.deflate else []
    command += ["--insecure", "yes"] if target.server.scheme == "wss" else []
    command += ["--stalled", load.stalled] if load.stalled else []
    return pinned(cores()[1], *command)


def run_load(command, patience):
    """What the load generator says. Errors: RuntimeError with its sentence."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=patience)
    except subprocess.TimeoutExpired as expired:
        raise RuntimeError(f"nothing after {patience:.0f} s") from expired
    if done.returncode != 0:
        raise RuntimeError((done.stderr.strip() or f"the load generator ended with {done.returncode}").splitlines()[0])
    return json.loads(done.stdout)


def memory(target):
    """RSS, and what its sockets hold in the kernel, on the server's side only.   Units: bytes.   Errors: RuntimeError."""
    if not shutil.which("ss"):
        raise RuntimeError("what sockets hold is not known without ss: install iproute2")
    with open(f"/proc/{target.pid}/statm", encoding="ascii") as file:
        resident = int(file.read().split()[1]) * PAGE
    shown = subprocess.run(["ss", "-tnmH", f"sport = :{target.port}"], capture_output=True, text=True).stdout
    return resident + sum(int(read) + int(write) for read, write in re.findall(r"skmem:\(r(\d+),.*?,w(\d+),", shown))


@contextmanager
def watching(target, result):
    """Puts the most memory above that of now into result["peak_bytes"]."""
    done, before, peaks = threading.Event(), memory(target), []

    def look():
        while not done.wait(LOOK_EVERY):
            peaks.append(memory(target) - before)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        result["peak_bytes"] = max([*peaks, 0])


def measure(options, row, target, longer=1):
    """One measurement. Errors: RuntimeError for a wrong answer or none."""
    load, seconds, result = row.load, options.seconds * row.load.longer * longer, {}
    limits = ["--seconds", seconds] + (["--messages", options.messages] if options.messages else [])
    command = load_command(options.place, load, target, *limits)
    with ExitStack() as stack:
        if load.rate:
            stack.enter_context(watching(target, result))
        result |= run_load(command, 2 * seconds + 60)
    if load.mode != "idle" and not result["messages"]:
        raise RuntimeError(f"no message was answered within {seconds:g} s: try more --seconds")
    return result


def memory_of_the_stalled(rows, samples):
    """What each client that does not read added, from two measurements of one round."""
    for name, row in rows.items():
        if row.load.stalled and name in samples and row.against in samples:
            more = samples[name]["peak_bytes"] - samples[row.against]["peak_bytes"]
            samples[name]["stalled_bytes"] = more / row.load.stalled


def run_round(options, cell, rows, started, failures, warms_up=False):
    """{row: measurement}. What fails is told once and left out from there. What compiles itself warms up for longer."""
    samples = {}
    for name, row in rows.items():
        if name in failures:
            continue
        try:
            with ExitStack() as stack:
                target = started.get(row.server) or stack.enter_context(running(options.place, row.server, cell.spread))
                samples[name] = measure(options, row, target, cell.warm_up if warms_up and not target.server.counted else 1)
        except RuntimeError as error:
            failures[name] = str(error)
    memory_of_the_stalled(rows, samples)
    return samples


def run_cell(options, cell, rows, progress):
    """({row: [measurement of each round]}, {row: why it failed}). A round that is not counted goes before, in which what
    compiles itself does so; fresh processes need none."""
    failures, rounds = {}, []
    with ExitStack() as stack:
        started = {} if cell.fresh else {name: stack.enter_context(running(options.place, name, cell.spread))
                                         for name in dict.fromkeys(row.server for row in rows.values())}
        if not cell.fresh:
            run_round(options, cell, rows, started, failures, warms_up=True)
        for number in range(min(options.rounds, cell.most_rounds)):
            progress(number + 1)
            rounds.append(run_round(options, cell, rows, started, failures))
    return {name: [samples[name] for samples in rounds] for name in rows if name not in failures}, failures
