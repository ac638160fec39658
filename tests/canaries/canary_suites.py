"""Whole suites once more with canaries out (support/Canaries.hpp): the log at its lowest level, secrets in each handshake of the tests' clients. No
line of the log and nothing that a client hears shows one; nor does the process table.

Usage: canary_suites.py TELLTALE PROGRAM...

What each program shows is shown where it runs without; here only that it does the same with secrets. A test that is about the very fields in
which they come is named in BUSY, with its reason.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import cases  # noqa: E402

TELLTALE, *PATHS = sys.argv[1:] or sys.exit(__doc__)
PROGRAMS = {pathlib.Path(path).name: path for path in PATHS}
# In a run that is not long: handshakes of every kind over TCP and TLS, and the plugins.
ALWAYS = ("contract_tests", "integration_plugins", "integration_guard")
BUSY = (
    # They show a client what it has asked for, with the query that has been put there.
    "Sessions/*.TheRequestUriIsWholeAndAsItCame", "Configurators.ModifyHandshakeAddsAHeaderToThe101",
    "Hosts.WhatAProxySaysHoldsForPagesHandshakesAndSessions", "OwnPlugins.TheAccessLogHasQueriesWhereSomebodyWantsThem",
    "OwnPlugins.AuthJwtAsksWhoComesAndLeavesTheProcess",  # brings tokens of its own, beside which others are one too many
    "UserCode*", "WatchedLoops.*", "Application.*",  # which look at each line of the log, from Information on, or begin it anew
)
PATIENCE = 1200  # seconds


def secrets_in(told):
    """Those that are out."""
    lines = told.read_text(errors="replace").splitlines() if told.exists() else []
    return {line.split(" ", 1)[1] for line in lines if line.startswith("secret ")}


def in_processes(secrets):
    """What anybody on this machine sees: the command line of each process."""
    found = []
    for file in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = file.read_bytes().decode(errors="replace")
        except OSError:
            continue  # it has ended
        found += [f"{file}: {secret}" for secret in secrets if secret in line]
    return found


class Suites(unittest.TestCase):
    def run_with_canaries(self, path, *options):
        """(what was found where, how often they were brought, the exit code, what it printed)"""
        with tempfile.TemporaryDirectory() as folder:
            told, printed = pathlib.Path(folder, "canaries"), pathlib.Path(folder, "printed")
            environment = {**os.environ, "PATCHBAY_TEST_CANARIES": str(told)}
            for name in ("PATCHBAY_LONG", "GTEST_OUTPUT"):
                environment.pop(name, None)
            found, deadline = [], time.monotonic() + PATIENCE
            with printed.open("wb") as output, subprocess.Popen([path, *options], env=environment, stdout=output, stderr=output) as program:
                self.addCleanup(program.kill)
                while program.poll() is None:
                    self.assertLess(time.monotonic(), deadline)
                    found += in_processes(secrets_in(told))
                    time.sleep(0.2)
            lines, text = told.read_text(errors="replace").splitlines(), printed.read_text(errors="replace")
            found += [line for line in lines if line.startswith("found ")]
            found += [f"what it printed: {secret}" for secret in secrets_in(told) if secret in text]
        return found, lines.count("brought "), program.returncode, text

    def check(self, name):
        found, brought, code, printed = self.run_with_canaries(PROGRAMS[name], "--gtest_filter=-" + ":".join(BUSY))
        self.assertEqual(found, [])
        failed = re.findall(r"^\[  FAILED  \] (\S+)", printed, re.MULTILINE)
        self.assertEqual((code, failed), (0, []), printed[-2000:])
        self.assertGreater(brought, 0)
        self.assertIn(" Debug ", printed)


    def test_the_search_finds_what_is_shown(self):
        found, brought, code, _ = self.run_with_canaries(TELLTALE)
        self.assertEqual((brought, code), (1, 0))
        self.assertEqual({line.split(":")[0] for line in found}, {"found the log", "found what a client has heard", "what it printed"})


def add_checks():
    """A case for each program."""
    for name in PROGRAMS if os.environ.get("PATCHBAY_LONG") else [name for name in PROGRAMS if name in ALWAYS]:
        setattr(Suites, f"test_nobody_sees_a_secret_of_{name}", lambda self, name=name: self.check(name))


if __name__ == "__main__":
    add_checks()
    cases.run_unittest("integration_canary_suites")
