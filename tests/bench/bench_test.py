"""The benchmark works: every server answers every message rightly, and both outputs have every cell. No speed is judged.

Usage: bench_test.py FOLDER_OF_THE_PROGRAMS
"""
import json
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "support")]
import bench  # noqa: E402
import cases  # noqa: E402
import figures  # noqa: E402

PROGRAMS = sys.argv[1] if len(sys.argv) > 1 else sys.exit(__doc__)
PATIENCE = 300  # seconds, for the whole tiny run
MESSAGES = 300


def load(server, *, cell="echo", wire="websocket"):
    """The load generator on a server that is started for it, as (exit code, what it complained of)."""
    with bench.running(PROGRAMS, server) as (pid, port):
        done = subprocess.run([os.path.join(PROGRAMS, "bench-load"), "--port", port, "--pid", str(pid), "--wire", wire,
                               "--cell", cell, "--size", "64", "--connections", "2", "--depth", "1", "--messages", "10",
                               "--seconds", "5"], capture_output=True, text=True, timeout=PATIENCE)
        return done.returncode, done.stderr


class TinyRun(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "figures.json")
            done = subprocess.run([sys.executable, os.path.join(HERE, "bench.py"), "--programs", PROGRAMS, "--rounds", "2",
                                   "--messages", str(MESSAGES), "--seconds", "20", "--json", path],
                                  capture_output=True, text=True, timeout=PATIENCE)
            if done.returncode != 0:
                raise AssertionError(done.stderr)
            cls.table = done.stdout
            with open(path, encoding="utf-8") as file:
                cls.cells = json.load(file)["cells"]

    def test_every_server_answers_in_every_cell_that_it_can_serve(self):
        self.assertEqual(list(self.cells), list(bench.CELLS))
        for name, cell in bench.CELLS.items():
            self.assertEqual(set(self.cells[name]), {s for s, it in bench.SERVERS.items() if bench.measures(it, cell)})

    def test_real_messages_were_counted_in_every_round(self):
        for servers in self.cells.values():
            for server in servers.values():
                self.assertEqual(len(server["rounds"]), 2)
                for sample in server["rounds"]:
                    self.assertGreaterEqual(sample["messages"], MESSAGES)
                    self.assertGreater(sample["cpu_seconds"], 0)

    def test_the_floor_is_once_itself(self):
        for servers in self.cells.values():
            self.assertEqual(servers[bench.FLOOR]["ratio"], 1)

    def test_the_table_names_every_cell_and_server_and_the_noise(self):
        for word in [*bench.CELLS, *bench.SERVERS, "noise: "]:
            self.assertIn(word, self.table)


class TheLoadGenerator(unittest.TestCase):
    def test_refuses_an_answer_that_is_no_websocket(self):
        code, complaint = load(bench.SERVERS["TCP"])
        self.assertEqual(code, 1)
        self.assertIn("the handshake was answered with GET /echo", complaint)

    def test_refuses_bytes_that_are_not_its_own(self):
        code, complaint = load(bench.SERVERS[bench.PATCHBAY], wire="tcp")
        self.assertEqual(code, 1)
        self.assertRegex(complaint, "came back with a wrong|ended a connection")


class Figures(unittest.TestCase):
    """The median of n lies outside the k-th values from each end with 2·(C(n,0) + … + C(n,k−1)) / 2ⁿ."""

    def test_the_interval_of_fifteen_rounds_is_the_fourth_from_each_end(self):
        self.assertEqual(figures.interval(range(1, 16)), (4, 12))  # 2·576/32768 = 3.5 %; the fifth: 11.8 %

    def test_the_interval_of_seven_rounds_is_their_extremes(self):
        self.assertEqual(figures.interval([3, 1, 2, 7, 5, 6, 4]), (1, 7))  # 2/128 = 1.6 %; the second: 12.5 %

    def test_ratios_are_paired_within_a_round(self):
        floor = [{"messages": 1, "seconds": 1, "cpu_seconds": cpu} for cpu in (1, 2, 4)]
        mine = [{"messages": 1, "seconds": 1, "cpu_seconds": cpu} for cpu in (1.5, 3, 6)]
        self.assertEqual(figures.summary(mine, floor, None, 1)["interval"], (1.5, 1.5))

    def test_a_target_is_met_when_the_lower_end_is_within_it(self):
        self.assertEqual(figures.verdict({"floor_spread": 0, "interval": (1.1, 1.4)}, 1.1, 0.25), "met")
        self.assertEqual(figures.verdict({"floor_spread": 0, "interval": (1.11, 1.4)}, 1.1, 0.25), "missed")

    def test_a_noisy_floor_gives_no_verdict(self):
        self.assertEqual(figures.verdict({"floor_spread": 0.3, "interval": (1, 1)}, 1.1, 0.25), "too noisy")


cases.run_unittest("integration_bench")
