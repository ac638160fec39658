#!/usr/bin/env python3
"""Shows that what was clean once is looked at again as soon as anything differs: tidy_test.py CLANG CLANG_TIDY"""
import os
import pathlib
import sys
import tempfile
import unittest

import tidy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from cases import run_unittest

CLANG, CLANG_TIDY = sys.argv[1:3]
CLEAN = "inline int twice(int a) { return 2 * a; }\n"
UNCLEAN = "inline int* none() { return 0; }\n"


class KnownClean(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = pathlib.Path(scratch.name)
        (self.root / "build").mkdir()
        tidy.KNOWN_CLEAN = self.root / "known"
        self.configure("modernize-use-nullptr")
        self.runs = self.root / "runs"
        self.program = self.root / "counted"
        self.program.write_text(f'#!/bin/sh\n[ "$1" = --version ] || echo run >>{self.runs}\nexec {CLANG_TIDY} "$@"\n')
        self.program.chmod(0o755)

    def configure(self, check):
        (self.root / ".clang-tidy").write_text(f'Checks: "-*,{check}"\nWarningsAsErrors: "*"\nHeaderFilterRegex: ".*"\n')

    def look(self, **files):
        """(whether something is found in one.cpp and two.cpp, in this order; how often clang-tidy ran)"""
        self.runs.write_text("")
        commands = {}
        for name, text in files.items():
            file = self.root / f"{name}.cpp"
            file.write_text(text)
            commands[file] = {"directory": str(self.root / "build"), "file": str(file), "command": f"{CLANG} -o {name}.o -c {file}"}
        found = tidy.problems(str(self.program), self.root, commands, list(commands))
        return [bool(one) for one in found], len(self.runs.read_text().splitlines())

    def testWhatWasCleanIsNotLookedAtAgain(self):
        self.assertEqual(self.look(one=CLEAN, two=""), ([False, False], 1))
        self.assertEqual(self.look(one=CLEAN, two=""), ([False, False], 0))

    def testWhatWasNotIsLookedAtEachTime(self):
        self.assertEqual(self.look(one=CLEAN, two=UNCLEAN), ([False, True], 3))
        self.assertEqual(self.look(one=CLEAN, two=UNCLEAN), ([False, True], 2))

    def testAnotherTextIsLookedAt(self):
        self.look(one=CLEAN, two="")
        self.assertEqual(self.look(one=CLEAN, two=UNCLEAN)[0], [False, True])

    def testAnotherHeaderIsLookedAt(self):
        (self.root / "header.hpp").write_text(CLEAN)
        including = f'#include "{self.root}/header.hpp"\n'
        self.assertEqual(self.look(one=including), ([False], 1))
        (self.root / "header.hpp").write_text(UNCLEAN)
        self.assertEqual(self.look(one=including), ([True], 1))

    def testACommentThatSilencedIsMissed(self):
        self.assertEqual(self.look(one=UNCLEAN.replace("\n", "  // NOLINT\n")), ([False], 1))
        self.assertEqual(self.look(one=UNCLEAN.replace("\n", "  // none\n")), ([True], 1))

    def testOtherChecksLookAgain(self):
        self.configure("bugprone-too-small-loop-variable")
        self.assertEqual(self.look(one=UNCLEAN), ([False], 1))
        self.configure("modernize-use-nullptr")
        self.assertEqual(self.look(one=UNCLEAN), ([True], 1))

    def testWhatDoesNotCompileIsLookedAt(self):
        self.assertEqual(self.look(one="#include <no/such/header>\n"), ([True], 1))
        self.assertFalse(tidy.KNOWN_CLEAN.exists())

    def testWhatWasOfNoUseForThirtyDaysIsForgotten(self):
        self.look(one=CLEAN)
        (known,) = tidy.KNOWN_CLEAN.iterdir()
        tidy.forget_old()
        self.assertTrue(known.exists())
        os.utime(known, (0, 0))
        tidy.forget_old()
        self.assertFalse(known.exists())


if __name__ == "__main__":
    run_unittest("clang_tidy_itself")
