#!/usr/bin/env python3
"""Adds up what `./patchbay test` ran: totals.py RESULTS SUITE...

Prints a line per suite, every failure with its output, and last `N passed, M failed`. Cases are counted, not
executables: ctest says which tests there were, and the file that bears a test's name holds its cases (.xml: GoogleTest's or
cases.py's; .tap: Node's). A test that died before it could write one counts as one failure; so does a suite that ran nothing.
"""
import pathlib
import re
import sys
import xml.etree.ElementTree as xml

LONGEST_OUTPUT = 20000


class Suite:
    def __init__(self, name):
        self.name = name
        self.passed = 0
        self.skipped = []
        self.failures = []  # (name, output)

    def count(self):
        return self.passed + len(self.skipped) + len(self.failures)

    def fail(self, name, output):
        self.failures.append((name, output or "(no output)"))


def read_cases(suite, test, file):
    """One test's own report. Returns False where it holds no case at all."""
    found = False
    for case in xml.parse(file).getroot().iter("testcase"):
        found = True
        name = case.get("name") if case.get("classname") == test else f"{case.get('classname')}.{case.get('name')}"
        problems = [node.text or node.get("message") or "" for node in case if node.tag in ("failure", "error")]
        if problems:
            suite.fail(f"{test}: {name}", "\n".join(problems))
        elif case.get("status") == "notrun" or case.find("skipped") is not None:
            suite.skipped.append(f"{test}: {name}")
        else:
            suite.passed += 1
    return found


def read_ctest(suite, folder, prefix=""):
    """Of the tests whose names begin so."""
    for test in xml.parse(folder / "ctest.junit").getroot().iter("testcase"):
        name, output = test.get("name"), test.findtext("system-out")
        if not name.startswith(prefix):
            continue
        failed_before = len(suite.failures)
        cases, tap = folder / f"{name}.xml", folder / f"{name}.tap"
        if cases.exists() or tap.exists():
            if not (read_cases(suite, name, cases) if cases.exists() else read_node(suite, tap)):
                suite.fail(name, "It ran, but holds no case at all.")
        elif test.get("status") == "run":
            suite.passed += 1
            continue
        if test.get("status") in ("disabled", "notrun") and test.find("failure") is None:
            suite.skipped.append(name)
        elif test.get("status") != "run" and len(suite.failures) == failed_before:
            reason = test.find("failure")
            suite.fail(name, f"{output or ''}\n{reason.get('message', '') if reason is not None else ''}".strip())


def read_node(suite, file):
    """Node's own summary counts the cases; the failures' blocks stand in the report itself. Returns False where there is none."""
    before = suite.count()
    text = file.read_text(errors="replace")
    count = {word: int(number) for word, number in re.findall(r"^# (pass|skipped|todo) (\d+)$", text, re.M)}
    suite.passed += count.get("pass", 0)
    suite.skipped += ["node test"] * (count.get("skipped", 0) + count.get("todo", 0))
    leaves = r"^( *)not ok \d+ - (?P<name>.*)\n(?P<block>\1  ---\n(?:.*\n)*?\1  \.\.\.\n)?"
    for found in re.finditer(leaves, text, re.M):
        if "subtestsFailed" not in (found["block"] or ""):
            suite.fail(found["name"], found["block"])
    return suite.count() > before


def read_steps(suite, file):
    for line in file.read_text().splitlines():
        outcome, title, log = line.split("\t")
        if outcome == "passed":
            suite.passed += 1
        else:
            output = pathlib.Path(log).read_text(errors="replace")
            suite.fail(title, output[max(0, output.find("FAILED: ")):])


def read_suite(name, results):
    """A suite has a folder of its own, parts of it (NAME-PART), and its tests among those of the GCC build."""
    suite, folder = Suite(name), results / name
    if (folder / "steps.tsv").exists():
        read_steps(suite, folder / "steps.tsv")
    if (folder / "ctest.junit").exists():
        read_ctest(suite, folder)
    for part in sorted(results.glob(f"{name}-*/ctest.junit")):
        read_ctest(suite, part.parent)
    if (results / "gcc" / "ctest.junit").exists():
        read_ctest(suite, results / "gcc", f"{name}_")
    if suite.passed + len(suite.failures) == 0:
        suite.fail("runs at least one test", "This suite ran nothing, so it shows nothing.")
    return suite


def report(suites):
    for suite in suites:
        for name, output in suite.failures:
            print(f"\n--- FAILED  {suite.name}: {name}")
            if len(output) > LONGEST_OUTPUT:
                print(f"(the last {LONGEST_OUTPUT} characters)")
            print(output[-LONGEST_OUTPUT:].rstrip())
    print()
    for suite in suites:
        skipped = f", {len(suite.skipped)} skipped: {', '.join(suite.skipped)}" if suite.skipped else ""
        print(f"{suite.name:12} {suite.passed:5} passed, {len(suite.failures)} failed{skipped}")
    passed, failed = sum(s.passed for s in suites), sum(len(s.failures) for s in suites)
    print(f"\n{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(report([read_suite(name, pathlib.Path(sys.argv[1])) for name in sys.argv[2:]]))
