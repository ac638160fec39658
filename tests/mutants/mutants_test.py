#!/usr/bin/env python3
"""Shows what counts as a mutant of a line, and what would be none: what the compiler refuses at once, or nobody could notice."""
import pathlib
import sys
import unittest

import mutants

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from cases import run_unittest


class Mutants(unittest.TestCase):
    def of(self, line):
        return list(mutants.mutants_of(line))

    def testAStatementCanBeLeftOut(self):
        self.assertEqual(self.of("    queue_.clear();  // why"), ["    ;"])
        self.assertEqual(self.of("    state_ = State::Open;"), ["    ;"])
        self.assertIn("    ;", self.of("    ++slot.generation;"))

    def testADeclarationAndAReturnCannot(self):
        for line in ("    std::size_t count = most;", "    const auto end = bytes.end();", "    return size;", "    Frame frame{bytes};"):
            self.assertNotIn("    ;", self.of(line), line)

    def testAComparisonTurnsAtItsBoundary(self):
        self.assertIn("    if (size <= most) return;", self.of("    if (size < most) return;"))
        self.assertIn("    return a != b;", self.of("    return a == b;"))

    def testAConditionGoesTheOtherWay(self):
        self.assertIn("    if (!(size < most)) return;", self.of("    if (size < most) return;"))
        self.assertIn("    if (done) return;", self.of("    if (!done) return;"))

    def testWhatStandsInTextCommentsAndTemplatesStays(self):
        self.assertEqual(self.of('    fail("a < b");')[1:], [])
        self.assertEqual(self.of("// a < b"), [])
        self.assertEqual(self.of("template <class A, bool B = true>"), [])


if __name__ == "__main__":
    run_unittest("structure_mutants_itself")
