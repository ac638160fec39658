"""`cmake --install` into a folder of one's own is all that an outside project needs.

Usage: installed.py BUILD_DIR COMPILER
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cases  # noqa: E402
import outside_project  # noqa: E402
from program import run  # noqa: E402

BUILD, COMPILER = sys.argv[1:] if len(sys.argv) == 3 else sys.exit(__doc__)


class Installed(outside_project.OutsideProject):
    compiler = COMPILER

    @classmethod
    def put_patchbay_into(cls, folder):
        run("cmake", "--install", BUILD, "--prefix", folder, patience=120)
        return folder

    def test_everything_is_below_the_prefix(self):
        self.assertEqual(sorted(entry.name for entry in self.prefix.iterdir()), ["bin", "include", "lib", "share"])

    def test_the_example_configuration_is_beside_the_page_for_operators(self):
        documents = sorted(entry.name for entry in (self.prefix / "share/doc/patchbay").iterdir())
        self.assertEqual(documents, ["CHANGELOG.md", "README.md", "nginx.conf", "patchbay.yaml"])


if __name__ == "__main__":
    cases.run_unittest("integration_package_installed")
