#!/usr/bin/env python3
"""CPU time per message of Patchbay and its peers, side by side in one run. tests/bench/README.md says what it means.

Cell by cell: its servers start and run until it is done, each pinned to the same core, the load generator to another. A
round measures every server, one after the other; ratios are taken within a round, so what slows the machine slows both.
"""
import argparse
import json
import os
import re
import sys
import tempfile
from dataclasses import replace

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import counts  # noqa: E402
import facts  # noqa: E402
import figures  # noqa: E402
import measure  # noqa: E402
import servers  # noqa: E402
from cells import CELLS  # noqa: E402

FEW = 20  # connections


def say(line):
    print(line, file=sys.stderr, flush=True)


def read_options(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", required=True, help="the folder of the programs that were built")
    parser.add_argument("--rounds", type=int, default=15, help="default: %(default)s")
    parser.add_argument("--seconds", type=float, default=0.5, help="per server, cell and round; default: %(default)s")
    parser.add_argument("--messages", type=int, default=0, help="end a measurement earlier, after so many")
    parser.add_argument("--cells", type=re.compile, default="", metavar="REGEX", help="only these")
    parser.add_argument("--servers", type=re.compile, default="", metavar="REGEX", help="only these, and what they are held against")
    parser.add_argument("--instructions", action="store_true", help="also count instructions and system calls per message")
    parser.add_argument("--noise", type=float, default=0.25, help="the most that the quartiles of what a target refers to may lie "
                        "apart, as a share of its median, for a verdict; default: %(default)s")
    parser.add_argument("--json", metavar="FILE", help="also write every measurement there, as cells are done")
    parser.add_argument("--tiny", action="store_true", help="few connections: to see that it works")
    parser.add_argument("--list", action="store_true", help="say which cells and servers there are, and end")
    return parser.parse_args(arguments)


def tiny(row):
    return replace(row, load=replace(row.load, connections=min(row.load.connections, FEW)))


def chosen(options):
    """{cell: {row: …}}: the rows asked for and those that they are held against."""
    result = {}
    for title, cell in CELLS.items():
        if not re.search(options.cells, title):
            continue
        wanted = {name for name in cell.rows if re.search(options.servers, name)}
        bases = {base for name in wanted for base in
                 (cell.rows[name].against, *(target.against for target in cell.rows[name].targets))}
        if wanted:
            result[title] = {name: tiny(row) if options.tiny else row for name, row in cell.rows.items() if name in wanted | bases}
    return result


def without_the_missing(selection, place):
    """Leaves out what cannot run here, with one line for each reason."""
    missing = servers.missing(sorted({row.server for rows in selection.values() for row in rows.values()}), place)
    for reason in dict.fromkeys(missing.values()):
        say(f"left out: {', '.join(name for name, why in missing.items() if why == reason)}: {reason}")
    selection = {title: {name: row for name, row in rows.items() if row.server not in missing} for title, rows in selection.items()}
    return {title: rows for title, rows in selection.items() if rows}


def run(options, title, rows):
    """One cell: {row: summary}, {row: why it failed}."""
    cell = CELLS[title]
    samples, failures = measure.run_cell(options, cell, rows, lambda number: say(f"{title}: round {number}"))
    for name, failure in failures.items():
        say(f"{title}: {name} failed: {failure}")
    result = {name: figures.summary(cell, name, samples, options.noise) for name in samples}
    if options.instructions:
        for name in result:
            say(f"{title}: counting {name}")
            result[name] |= counts.count(options, cell, rows[name], servers.SERVERS[rows[name].server])
    return result, failures


def write(options, where, cells, failures):
    with open(options.json, "w", encoding="utf-8") as file:
        json.dump({"where": where, "rounds": options.rounds, "seconds": options.seconds, "noise_bound": options.noise,
                   "failures": failures, "cells": cells}, file, indent=1)


def run_all(options):
    """1 when something did not answer rightly."""
    where = facts.gather(options.place)
    for line in counts.absent() if options.instructions else []:
        say(line)
    cells, failures = {}, {}
    for title, rows in without_the_missing(chosen(options), options.place).items():
        cells[title], failed = run(options, title, rows)
        failures |= {f"{title}: {name}": why for name, why in failed.items()}
        if options.json:
            write(options, where, cells, failures)
    print(facts.as_text(where), figures.table(cells), figures.verdicts(cells, options.noise), sep="\n\n")
    for name, why in failures.items():
        print(f"failed: {name}: {why}")
    return 1 if failures else 0


def main():
    options = read_options(None)
    if options.list:
        for title, cell in CELLS.items():
            print(f"{title}: {', '.join(cell.rows)}")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        options.place = servers.Place(options.programs, folder)
        return run_all(options)


if __name__ == "__main__":
    sys.exit(main())
