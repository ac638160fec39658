#!/usr/bin/env python3
"""The newcomer's live poll as a program with its configuration, and the newcomer's mistakes: newcomer_test.py POLL LOST FOUND

The poll stays as short as it is promised to be, and what is said of each mistake is what its test says. LOST links a static library
of endpoints as any other, FOUND by patchbay_add_endpoints().
"""
import json
import pathlib
import re
import subprocess
import sys
import unittest
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from cases import run_unittest

PROGRAM, LOST, FOUND = sys.argv[1:4]
del sys.argv[1:4]
MOST_LINES = 220


class Poll(unittest.TestCase):
    def testIsWrittenInAnHour(self):
        lines = sum(len(file.read_text().splitlines()) for file in (HERE / "poll").iterdir())
        self.assertLessEqual(lines, MOST_LINES)

    def testServesWithItsConfiguration(self):
        command = [PROGRAM, "--config", HERE / "poll/poll.yaml", "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
            try:
                url = program.stdout.readline().split()[-1].rstrip("/") + "/api/polls/lunch"
                question = json.dumps({"question": "Lunch?", "choices": ["soup", "rice"]}).encode()
                with urllib.request.urlopen(urllib.request.Request(url, question, method="PUT"), timeout=10) as answer:
                    self.assertEqual(answer.status, 200)
                with urllib.request.urlopen(url, timeout=10) as answer:
                    self.assertEqual(json.load(answer)["question"], "Lunch?")
            finally:
                program.terminate()
            _, log = program.communicate(timeout=30)
        self.assertEqual(program.returncode, 0, log)
        self.assertRegex(log, r"(?m)^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z Information polls: lunch: Lunch\?$")


class StaticLibrary(unittest.TestCase):
    def run_to_its_end(self, program):
        run = subprocess.run([program, "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
        self.assertEqual(run.returncode, 0, run.stderr)
        return run.stdout, run.stderr

    def testLinkedAsAnyOtherServesNothingAndIsToldWhy(self):
        said, log = self.run_to_its_end(LOST)
        self.assertNotIn("endpoints", said)
        self.assertRegex(log, r"Warning patchbay: no endpoint is deployed, .*link a static library of endpoints with patchbay_add_endpoints\(\)\n")

    def testLinkedByTheHelperServesItsEndpoints(self):
        said, log = self.run_to_its_end(FOUND)
        self.assertIn("\n  endpoints      /greeter\n  to stop ", said)
        self.assertEqual(log, "")


class Mistakes(unittest.TestCase):
    def testEachIsHeldToItsSentenceByATest(self):
        rows = re.findall(r"(?m)^\| (.+?) \| (.+?) \| (\S+\.\S+) \|$", (HERE / "MISTAKES.md").read_text())
        self.assertGreaterEqual(len(rows), 30)
        for mistake, sentence, test in rows:
            with self.subTest(mistake):
                text = re.sub(r'"\s*\n\s*"', "", (HERE.parent / test).read_text()).replace('\\"', '"')
                self.assertIn(sentence, text)


if __name__ == "__main__":
    run_unittest("integration_newcomer")
