#!/usr/bin/env python3
"""The gate beside another parser, node:http with its strict settings: what is a request, what is refused, where the next one
begins. Two readers who differ there are how requests get smuggled through a proxy.

    differential.py GATE_PARSER [--count N] [--from SEED]

Each seed is one stream (streams.py), and one that shows a difference can be read again alone: --from SEED --count 1.
With PATCHBAY_LONG in the environment it reads a million.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from cases import Cases  # noqa: E402
from streams import Stream  # noqa: E402
import purposes  # noqa: E402

BATCH = 20_000
SHOWN = 10  # differences, at most
METHOD, TARGET, VERSION, FIELDS, BODY = range(5)  # of a request
PARTS = ("method", "target", "version", "fields", "body")


def stream_of(seed):
    return Stream(random.Random(seed)).bytes()


def readings(command, streams):
    """What a parser says to each of them."""
    given = b"".join(struct.pack("<I", len(stream)) + stream for stream in streams)
    done = subprocess.run(command, input=given, stdout=subprocess.PIPE, timeout=600)
    lines = done.stdout.splitlines()
    if done.returncode != 0 or len(lines) != len(streams):
        raise RuntimeError(f"{command[-1]} ended with {done.returncode} at stream {len(lines)} of {len(streams)}")
    return [json.loads(line) for line in lines]


def difference(gate, node):
    """None, or (who refuses, "node stops" or "both read", what): the first thing in which the two readings differ."""
    for ours, theirs in zip(gate["requests"], node["requests"]):
        unlike = [PARTS[part] for part in range(len(PARTS)) if ours[part] != theirs[part]]
        if unlike == ["body"] and ours[BODY] is None and gate["refused"]:
            return "gate", gate["refused"]  # in the body of its last request
        if unlike == ["body"] and theirs[BODY] is None and node["refused"]:
            return "node, within a body", node["refused"]
        if unlike:
            return "both read", ", ".join(unlike)
    ours, theirs = len(gate["requests"]), len(node["requests"])
    if 0 < theirs <= ours and not node["refused"] and (theirs < ours or gate["refused"]):
        for what, (stops, _) in purposes.NODE_STOPS.items():
            if stops(node["requests"][-1]):
                return "node stops", what
    if ours == theirs and (node["refused"] or not gate["refused"]):
        return None  # a gate that waits for the rest of a head has not taken what Node refuses
    if ours <= theirs and (gate["refused"] or gate.get("ends")):
        return "gate", gate["refused"] or "ends behind " + gate["ends"]
    if node["refused"] and theirs < ours:
        return "node", node["refused"]
    return "both read", f"{ours} requests, and {theirs}"


def is_meant(found, stream, gate, node):
    """True where purposes.py says why the two differ there."""
    who, what = found
    if who == "gate":
        return what in purposes.GATE_REFUSES
    if who == "node stops":
        return True  # it was found by the condition
    if who == "both read" and what in purposes.NODE_MISREADS:
        misread = next(theirs for ours, theirs in zip(gate["requests"], node["requests"]) if ours != theirs)
        return bool(purposes.NODE_MISREADS[what][0](misread, stream))
    table = {"node": purposes.NODE_REFUSES, "node, within a body": purposes.NODE_REFUSES_BODIES}.get(who, {})
    if what not in table:
        return False
    condition, _ = table[what]
    taken = len(node["requests"]) - (who != "node")  # by both, before the one that only the gate has taken
    return bool(condition(gate["requests"][taken], stream))


class Comparison:
    def __init__(self):
        self.counts = collections.Counter()
        self.outcomes = collections.Counter()
        self.unmeant = []

    def read(self, seeds, gate_parser, node):
        streams = [stream_of(seed) for seed in seeds]
        ours = readings([gate_parser], streams)
        for reading in ours:  # its texts are bytes, one by one; its sentences are UTF-8
            reading["refused"] = reading["refused"] and reading["refused"].encode("latin-1").decode()
        theirs = readings([node, "--no-warnings", str(HERE / "node_parser.mjs")], streams)
        for seed, stream, gate, other in zip(seeds, streams, ours, theirs):
            self.outcomes["refused" if gate["refused"] else "taken"] += 1
            self.outcomes["requests"] += len(gate["requests"])
            found = difference(gate, other)
            if found is None:
                continue
            self.counts[found] += 1
            if not is_meant(found, stream, gate, other):
                self.unmeant.append(f"seed {seed}: {': '.join(found)}\n  {stream}\n  gate {gate}\n  node {other}")

    def table(self):
        return "\n".join(f"{count:8}  {who}: {what}" for (who, what), count in sorted(self.counts.items()))


def itself(cases):
    """A comparison that finds nothing shows nothing."""
    def reading(*requests, refused=None):
        return {"requests": list(requests), "refused": refused}

    get, post = ["GET", "/", 1, [], ""], ["POST", "/", 1, [], "abc"]
    upgrade = ["GET", "/", 1, ["Upgrade", "h2c", "Connection", "a, Upgrade"], ""]
    unfinished = post[:BODY] + [None]
    table = [
        ("two that read alike", reading(get, post), reading(get, post), None),
        ("two that refuse alike, each with its words", reading(get, refused="a"), reading(get, refused="b"), None),
        ("a request more", reading(get, get), reading(get), ("both read", "2 requests, and 1")),
        ("another target", reading(get), reading(["GET", "/b", 1, [], ""]), ("both read", "target")),
        ("a longer body", reading(post), reading(post[:BODY] + ["abcd"]), ("both read", "body")),
        ("one that refuses the second", reading(get, refused="a"), reading(get, get), ("gate", "a")),
        ("one that refuses within a body", reading(unfinished, refused="a"), reading(post, get), ("gate", "a")),
        ("another that refuses", reading(get, get), reading(get, refused="b"), ("node", "b")),
        ("a gate that ends earlier", reading(get) | {"ends": "a"}, reading(get, get), ("gate", "ends behind a")),
        ("that Node stops behind an upgrade", reading(upgrade, get), reading(upgrade), ("node stops", "an upgrade that nobody takes")),
        ("that a gate refuses what Node does not look at", reading(upgrade, refused="a"), reading(upgrade),
         ("node stops", "an upgrade that nobody takes")),
        ("that Node stops without one", reading(upgrade, get, get), reading(upgrade, get), ("both read", "3 requests, and 2")),
        ("a gate that refuses what Node waits for", reading(refused="a"), reading(), ("gate", "a")),
        ("nothing where the gate waits for what Node refuses", reading(get), reading(get, refused="b"), None),
    ]
    for name, gate, node, expected in table:
        found = difference(gate, node)
        cases.add(f"the comparison sees {name}", None if found == expected else f"It found {found}, not {expected}.")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("gate_parser")
    options.add_argument("--count", type=int, default=1_000_000 if os.environ.get("PATCHBAY_LONG") else BATCH)
    options.add_argument("--from", type=int, default=0, dest="first")
    options.add_argument("--node", default=shutil.which("node"))
    options.add_argument("--show", help="only differences of which this is a part")
    asked = options.parse_args()
    if asked.node is None:
        sys.exit("This test needs a second parser, Node's: apt-get install nodejs")
    cases = Cases("integration_gate_differential")
    itself(cases)
    comparison = Comparison()
    last = asked.first + asked.count
    for first in range(asked.first, last, BATCH):
        comparison.read(range(first, min(first + BATCH, last)), asked.gate_parser, asked.node)
    print(f"{asked.count} streams, {dict(comparison.outcomes)}; where they differ:\n{comparison.table()}")
    shown = "\n".join([it for it in comparison.unmeant if (asked.show or "") in it][:SHOWN])
    cases.add(f"the gate and Node read {asked.count} streams alike, but for what is meant",
              f"{len(comparison.unmeant)} differences that are not in purposes.py:\n{shown}" if shown else None)
    if asked.count >= BATCH:
        few = [kind for kind in ("taken", "refused", "requests") if comparison.outcomes[kind] < asked.count // 5]
        cases.add("the streams are good ones and bad ones", f"Too few are {', '.join(few)}." if few else None)
    sys.exit(cases.finish())


if __name__ == "__main__":
    main()
