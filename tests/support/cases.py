"""Cases of a test that is a script: printed as they come, counted one by one by tests/support/totals.py.

A script that ctest runs under the name N makes a Cases("N"), adds to it, and exits with what finish() returns.
"""
import os
import sys
import unittest
import xml.etree.ElementTree as xml


class Cases:
    """Errors: a run without a single case is a failure, since it shows nothing."""

    def __init__(self, suite):
        self.suite = suite
        self.problems = []  # (name, problem or None), in order

    def add(self, name, problem=None):
        self.problems.append((name, problem))
        print(f"{'FAILED' if problem else 'ok    '} {name}")
        if problem:
            print("    " + problem.replace("\n", "\n    "))

    def finish(self):
        if not self.problems:
            self.add("has at least one case", "There was nothing to test.")
        self._write()
        failed = sum(1 for _, problem in self.problems if problem)
        print(f"{self.suite}: {len(self.problems) - failed} passed, {failed} failed")
        return 1 if failed else 0

    def _write(self):
        folder = os.environ.get("PATCHBAY_RESULTS")
        if not folder:
            return
        root = xml.Element("testsuite", name=self.suite, tests=str(len(self.problems)))
        for name, problem in self.problems:
            case = xml.SubElement(root, "testcase", classname=self.suite, name=name)
            if problem:
                xml.SubElement(case, "failure").text = problem
        os.makedirs(folder, exist_ok=True)
        xml.ElementTree(root).write(os.path.join(folder, f"{self.suite}.xml"), encoding="utf-8")


class _Recorder(unittest.TestResult):
    def __init__(self, cases):
        super().__init__()
        self.cases = cases

    def addSuccess(self, test):
        self.cases.add(test.id().split(".", 1)[1])

    def addFailure(self, test, err):
        self.cases.add(test.id().split(".", 1)[1], self._exc_info_to_string(err, test))

    addError = addFailure

    def addSubTest(self, test, subtest, err):
        if err:
            self.cases.add(subtest.id().split(".", 1)[1], self._exc_info_to_string(err, subtest))

    def addSkip(self, test, reason):
        self.cases.add(test.id().split(".", 1)[1], f"Skipped ({reason}): what is not tried has not passed.")


def run_unittest(suite):
    """Runs the unittest classes of the calling script as one suite, and ends the process."""
    cases = Cases(suite)
    unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"]).run(_Recorder(cases))
    sys.exit(cases.finish())
