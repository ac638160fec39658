#!/usr/bin/env python3
"""The launcher on machines that lack this or that: every program it calls is a stand-in that notes how it was called."""
import os
import pathlib
import re
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
    "ctest": 'echo "ctest $* ${{PATCHBAY_LONG:+of long}}" >>{notes}\n'
             'while (($#)); do [[ $1 != --output-junit ]] || report=$2; shift; done\n'
             '{{ echo "<testsuite>"; for suite in unit structure contract simulation integration browser clang; do '
             'echo "<testcase name=\\"${{suite}}_x\\" status=\\"{tests}\\"/>"; done; echo "</testsuite>"; }} >"$report"',
    "setarch": 'exec "${{@:3}}"',
    "cmake": 'echo "cmake $*" >>{notes}\n'
             '[[ $1 != --build || -n "{compile_error}" ]] || {{ mkdir -p {root}/build/run/bin; '
             'for program in server bench; do '
             'printf "#!/bin/bash\\n[[ -z \\$PATCHBAY_GUIDE ]] || echo guide: \\$PATCHBAY_GUIDE\\n'
             'echo ${{program/server/served}} \\$*\\n" >{root}/build/run/bin/patchbay-$program; '
             'chmod +x {root}/build/run/bin/patchbay-$program; done; }}\n'
             '[[ $1 != --build || -z "{compile_error}" ]] || {{ echo "FAILED: x.o"; echo "{compile_error}"; exit 1; }}',
}
EVERYTHING = "g++ cmake ninja-build libpoco-dev libyaml-cpp-dev libboost1.81-dev libsimdjson-dev libcli11-dev libssl-dev libisal-dev zlib1g-dev libsqlite3-dev"


