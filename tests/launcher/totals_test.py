#!/usr/bin/env python3
"""Shows that what did not pass is never counted as passed, and that nothing at all is a failure."""
import contextlib
import io
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import totals
from cases import run_unittest

CTEST = '<testsuite>{}</testsuite>'
PASSED = '<testcase name="{}" status="run"><system-out>fine</system-out></testcase>'
FAILED = '<testcase name="{}" status="fail"><failure message="SEGFAULT"/><system-out>said before</system-out></testcase>'
GTEST = '<testsuites><testsuite name="Frame">{}</testsuite></testsuites>'
CASE = '<testcase classname="Frame" name="{}" status="run"/>'
BROKEN = '<testcase classname="Frame" name="{}" status="run"><failure message="x">1 is not 2</failure></testcase>'
TAP = """TAP version 13
# Subtest: chat
    # Subtest: two pages talk
    ok 1 - two pages talk
    # Subtest: a page comes back
    not ok 2 - a page comes back
      ---
      error: 'it stayed offline'
      failureType: 'testCodeFailure'
      ...
    1..2
not ok 1 - chat
  ---
  failureType: 'subtestsFailed'
  ...
1..1
# tests 2
# pass 1
# fail 1
"""


class Totals(unittest.TestCase):
    def total(self, files):
        """What is printed, and the exit code, where these files are the results of one suite."""
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                file = pathlib.Path(folder, name if "/" in name else f"unit/{name}")
                file.parent.mkdir(exist_ok=True)
                file.write_text(text)
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                code = totals.report([totals.read_suite("unit", pathlib.Path(folder))])
            return printed.getvalue(), code

    def assertTotal(self, files, line, code):
        printed, exit_code = self.total(files)
        self.assertEqual((printed.splitlines()[-1], exit_code), (line, code), printed)
        return printed

    def testCasesAreCountedNotExecutables(self):
        self.assertTotal({"ctest.junit": CTEST.format(PASSED.format("unit_frame")),
                          "unit_frame.xml": GTEST.format(CASE.format("A") + CASE.format("B"))}, "2 passed, 0 failed", 0)

    def testATestWithoutCasesOfItsOwnCountsAsOne(self):
        self.assertTotal({"ctest.junit": CTEST.format(PASSED.format("script"))}, "1 passed, 0 failed", 0)

    def testAFailedCaseIsShownWithItsWords(self):
        printed = self.assertTotal({"ctest.junit": CTEST.format(FAILED.format("unit_frame")),
                                    "unit_frame.xml": GTEST.format(CASE.format("A") + BROKEN.format("B"))},
                                   "1 passed, 1 failed", 1)
        self.assertIn("1 is not 2", printed)

    def testAnExecutableThatDiedCountsAsAFailure(self):
        printed = self.assertTotal({"ctest.junit": CTEST.format(FAILED.format("unit_frame"))}, "0 passed, 1 failed", 1)
        self.assertIn("said before", printed)
        self.assertIn("SEGFAULT", printed)

    def testAnExecutableThatFailsAfterItsCasesPassedIsAFailure(self):
        self.assertTotal({"ctest.junit": CTEST.format(FAILED.format("unit_frame")),
                          "unit_frame.xml": GTEST.format(CASE.format("A"))}, "1 passed, 1 failed", 1)

    def testAnExecutableWithoutCasesIsAFailure(self):
        self.assertTotal({"ctest.junit": CTEST.format(PASSED.format("unit_frame")),
                          "unit_frame.xml": GTEST.format("")}, "0 passed, 1 failed", 1)

    def testASuiteThatRanNothingIsAFailure(self):
        self.assertTotal({}, "0 passed, 1 failed", 1)
        self.assertTotal({"ctest.junit": CTEST.format("")}, "0 passed, 1 failed", 1)

    def testOfSuitesThatRanSideBySideEachCountsItsOwn(self):
        both = CTEST.format(PASSED.format("unit_frame") + FAILED.format("contract_chat"))
        self.assertTotal({"gcc/ctest.junit": both, "gcc/unit_frame.xml": GTEST.format(CASE.format("A") + CASE.format("B"))},
                         "2 passed, 0 failed", 0)
        self.assertTotal({"gcc/ctest.junit": CTEST.format(PASSED.format("contract_chat"))}, "0 passed, 1 failed", 1)

    def testTheRunsOfOneSuiteAreAddedUp(self):
        self.assertTotal({"unit-gcc/ctest.junit": CTEST.format(PASSED.format("a")),
                          "unit-tsan/ctest.junit": CTEST.format(FAILED.format("b"))}, "1 passed, 1 failed", 1)

    def testNodesCasesAreCountedAndItsGroupsAreNot(self):
        printed = self.assertTotal({"ctest.junit": CTEST.format(FAILED.format("unit_chat")), "unit_chat.tap": TAP}, "1 passed, 1 failed", 1)
        self.assertIn("it stayed offline", printed)

    def testARunOfNodeThatDiedOrHeldNothingIsAFailure(self):
        self.assertTotal({"ctest.junit": CTEST.format(FAILED.format("unit_chat")), "unit_chat.tap": ""}, "0 passed, 1 failed", 1)
        self.assertTotal({"ctest.junit": CTEST.format(FAILED.format("unit_chat")), "unit_chat.tap": "# pass 2\n"}, "2 passed, 1 failed", 1)
        self.assertTotal({"ctest.junit": CTEST.format(PASSED.format("unit_chat")), "unit_chat.tap": "# pass 0\n"}, "0 passed, 1 failed", 1)

    def testASkippedCaseIsNeitherAndIsNamed(self):
        skipped = '<testcase classname="Frame" name="B" status="run"><skipped message="no IPv6"/></testcase>'
        printed = self.assertTotal({"ctest.junit": CTEST.format(PASSED.format("unit_frame")),
                                    "unit_frame.xml": GTEST.format(CASE.format("A") + skipped)},
                                   "1 passed, 0 failed", 0)
        self.assertIn("1 skipped: unit_frame: Frame.B", printed)


if __name__ == "__main__":
    run_unittest("structure_totals")
