#!/usr/bin/env python3
"""The newcomer's live poll as a program with its configuration, and the newcomer's mistakes: newcomer_test.py PROGRAM

The poll stays as short as it is promised to be, and what is said of each mistake is what its test says.
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
