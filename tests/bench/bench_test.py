"""The benchmark works: every server that is always there answers every message rightly, in every kind of cell, and both
outputs have it. No speed is judged, and no peer is needed that is a package of its own.

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
import cases  # noqa: E402
import counts  # noqa: E402
import figures  # noqa: E402
import servers  # noqa: E402
from cells import CELLS, Cell, Load, Row, Target  # noqa: E402

PROGRAMS = sys.argv[1] if len(sys.argv) > 1 else sys.exit(__doc__)
PATIENCE = 240  # seconds, for the whole tiny run
ALWAYS = r"^(floor|TCP|Patchbay|Beast|POCO|nginx)"
TRIED = ["echo 64 B D1", "echo 16 KiB D1", "text, mixed, 1 KiB D16", "fan-out 128 B D8", "handshake", "deflate echo 1 KiB JSON",
         "typed echo 128 B D16", "pages 1 KiB D16", "TLS echo 1 KiB D16", "idle, bytes", "slow consumers"]
ROUNDS = 2


def bench(*arguments):
    return subprocess.run([sys.executable, os.path.join(HERE, "bench.py"), "--programs", PROGRAMS, *arguments],
                          capture_output=True, text=True, timeout=PATIENCE)


class TinyRun(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "figures.json")
            done = bench("--rounds", str(ROUNDS), "--seconds", "0.1", "--servers", ALWAYS, "--tiny", "--cells",
                         f"^({'|'.join(TRIED)})$", "--json", path)
            if done.returncode != 0:
                raise AssertionError(done.stdout + done.stderr)
            cls.table = done.stdout
            with open(path, encoding="utf-8") as file:
                cls.result = json.load(file)
        cls.cells = cls.result["cells"]

    def rows(self):
        return [(title, name, row) for title, rows in self.cells.items() for name, row in rows.items()]

    def test_every_cell_that_was_asked_for_has_patchbay_and_what_it_is_held_against(self):
        self.assertEqual(list(self.cells), TRIED)
        for title in TRIED:
            patchbay = CELLS[title].rows["Patchbay"]
            bases = {target.against for target in patchbay.targets if target.against}
            self.assertLessEqual({"Patchbay", *bases}, set(self.cells[title]))

    def test_real_messages_were_counted_in_every_round(self):
        for title, name, row in self.rows():
            self.assertEqual(len(row["rounds"]), ROUNDS, f"{title}, {name}")
            for sample in row["rounds"]:
                self.assertGreater(sample["messages"], 0, f"{title}, {name}")

    def test_every_target_has_a_verdict(self):
        for title, name, row in self.rows():
            self.assertEqual(len(row["targets"]), len(CELLS[title].rows[name].targets), f"{title}, {name}")
            for target in row["targets"]:
                self.assertIn(target["verdict"], {"met", "missed", "too noisy"})

    def test_the_floor_is_once_itself(self):
        self.assertEqual(self.cells["echo 64 B D1"]["floor"]["ratio"]["interval"], [1, 1])

    def test_memory_is_told_where_it_is_the_figure(self):
        self.assertGreater(self.cells["idle, bytes"]["Patchbay"]["value"], 0)
        self.assertIn("stalled_bytes", self.cells["slow consumers"]["Patchbay"]["rounds"][0])

    def test_the_table_names_every_cell_and_row_and_the_machine(self):
        for title, name, _ in self.rows():
            self.assertIn(title, self.table)
            self.assertIn(name, self.table)
        for word in ["targets met: ", "noise: ", self.result["where"]["kernel"]]:
            self.assertIn(word, self.table)


class WhatIsNotThere(unittest.TestCase):
    def test_a_program_that_cannot_answer_is_told_and_the_run_fails(self):
        with tempfile.TemporaryDirectory() as folder:
            for program in os.listdir(PROGRAMS):
                if program != "bench-floor":
                    os.symlink(os.path.join(os.path.abspath(PROGRAMS), program), os.path.join(folder, program))
            os.symlink(os.path.join(os.path.abspath(PROGRAMS), "bench-tcp-echo"), os.path.join(folder, "bench-floor"))
            done = subprocess.run([sys.executable, os.path.join(HERE, "bench.py"), "--programs", folder, "--tiny", "--rounds", "1",
                                   "--seconds", "0.05", "--cells", "^echo 64 B D1$", "--servers", "^floor$"],
                                  capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("failed: echo 64 B D1: floor: ", done.stdout)

    def test_a_server_that_lacks_something_is_left_out_with_what_to_install(self):
        with tempfile.TemporaryDirectory() as folder:
            missing = servers.missing(["floor", "libwebsockets"], servers.Place(folder, folder))
        self.assertEqual(missing, {"libwebsockets": "install libwebsockets-dev and pkg-config, and build again"})


class Table(unittest.TestCase):
    def test_every_row_names_a_server_and_is_held_against_rows_of_its_cell(self):
        for title, cell in CELLS.items():
            for name, row in cell.rows.items():
                self.assertIn(row.server, servers.SERVERS, title)
                for base in (row.against, *(target.against for target in row.targets)):
                    self.assertIn(base, {None, *cell.rows}, f"{title}, {name}")

    def test_the_two_runs_of_a_count_differ_in_whole_sets_of_messages(self):
        few, many = counts.amounts(Load("fanout", 128, 1000, 8), 20_000)
        self.assertEqual((few % 8000, many % 8000), (0, 0))
        self.assertGreater(many, few)
        self.assertEqual(counts.difference((1000, 64), (6120, 576)), 10)


def sample(cpu, messages=1, p99=1.0):
    return {"messages": messages, "seconds": 1, "cpu_seconds": cpu, "rss_bytes": 1, "latency_us": {"p99": p99}}


class Figures(unittest.TestCase):
    """The median of n lies outside the k-th values from each end with 2·(C(n,0) + … + C(n,k−1)) / 2ⁿ."""

    def test_the_interval_of_fifteen_rounds_is_the_fourth_from_each_end(self):
        self.assertEqual(figures.interval(range(1, 16)), (4, 12))  # 2·576/32768 = 3.5 %; the fifth: 11.8 %

    def test_the_interval_of_seven_rounds_is_their_extremes(self):
        self.assertEqual(figures.interval([3, 1, 2, 7, 5, 6, 4]), (1, 7))  # 2/128 = 1.6 %; the second: 12.5 %

    def test_ratios_are_paired_within_a_round(self):
        floor = [sample(cpu) for cpu in (1, 2, 4)]
        mine = [sample(cpu) for cpu in (1.5, 3, 6)]
        self.assertEqual(figures.compared("cpu", mine, floor)["interval"], (1.5, 1.5))

    def test_a_target_is_met_when_the_lower_end_is_within_it(self):
        self.assertEqual(figures.verdict({"noise": 0, "interval": (1.1, 1.4), "most": 1.1}, 0.25), "met")
        self.assertEqual(figures.verdict({"noise": 0, "interval": (1.11, 1.4), "most": 1.1}, 0.25), "missed")

    def test_a_noisy_base_gives_no_verdict(self):
        self.assertEqual(figures.verdict({"noise": 0.3, "interval": (1, 1), "most": 1.1}, 0.25), "too noisy")

    def test_each_target_is_judged_by_its_own_figure_and_base(self):
        rows = {"a": [sample(1, p99=10)], "b": [sample(3, p99=10)], "mine": [sample(2, p99=30)]}
        targets = (Target(1.5, "a"), Target(1.5, "b"), Target(2, "a", "p99"), Target(1, "gone"))
        cell = Cell({"a": Row("floor", Load("echo")), "mine": Row("Patchbay", Load("echo"), "a", targets)})
        found = figures.summary(cell, "mine", rows, 1)["targets"]
        self.assertEqual([(it["against"], it["verdict"]) for it in found], [("a", "missed"), ("b", "met"), ("a", "missed")])


cases.run_unittest("integration_bench")