class Machine(unittest.TestCase):
    def launch(self, *arguments, os_release=DEBIAN_12, built=False, **machine):
        """(exit code, what it printed, the calls it made) on a machine of that kind."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            shutil.copy(ROOT / "patchbay", root)
            shutil.copytree(ROOT / "tests/support", root / "tests/support")
            (root / "tests/unit/protocol").mkdir(parents=True)
            for lock in ("package-lock.json", "node_modules/installed-lock.json"):  # the browser's driver is installed
                (root / "tests/browser" / lock).parent.mkdir(parents=True, exist_ok=True)
                (root / "tests/browser" / lock).write_text("{}")
            (root / "os-release").write_text(os_release)
            machine = {"uid": 0, "installed": "", "removes": "", "apt_fails": "", "apt_sees_no_way": "", "compile_error": "", "tests": "run",
                       "sudo_password": "", "notes": root / "notes", "root": root, **machine}
            if built:
                (root / "build/run").mkdir(parents=True)
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


class Launcher(Machine):
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
        _, printed, _ = self.launch("run", "--config", "/etc/passwd", installed=EVERYTHING)
        self.assertIn("served --config /etc/passwd\n", printed)

    def testWhatTheServerWouldRefuseIsRefusedBeforeAnythingIsBuilt(self):
        for words, answer in ((("--prot", "9"), "'--prot' is no option of run"), (("--port", "abc"), "--port takes a number from 0 to 65535, not 'abc'"),
                              (("--port", "65536"), "not '65536'"), (("--port",), "--port needs a value"), (("--port=x",), "not 'x'"),
                              (("--loops", "0"), "from 1 to 1024"), (("--config", "nope.yaml"), "there is no file 'nope.yaml' that can be read"),
                              (("--tls", "/etc/passwd"), "--tls needs two files"), (("--tls", "/etc/passwd", "k.pem"), "no file 'k.pem'")):
            for command in ("run", "conformance"):
                code, printed, calls = self.launch(command, *words)
                self.assertEqual((code, calls), (2, ""), printed)
                self.assertIn(answer.replace("of run", f"of {command}"), printed)
                self.assertIn(f"./patchbay {command} --help", printed)

    def testExplainsACommandWithoutBuildingIt(self):
        for command, explained in (("run", "Usage: ./patchbay run [OPTION]"), ("conformance", "Usage: ./patchbay conformance [OPTION]"),
                                   ("test", "Usage: ./patchbay COMMAND")):
            code, printed, calls = self.launch(command, "--help")
            self.assertEqual((code, calls), (0, ""), printed)
            self.assertIn(explained, printed)

    def testEveryStepIsCountedBeforeTheFirst(self):
        printed = self.launch("run", "--https")[1]
        self.assertEqual(re.findall(r"\[(\d/\d)\]", printed), ["1/5", "2/5", "3/5", "4/5", "5/5"], printed)

    def testLeavesTheLastWordToTheServerAndTellsItWhereTheGuideIs(self):
        printed = self.launch("run", installed=EVERYTHING)[1]
        self.assertRegex(printed, r'done in \d+ s\n\nguide: README.md, "An app of your own"; --config FILE serves it\nserved --config \S+\n$')
        self.assertIn("## An app of your own", (ROOT / "README.md").read_text())
        self.assertNotIn("guide:", self.launch("bench", installed=EVERYTHING)[1])

    def testATreeThatAnotherUserBuiltIsOneLine(self):
        code, printed, calls = self.launch("run", uid=1000, built=True, installed=EVERYTHING)
        self.assertEqual((code, calls), (1, ""), printed)
        self.assertEqual(printed.strip(), "patchbay: build belongs to root: run this as that user, or remove it first: "
                                          "sudo rm -rf ROOT/build")

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
        _, printed, _ = self.launch("run", "--tls", "/etc/passwd", "/etc/group", installed=EVERYTHING)
        self.assertIn("served --config ROOT/apps/patchbay/patchbay.yaml --tls /etc/passwd /etc/group", printed)

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


class Suites(Machine):
    """`./patchbay test`: what is built and run for which words."""

    def suites(self, *words, **machine):
        code, printed, calls = self.launch("test", "--no-install", *words, **machine)
        return code, printed, [line for line in calls.splitlines() if line.startswith(("cmake --build", "ctest"))]

    def testQuickBuildsAndRunsUnitAndContractOnly(self):
        code, printed, (build, run) = self.suites("--quick")
        self.assertEqual(code, 0, printed)
        self.assertIn("build/test -j", build)
        self.assertTrue(build.endswith("--target unit-tests contract-tests"), build)
        self.assertIn("-R ^(unit|contract)_", run)
        self.assertTrue(printed.endswith("2 passed, 0 failed\n"), printed)

    def testOneSuiteBuildsWhatItNeeds(self):
        self.assertTrue(self.suites("--only", "unit")[2][0].endswith("--target unit-tests"))
        self.assertNotIn("--target", self.suites("--only", "unit", "--only", "integration")[2][0])

    def testARoomIsItsOwnTestsAndNoOthers(self):
        code, printed, (build, run) = self.suites("--room", "protocol")
        self.assertEqual(code, 0, printed)
        self.assertTrue(build.endswith("--target unit_protocol"), build)
        self.assertIn("-R ^unit_protocol(_|$)", run)

    def testTheStructureTestsNeedNothingBuilt(self):
        code, printed, calls = self.suites("--only", "structure")
        self.assertEqual((code, len(calls)), (0, 1), printed)
        self.assertIn("-R ^(structure)_", calls[0])
        self.assertIn("[2/2]", printed)

    def testAllOfItIsFourBuildsAndEverySuite(self):
        code, printed, calls = self.suites()
        self.assertEqual(code, 0, printed)
        self.assertEqual([call.split()[2].rpartition("/")[2] for call in calls if call.startswith("cmake")],
                         ["test", "clang", "tsan", "coverage"])
        self.assertIn("-R ^(structure|contract|simulation|integration|browser)_", calls[1])
        for suite in ("unit", "structure", "contract", "simulation", "integration", "browser", "clang", "tsan", "coverage"):
            self.assertRegex(printed, rf"\n{suite} +\d+ passed, 0 failed")

    def testUnitTestsAreBuiltOnceWithTheSanitizersWhereAllOfItRuns(self):
        printed, calls = self.launch("test", "--no-install")[1:]
        calls = calls.splitlines()
        self.assertTrue(any("--preset test" in call and "-DPATCHBAY_UNIT_TESTS=OFF" in call for call in calls), calls)
        self.assertEqual(sum("-R ^unit_" in call and "/build/clang" in call for call in calls), 1, calls)
        self.assertIn("Running the unit tests with Clang and its sanitizers", printed)
        calls = self.launch("test", "--no-install", "--quick")[2].splitlines()
        self.assertTrue(any("--preset test" in call and "-DPATCHBAY_UNIT_TESTS=ON" in call for call in calls), calls)

    def testLongIsToldToTheTestsAndLeavesTheShortSuitesOut(self):
        code, printed, calls = self.suites("--long")
        self.assertEqual(code, 0, printed)
        self.assertEqual(sum(call.startswith("ctest") and call.endswith("of long") for call in calls), 3, calls)
        self.assertIn("--repeat until-fail:10", calls[-1])
        self.assertIn("[10/10]", printed)
        self.assertRegex(printed, r"\nlong +\d+ passed, 0 failed")

    def testATableSaysWhatEachStepTook(self):
        printed = self.suites("--quick")[1]
        self.assertRegex(printed, r"(?s)\nminutes  of processor  step\n.*Configuring.*\n.*Building what is needed.*\n"
                                  r" +0:0\d +0:0\d  Running the tests: unit contract\nAll of it took 0 min")

    def testWhatFailsOrDoesNotCompileFailsTheRun(self):
        code, printed, _ = self.suites("--quick", tests="fail")
        self.assertEqual((code, printed.splitlines()[-1]), (1, "0 passed, 2 failed"), printed)
        code, printed, calls = self.suites("--quick", compile_error="x.cpp:1: error: expected ;")
        self.assertEqual((code, len(calls)), (1, 1), printed)
        self.assertIn("x.cpp:1: error: expected ;", printed)

    def testWordsThatItDoesNotKnowAreExplained(self):
        for words, answer in ((("--only", "units"), "There is no suite 'units'"), (("--only",), "takes the name of a suite"),
                              (("--fast",), "test takes --quick, --long, --room ROOM or --only SUITE, not '--fast'"),
                              (("--room", "attic"), "There are no unit tests of a room 'attic'"), (("--room",), "Rooms: protocol"),
                              (("--quick", "--only", "unit"), "goes with nothing else")):
            code, printed, calls = self.suites(*words)
            self.assertEqual((code, calls), (1, []))
            self.assertIn(answer, printed)


if __name__ == "__main__":
    run_unittest("structure_launcher")
