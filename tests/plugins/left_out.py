"""Every plugin, and modules/store, can be left out of the build, and nothing else notices: what remains is compiled by the very same commands, so
that its tests are the same programs.

Usage: left_out.py SOURCE_DIR BUILD_DIR COMPILER
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cases  # noqa: E402

SOURCE, BUILD, COMPILER = sys.argv[1:] if len(sys.argv) == 4 else sys.exit(__doc__)
PLUGINS = sorted(path.parent.name for path in pathlib.Path(SOURCE, "plugins").glob("*/CMakeLists.txt"))
OF_PLUGINS = re.compile(rf"/(plugins|tests/plugins|tests/unit/({'|'.join(PLUGINS)})|tests/foreign/compression)/"
                        r"|/tests/hostile/(Heartbeat|Compressed)\w+\.cpp$")


def commands(build):
    """(file, command) of everything that is compiled there and is no plugin or a test of one."""
    entries = json.loads(pathlib.Path(build, "compile_commands.json").read_text())
    without = [(entry["file"].replace(str(build), "BUILD"), entry["command"].replace(str(build), "BUILD")) for entry in entries]
    return sorted({pair for pair in without if not OF_PLUGINS.search(pair[0].replace(SOURCE, ""))})


class LeftOut(unittest.TestCase):
    def configure(self, *plugins, options=()):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        cache = pathlib.Path(BUILD, "CMakeCache.txt").read_text()
        same = [f"-D{name}={value}" for name, value in re.findall(
            r"^(CMAKE_BUILD_TYPE|CMAKE_CXX_FLAGS\w*|CMAKE_CXX_COMPILER_LAUNCHER|PATCHBAY_(?!PLUGINS)[A-Z_]+)(?::\w+)=(.*)$", cache, re.M)]
        run = subprocess.run(["cmake", "-S", SOURCE, "-B", folder.name, "-G", "Ninja", f"-DCMAKE_CXX_COMPILER={COMPILER}", *same,
                              f"-DPATCHBAY_PLUGINS={';'.join(plugins)}", *options],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
        return run, folder.name

    def test_without_any_the_rest_is_compiled_by_the_same_commands(self):
        run, build = self.configure()
        self.assertEqual(run.returncode, 0, run.stdout[-2000:])
        self.assertEqual(commands(build), commands(BUILD))
        self.assertGreater(len(commands(build)), 100)

    def test_each_can_be_left_out_alone(self):
        for plugin in PLUGINS:
            with self.subTest(plugin):
                run, build = self.configure(*(other for other in PLUGINS if other != plugin))
                self.assertEqual(run.returncode, 0, run.stdout[-2000:])
                self.assertNotIn(f"/plugins/{plugin}/", pathlib.Path(build, "compile_commands.json").read_text())

    def test_without_the_store_nothing_asks_for_sqlite(self):
        run, build = self.configure(*PLUGINS, options=("-DPATCHBAY_STORE=OFF", "-DCMAKE_DISABLE_FIND_PACKAGE_SQLite3=ON"))
        self.assertEqual(run.returncode, 0, run.stdout[-2000:])
        text = pathlib.Path(build, "compile_commands.json").read_text()
        self.assertNotIn("/modules/store/", text)
        self.assertNotIn("/unit/store/", text)

    def test_with_the_store_and_without_sqlite_it_is_said_what_to_do(self):
        run, _ = self.configure(*PLUGINS, options=("-DCMAKE_DISABLE_FIND_PACKAGE_SQLite3=ON",))
        self.assertNotEqual(run.returncode, 0)
        self.assertIn("libsqlite3-dev", run.stdout)
        self.assertIn("-DPATCHBAY_STORE=OFF", run.stdout)

    def test_one_that_is_not_there_is_told_with_those_that_are(self):
        run, _ = self.configure("hartbeat")
        self.assertNotEqual(run.returncode, 0)
        self.assertIn('there is no plugin "hartbeat"', run.stdout)
        self.assertIn("heartbeat", run.stdout)


if __name__ == "__main__":
    cases.run_unittest("structure_plugins_left_out")
