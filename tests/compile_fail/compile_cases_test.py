#!/usr/bin/env python3
"""Shows that the harness fails where it should: compile_cases_test.py COMPILER"""
import pathlib
import sys
import tempfile
import unittest

import compile_cases

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from cases import run_unittest

COMPILER = sys.argv[1] if len(sys.argv) > 1 else "c++"
REFUSED = 'static_assert(sizeof(int) == 0, "an int has a size");\n'


class CompileCases(unittest.TestCase):
    def problem(self, name, text, header=None):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, name).write_text(text)
            return dict(compile_cases.problems(folder, COMPILER, [f"-I{folder}"], header))[name] or ""

    def testACaseRefusedWithTheExpectedTextPasses(self):
        self.assertEqual(self.problem("size.cpp", "// EXPECT: an int has a size\n" + REFUSED), "")

    def testACaseRefusedForAnotherReasonFails(self):
        self.assertIn("did not say: a long", self.problem("size.cpp", "// EXPECT: a long has a size\n" + REFUSED))

    def testEveryExpectedTextMustBeSaid(self):
        text = "// EXPECT: an int has a size\n// EXPECT: and a colour\n" + REFUSED
        self.assertIn("did not say: and a colour", self.problem("size.cpp", text))

    def testWhatIsSaidOfAHandlerIsSaidAtItsLine(self):
        refused = 'static_assert(sizeof(int) == 0, "Patchbay: ON_OPEN(x): no");\n'
        text = "// EXPECT: Patchbay: ON_OPEN(x): no\n"
        self.assertEqual(self.problem("here.cpp", text + refused), "")
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "elsewhere.hpp").write_text(refused)
            self.assertIn("at its line", self.problem("there.cpp", f'{text}#include "{folder}/elsewhere.hpp"\n'))

    def testACaseThatCompilesFails(self):
        self.assertIn("It compiles", self.problem("size.cpp", "// EXPECT: anything\nint main() {}\n"))

    def testACaseWithoutExpectationFails(self):
        self.assertIn("EXPECT", self.problem("size.cpp", REFUSED))

    def testAControlMustCompile(self):
        self.assertEqual(self.problem("ok_size.cpp", "int main() {}\n"), "")
        self.assertIn("does not compile", self.problem("ok_size.cpp", REFUSED))

    def testWarningsCountAsErrors(self):
        self.assertIn("does not compile", self.problem("ok_unused.cpp", "int main() { int unused; }\n"))

    def testAHeaderThatIsCompiledOnceChangesNoVerdict(self):
        text = "// EXPECT: an int has a size\n#include <vector>\n" + REFUSED
        self.assertEqual(self.problem("size.cpp", text, "vector"), "")
        self.assertIn("It compiles", self.problem("size.cpp", text.replace(REFUSED, ""), "vector"))

    def testAHeaderThatDoesNotCompileIsTheCasesOwnMatter(self):
        self.assertEqual(self.problem("ok_size.cpp", "int main() {}\n", "no/such/header.hpp"), "")
        self.assertIn("no/such", self.problem("ok_size.cpp", "#include <no/such/header.hpp>\n", "no/such/header.hpp"))


if __name__ == "__main__":
    run_unittest("structure_compile_cases_itself")
