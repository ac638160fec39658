#!/usr/bin/env python3
"""The newcomer's live poll as a program with its configuration: newcomer_test.py PROGRAM. It stays as short as it is promised to be."""
import json
import pathlib
import subprocess
import sys
import unittest
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from cases import run_unittest

PROGRAM = sys.argv.pop(1)
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


if __name__ == "__main__":
    run_unittest("integration_newcomer")
