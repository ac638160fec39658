#!/usr/bin/env python3
"""integration_cost: what a message costs is as framework/src/README.md says, in instructions and allocations.

    cost_test.py PROGRAMS README           PATCHBAY_WRITE_COSTS=1 writes the table instead of comparing it

Counted by valgrind in the conformance server: the difference of a short and a longer run, so that neither the start nor the
handshakes count. Instructions do not vary with the machine's speed or load; compilers and libraries move them a little, and
the margins are generous: this finds a copy, a lock or a layer more, not a branch.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "support")]
import cases  # noqa: E402
from measure import port_of  # noqa: E402

PATIENCE = 240  # seconds
FEW, MANY = 512, 16_896  # messages that the clients send; what the end of a run costs must not show
BEGIN, END = "<!-- costs -->\n", "<!-- /costs -->\n"

CELLS = {
    "echo 64 B": ("echo", 16, 1, 64, "binary"),
    "echo 64 B, 16 in flight": ("echo", 16, 16, 64, "binary"),
    "echo 1 KiB, 16 in flight": ("echo", 16, 16, 1024, "binary"),
    "echo 1 KiB of text, 16 in flight": ("echo", 16, 16, 1024, "mixed"),
    "echo 16 KiB": ("echo", 16, 1, 16384, "binary"),
    "a struct from JSON and back, 128 B, 16 in flight": ("json", 16, 16, 128, "json"),
    "a delivery of 128 B to 50": ("fanout", 50, 1, 128, "binary"),
    "a delivery of 128 B to 50, 32 in flight": ("fanout", 50, 32, 128, "binary"),
}
COLUMNS = ("in all", "transport", "protocol", "hosting", "messaging", "endpoint", "the method, bound", "libraries", "allocations")
ROOMS = COLUMNS[1:6]


def room_of(function):
    """Whose instructions they are, by the function's own name, without its result and parameters."""
    name = function.replace("(anonymous namespace)", "").split("(")[0]
    if re.search(r"patchbay::(detail|json)::|conformance::", name):
        return "the method, bound"
    if re.search(r"patchbay::(Session|Remote|Topics)::", name):
        return "messaging"
    found = re.search(r"patchbay::(\w+)::", name)
    return found.group(1) if found and found.group(1) in ROOMS else "libraries"


def read_profile(path):
    """({column: instructions}, calls of malloc) of a file of callgrind's."""
    costs, allocations = dict.fromkeys(COLUMNS, 0), 0
    room, called, inclusive = "libraries", "", False
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith("fn="):
                room = room_of(line)
            elif line.startswith("cfn="):
                called = line[4:].strip()
            elif line.startswith("calls="):
                inclusive = True
                allocations += int(line[6:].split()[0]) if called == "malloc" else 0
            elif re.match(r"[+\-*\d]", line):
                if not inclusive:
                    costs[room] += int(line.split()[1])
                inclusive = False
    costs["in all"] = sum(costs[column] for column in COLUMNS[1:-1])
    costs["allocations"] = allocations
    return costs


def profile(programs, cell, messages):
    """(the costs of one run, its messages)."""
    path, connections, in_flight, size, kind = cell
    with tempfile.TemporaryDirectory() as folder:
        profile_file = os.path.join(folder, "profile")
        command = ["valgrind", "-q", "--tool=callgrind", "--compress-strings=no", "--compress-pos=no",
                   f"--callgrind-out-file={profile_file}",
                   os.path.join(programs, "patchbay-conformance"), "--port", "0", "--loops", "1"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
            try:
                url = f"ws://127.0.0.1:{port_of(server, 'patchbay-conformance')}/{path}"
                load = [os.path.join(programs, "patchbay-bench"), "fanout" if path == "fanout" else "echo", url,
                        "--connections", str(connections), "--in-flight", str(in_flight), "--size", str(size), "--message", kind,
                        "--messages", str(messages), "--warm-up", "0", "--seconds", str(PATIENCE), "--json", "yes"]
                done = subprocess.run(load, capture_output=True, text=True, timeout=PATIENCE + 60, check=True)
            finally:
                server.terminate()
                server.wait(PATIENCE)
        return read_profile(profile_file), json.loads(done.stdout)["messages"]


def costs_of(programs, cell):
    deliveries = cell[1] // 4 if cell[0] == "fanout" else 1
    (few, few_messages), (many, many_messages) = (profile(programs, cell, amount * deliveries) for amount in (FEW, MANY))
    return {column: (many[column] - few[column]) / (many_messages - few_messages) for column in COLUMNS}


def table(costs):
    lines = ["| a message | " + " | ".join(COLUMNS) + " |", "|---|" + "---:|" * len(COLUMNS)]
    for cell, values in costs.items():
        numbers = [f"{values[column]:.0f}" for column in COLUMNS[:-1]] + [f"{abs(values['allocations']):.2f}"]
        lines.append(f"| {cell} | " + " | ".join(numbers) + " |")
    return "\n".join(lines) + "\n"


def read_table(readme):
    """{cell: {column: number}} as the page says."""
    with open(readme, encoding="utf-8") as file:
        text = file.read()
    rows = [line.strip("| \n").split(" | ") for line in text.split(BEGIN)[1].split(END)[0].splitlines()[2:]]
    return {row[0]: dict(zip(COLUMNS, map(float, row[1:]), strict=True)) for row in rows}


def write_table(readme, costs):
    with open(readme, encoding="utf-8") as file:
        text = file.read()
    before, rest = text.split(BEGIN)
    with open(readme, "w", encoding="utf-8") as file:
        file.write(before + BEGIN + table(costs) + END + rest.split(END)[1])


class Costs(unittest.TestCase):
    programs = readme = ""

    def test_the_page_has_a_row_for_each_message(self):
        self.assertEqual(list(read_table(self.readme)), list(CELLS))

    def check(self, name):
        said, measured = read_table(self.readme)[name], costs_of(self.programs, CELLS[name])
        wrong = [f"{column}: {measured[column]:.0f} instructions, the page says {said[column]:.0f}" for column in COLUMNS[:-1]
                 if abs(measured[column] - said[column]) > 0.4 * said[column] + 60]
        if measured["allocations"] > said["allocations"] + 0.02:
            wrong.append(f"{measured['allocations']:.2f} allocations, the page says {said['allocations']:.2f}")
        self.assertEqual(wrong, [])


def add_checks():
    """A case for each message."""
    for name in CELLS:
        setattr(Costs, "test_" + re.sub(r"\W+", "_", name) + "_costs_what_the_page_says", lambda self, name=name: self.check(name))


if __name__ == "__main__":
    Costs.programs, Costs.readme = sys.argv[1:3]
    if not shutil.which("valgrind"):
        sys.exit("this test needs valgrind (Debian's package valgrind)")
    add_checks()
    if os.environ.get("PATCHBAY_WRITE_COSTS"):
        write_table(Costs.readme, {name: costs_of(Costs.programs, cell) for name, cell in CELLS.items()})
    else:
        cases.run_unittest("integration_cost")
