"""As a part of another project (add_subdirectory) Patchbay gives targets and functions, and installs nothing.

Usage: subproject.py SOURCE_DIR COMPILER
"""
import os
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cases  # noqa: E402
from outside_project import configure  # noqa: E402
from program import run  # noqa: E402

SOURCE, COMPILER = sys.argv[1:] if len(sys.argv) == 3 else sys.exit(__doc__)


class Subproject(unittest.TestCase):
    def test_the_outside_project_configures_with_it_and_installs_nothing_of_it(self):
        with tempfile.TemporaryDirectory() as folder:
            build, prefix = pathlib.Path(folder) / "build", pathlib.Path(folder) / "prefix"
            configure(build, COMPILER, f"-DPATCHBAY_SOURCE={SOURCE}")
            self.assertTrue((build / "patchbay/cmake_install.cmake").exists())
            run("cmake", "--install", build, "--prefix", prefix)  # would miss what is not built, if there were anything
            self.assertFalse(prefix.exists())
            self.assertFalse((build / "CPackConfig.cmake").exists())


if __name__ == "__main__":
    cases.run_unittest("integration_package_subproject")
