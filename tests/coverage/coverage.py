#!/usr/bin/env python3
"""How much of a folder a test program reaches: coverage.py NAME PROGRAM FOLDER LEAST_PERCENT

Runs PROGRAM, which Clang has built with its coverage mapping, and counts branches: each condition once for true and
once for false. Prints a row per file and every branch that was not taken; fails below LEAST_PERCENT of the whole.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from cases import Cases


def measure(program, folder):
    """llvm-cov's export for the sources in that folder."""
    with tempfile.TemporaryDirectory() as scratch:
        raw, merged = f"{scratch}/raw", f"{scratch}/merged"
        environment = {name: value for name, value in os.environ.items() if name != "GTEST_OUTPUT"}
        subprocess.run([program, "--gtest_brief=1"], check=True, timeout=300, env={**environment, "LLVM_PROFILE_FILE": raw})
        subprocess.run(["llvm-profdata-14", "merge", raw, "-o", merged], check=True)
        run = subprocess.run(["llvm-cov-14", "export", program, "-instr-profile", merged, str(folder)],
                             check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(run.stdout)["data"][0]


def missed(file):
    """(line, column, outcome) of each branch that was never taken; those of a template's copies count together."""
    taken = {}
    for line, column, _, _, true_count, false_count, *_ in file["branches"]:
        before = taken.get((line, column), (0, 0))
        taken[line, column] = (before[0] + true_count, before[1] + false_count)
    for (line, column), counts in sorted(taken.items()):
        for count, outcome in zip(counts, ("true", "false")):
            if count == 0:
                yield line, column, outcome


def main(name, program, folder, least):
    report = measure(program, pathlib.Path(folder))
    for file in report["files"]:
        branches, path = file["summary"]["branches"], pathlib.Path(file["filename"]).name
        print(f"{branches['covered']:4} of {branches['count']:4} branches  {path}")
        for line, column, outcome in missed(file):
            print(f"      {path}:{line}:{column} is never {outcome}")
    totals = report["totals"]["branches"]
    print(f"{totals['percent']:.1f} % of {totals['count']} branches")
    cases = Cases(name)
    reached = totals["count"] > 0 and totals["percent"] >= float(least)
    cases.add(f"at least {least} % of the branches",
              None if reached else f"{totals['percent']:.1f} % of {totals['count']} branches of {folder} are taken.")
    return cases.finish()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
