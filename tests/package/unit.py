"""The systemd unit, as systemd itself reads it, and what the program does with what the unit sends it.

Usage: unit.py UNIT SERVER_PROGRAM
"""
import configparser
import os
import pathlib
import re
import signal
import sys
import tempfile
import unittest
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cases  # noqa: E402
from program import PATIENCE, need, run, started  # noqa: E402

need("systemd-analyze", package="systemd")
UNIT, PROGRAM = map(pathlib.Path, sys.argv[1:]) if len(sys.argv) == 3 else sys.exit(__doc__)
MOST_EXPOSED = 1.2  # of 10, by systemd-analyze's own weights; a service that hardens nothing has 9.6


class Unit(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.unit = configparser.RawConfigParser(strict=False)
        cls.unit.optionxform = str
        cls.unit.read(UNIT)
        cls.service = cls.unit["Service"]

    def verified(self, text):
        """What systemd says about a unit of this text; the program stands in for the one that is not installed."""
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder) / UNIT.name
            copy.write_text(text.replace("ExecStart=patchbay-server ", f"ExecStart={PROGRAM} "))
            return run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", copy)

    def test_systemd_finds_nothing_wrong_with_it(self):
        self.assertEqual(self.verified(UNIT.read_text()), "")

    def test_systemd_would_find_a_misspelt_setting(self):
        with self.assertRaisesRegex(AssertionError, "Unknown key 'NoNewPrivilege'"):
            self.verified(UNIT.read_text().replace("NoNewPrivileges=", "NoNewPrivilege="))

    def test_systemd_calls_it_well_protected(self):
        said = run("systemd-analyze", "security", "--offline=true", "--no-pager", UNIT)
        exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", said)
        self.assertTrue(exposure, said[-500:])
        self.assertLessEqual(float(exposure.group(1)), MOST_EXPOSED)

    def test_it_starts_the_program_by_name_with_the_packaged_configuration(self):
        self.assertEqual(self.service["ExecStart"], "patchbay-server --config /etc/patchbay/patchbay.yaml")

    def test_a_reload_is_sighup_and_a_stop_is_sigterm_with_more_time_than_a_drain(self):
        self.assertEqual(self.service["ExecReload"], "/bin/kill -HUP $MAINPID")
        self.assertEqual(self.service["KillSignal"], "SIGTERM")
        drain = re.search(r"drainTimeout: (\d+)s", (UNIT.parent / "patchbay.yaml").read_text())
        self.assertGreater(int(self.service["TimeoutStopSec"].removesuffix("s")), int(drain.group(1)))

    def test_the_program_goes_on_serving_after_a_reload(self):
        with started(PROGRAM) as (server, address):
            server.send_signal(signal.SIGHUP)
            with urllib.request.urlopen(f"http://{address}/", timeout=PATIENCE) as answer:
                self.assertEqual(answer.status, 200)

    def test_it_has_room_for_many_connections_and_none_for_more_rights(self):
        self.assertGreaterEqual(int(self.service["LimitNOFILE"]), 65536)
        self.assertEqual([self.service[key] for key in ("DynamicUser", "NoNewPrivileges", "ProtectSystem", "CapabilityBoundingSet")],
                         ["yes", "yes", "strict", ""])

    def test_it_bounds_what_the_machine_gives_it_and_dumps_nothing(self):
        self.assertEqual([self.service[key] for key in ("MemoryMax", "TasksMax", "LimitCORE", "ProcSubset")], ["75%", "512", "0", "pid"])
        self.assertEqual(re.findall(r"^SystemCallFilter=(.*)$", UNIT.read_text(), re.M), ["@system-service", "~@privileged @resources"])


if __name__ == "__main__":
    cases.run_unittest("integration_package_unit")
