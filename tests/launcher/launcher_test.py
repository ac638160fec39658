#!/usr/bin/env python3
"""The launcher on machines that lack this or that: every program it calls is a stand-in that notes how it was called."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
from cases import run_unittest

DEBIAN_12 = 'ID=debian\nVERSION_ID="12"\n'
UBUNTU = 'ID=ubuntu\nVERSION_ID="24.04"\n'
STAND_INS = {
    "id": "echo {uid}",
    "dpkg-query": '[[ " {installed} " == *" ${{@: -1}} "* ]] && printf "install ok installed"',
    "sudo": 'echo "sudo $*" >>{notes}; [[ -z "{sudo_password}" ]] || exit 1; [[ $1 == -n ]] && shift; exec "$@"',
    "apt-get": 'echo "apt-get $*" >>{notes}\n'
               '[[ $* != *--simulate* || -z "{removes}" ]] || echo "Remv {removes} [1.74]"\n'
               '[[ $* != *--simulate* || -z "{apt_sees_no_way}" ]] || {{ echo "{apt_sees_no_way}"; exit 100; }}\n'
               '[[ $* != *"install -y"* || -z "{apt_fails}" ]] || {{ echo "E: no space left"; exit 100; }}',
    "cmake": 'echo "cmake $*" >>{notes}\n'
             '[[ $1 != --build || -n "{compile_error}" ]] || {{ mkdir -p {root}/build/run/bin; '
             'for program in server bench; do '
             'printf "#!/bin/bash\\necho ${{program/server/served}} \\$*\\n" >{root}/build/run/bin/patchbay-$program; '
             'chmod +x {root}/build/run/bin/patchbay-$program; done; }}\n'
             '[[ $1 != --build || -z "{compile_error}" ]] || {{ echo "FAILED: x.o"; echo "{compile_error}"; exit 1; }}',
}
EVERYTHING = "g++ cmake ninja-build libpoco-dev libyaml-cpp-dev libboost1.81-dev libsimdjson-dev libssl-dev libisal-dev zlib1g-dev"


class Launcher(unittest.TestCase):
    def launch(self, *arguments, os_release=DEBIAN_12, **machine):
        """(exit code, what it printed, the calls it made) on a machine of that kind."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            shutil.copy(ROOT / "patchbay", root)
            (root / "os-release").write_text(os_release)
            machine = {"uid": 0, "installed": "", "removes": "", "apt_fails": "", "apt_sees_no_way": "", "compile_error": "",
                       "sudo_password": "", "notes": root / "notes", "root": root, **machine}
            (root / "bin").mkdir()
            for name, body in STAND_INS.items():
                (root / "bin" / name).write_text("#!/bin/bash\n" + body.format(**machine) + "\n")
                (root / "bin" / name).chmod(0o755)
            run = subprocess.run([root / "patchbay", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True, cwd="/", timeout=60,
                                 env={**os.environ, "PATH": f"{root}/bin:{os.environ['PATH']}",
                                      "PATCHBAY_OS_RELEASE": str(root / "os-release")})
            notes = (root / "notes").read_text() if (root / "notes").exists() else ""
            return run.returncode, run.stdout.replace(str(root), "ROOT"), notes

    def testInstallsOnlyWhatIsMissingAndSaysSoFirst(self):
        code, printed, calls = self.launch("run", installed=EVERYTHING.replace("libpoco-dev ", ""))
        self.assertEqual(code, 0, printed)
        self.assertLess(printed.index("libpoco-dev"), printed.index("Installing"))
        self.assertIn("install -y --no-remove --no-install-recommends libpoco-dev\n", calls)

    def testInstallsNothingWhereEverythingIsThere(self):
        code, printed, calls = self.launch("run", installed=EVERYTHING)
        self.assertEqual(code, 0, printed)
        self.assertNotIn("apt-get", calls)

    def testServesTheSampleConfigurationAndPassesItsArgumentsOn(self):
        _, printed, calls = self.launch("run", "--port", "9000", installed=EVERYTHING)
        self.assertIn("served --config ROOT/apps/patchbay/patchbay.yaml --port 9000", printed)
        self.assertIn("--target patchbay-server", calls)

    def testAConfigurationOfOnesOwnReplacesTheSample(self):
        _, printed, _ = self.launch("run", "--config", "mine.yaml", installed=EVERYTHING)
        self.assertIn("served --config mine.yaml\n", printed)

    def testMeasuresAServerWithTheLoadGenerator(self):
        _, printed, calls = self.launch("bench", "echo", "ws://localhost:9/", "--json", "yes", installed=EVERYTHING)
        self.assertTrue(printed.endswith("bench echo ws://localhost:9/ --json yes\n"), printed)
        self.assertIn("--target patchbay-bench", calls)

    def testMakesACertificateForTrying(self):
        _, printed, _ = self.launch("run", "--https", "--port", "9000", installed=EVERYTHING + " openssl")
        self.assertIn("Your browser will warn", printed)
        self.assertIn("served --config ROOT/apps/patchbay/patchbay.yaml --port 9000 "
                      "--tls ROOT/build/tls/certificate.pem ROOT/build/tls/key.pem", printed)

    def testPassesACertificateOfOnesOwnOn(self):
        _, printed, _ = self.launch("run", "--tls", "c.pem", "k.pem", installed=EVERYTHING)
        self.assertIn("served --config ROOT/apps/patchbay/patchbay.yaml --tls c.pem k.pem", printed)

    def testUsesSudoWhereItIsNotRoot(self):
        code, printed, calls = self.launch("run", uid=1000)
        self.assertEqual(code, 0, printed)
        self.assertIn("sudo -n env DEBIAN_FRONTEND=noninteractive apt-get", calls)

    def testStopsWhereSudoWouldAsk(self):
        code, printed, calls = self.launch("run", uid=1000, sudo_password="yes")
        self.assertEqual(code, 1)
        self.assertIn("sudo apt-get install --no-install-recommends g++", printed)
        self.assertNotIn("cmake -S", calls)

    def testStopsOnAnotherSystem(self):
        code, printed, calls = self.launch("run", os_release=UBUNTU)
        self.assertEqual(code, 1)
        self.assertIn("This is not Debian 12", printed)
        self.assertEqual(calls, "")

    def testBuildsOnAnotherSystemWhenToldToInstallNothing(self):
        code, printed, calls = self.launch("run", "--no-install", os_release=UBUNTU)
        self.assertEqual(code, 0, printed)
        self.assertNotIn("apt-get", calls)

    def testStopsWhereAPackageWouldBeRemoved(self):
        code, printed, calls = self.launch("run", removes="libboost1.74-dev")
        self.assertEqual(code, 1)
        self.assertIn("would remove: libboost1.74-dev", printed)
        self.assertNotIn("install -y", calls)

    def testStopsWhereAptSeesNoWayAndShowsWhy(self):
        code, printed, calls = self.launch("run", apt_sees_no_way="unmet dependencies")
        self.assertEqual(code, 1)
        self.assertIn("unmet dependencies", printed)
        self.assertNotIn("install -y", calls)

    def testStopsWhereAptFailsAndShowsWhy(self):
        code, printed, calls = self.launch("run", apt_fails="yes")
        self.assertEqual(code, 1)
        self.assertIn("E: no space left", printed)
        self.assertNotIn("cmake -S", calls)

    def testShowsWhatDoesNotCompileAndServesNothing(self):
        code, printed, _ = self.launch("run", installed=EVERYTHING, compile_error="x.cpp:1: error: expected ;")
        self.assertEqual(code, 1)
        self.assertIn("x.cpp:1: error: expected ;", printed)
        self.assertNotIn("served", printed)

    def testExplainsItselfWithoutACommandAndRefusesAnUnknownOne(self):
        self.assertIn("Usage: ./patchbay COMMAND", self.launch()[1])
        code, printed, _ = self.launch("fly")
        self.assertEqual(code, 1)
        self.assertIn("no command 'fly'", printed)


if __name__ == "__main__":
    run_unittest("structure_launcher")
