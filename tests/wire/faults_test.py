"""What is done wrong on purpose is found: client, proxy and checker against the miniature server (miniature.py).

PATCHBAY_SEED repeats who says what, and what becomes of connections.
"""
import asyncio
import collections
import os
import random
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cases  # noqa: E402
from checker import check  # noqa: E402
from crowd import Crowd  # noqa: E402

SEED = int(os.environ.get("PATCHBAY_SEED") or random.randrange(1 << 32))
ATTEMPTS = 8
EVERYTHING = 1 << 30  # the miniature server forgets nothing
MINIATURE = [sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "miniature.py")]


class Faults(unittest.TestCase):
    def crowd(self, *arguments, loses=0):
        """What a crowd saw. How much that is depends on the machine: where it was too little there is another, and another."""
        for attempt in range(ATTEMPTS):
            crowd = Crowd([*MINIATURE, *arguments], SEED + attempt, clients=12, topics=4, seconds=3, rate=100, kills=3, loses=loses, bound=3)
            yield asyncio.run(crowd.run())

    def finds(self, crowds, *rules, early=False):
        """One of the rules, without looking into the store: what a client alone can see. With that look it is found `early`, each time."""
        seen = []
        for events in crowds:
            if early:
                self.assertIn("early", {each.rule for each in check(events)}, f"PATCHBAY_SEED={SEED}")
            found = check([event for event in events if event["event"] != "durable"], keeps=EVERYTHING)
            seen.append(collections.Counter(each.rule for each in found))
            if seen[-1].keys() & set(rules):
                return
        self.fail(f"PATCHBAY_SEED={SEED}: {seen}")

    def passes(self, crowds, recovered):
        """Each crowd does; in one there was somebody who was told so of `recovered`."""
        for events in crowds:
            self.assertGreater(sum(event["event"] == "outcome" for event in events), 50)
            self.assertEqual(list(map(str, check(events, keeps=EVERYTHING)[:3])), [], f"PATCHBAY_SEED={SEED}")
            if any(event["event"] == "joined" and event["recovered"] is recovered for event in events):
                return
        self.fail(f"PATCHBAY_SEED={SEED}: nobody was told so")

    def test_a_server_that_does_right_passes(self):
        self.passes(self.crowd(), True)

    def test_a_server_whose_disk_loses_the_end_passes_with_new_epochs(self):
        self.passes(self.crowd(loses=10), False)

    def test_an_outcome_before_its_commit_is_found(self):
        self.finds(self.crowd("--fault", "ack-before-commit"), "lost acknowledgement", early=True)

    def test_a_delivery_before_its_commit_is_found(self):
        self.finds(self.crowd("--fault", "delivery-before-commit"), "taken back", "epoch kept", early=True)

    def test_a_history_read_before_the_subscription_stands_is_found(self):
        self.finds(self.crowd("--fault", "history-first"), "hole")

    def test_an_outcome_that_is_recorded_outside_the_commit_is_found(self):
        self.finds(self.crowd("--fault", "answer-apart"), "double")

    def test_an_epoch_kept_after_a_lost_end_is_found(self):
        self.finds(self.crowd("--fault", "epoch-kept", loses=10), "epoch kept")


cases.run_unittest("integration_wire_faults")
