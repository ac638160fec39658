"""50 clients talk in 20 topics through a proxy that cuts, stalls, half-closes and swallows, while their server is killed three times: nothing
is lost, doubled, or out of order, and no acknowledgement was for nothing.

Usage: crowd_test.py PROGRAM [ARGUMENT…]
PATCHBAY_SEED repeats who says what, and what becomes of connections. PATCHBAY_LONG: twenty kills. A history that is contradictory is kept in a
file that the failure names.
"""
import asyncio
import json
import os
import random
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cases  # noqa: E402
from checker import check  # noqa: E402
from crowd import Crowd  # noqa: E402

COMMAND = sys.argv[1:] or sys.exit(__doc__)
SEED = int(os.environ.get("PATCHBAY_SEED") or random.randrange(1 << 32))
LENGTH = {"seconds": 140, "kills": 20} if os.environ.get("PATCHBAY_LONG") else {"seconds": 20, "kills": 3}
KEPT = 1 << 20  # publications: more than are made


class Crowds(unittest.TestCase):
    def test_nothing_is_lost_while_the_network_fails_and_the_server_is_killed(self):
        crowd = Crowd(COMMAND, SEED, **LENGTH)
        events = asyncio.run(crowd.run())
        contradictions = check(events, keeps=KEPT)
        if contradictions:
            with tempfile.NamedTemporaryFile("w", prefix="patchbay-history-", suffix=".jsonl", delete=False, encoding="utf-8") as file:
                file.writelines(json.dumps(event) + "\n" for event in events)
            self.fail(f"PATCHBAY_SEED={SEED}, {file.name}: {len(contradictions)} contradictions\n" + "\n".join(map(str, contradictions[:5])))
        count = {kind: sum(event["event"] == kind for event in events) for kind in ("outcome", "came", "kept")}
        self.assertGreater(count["kept"], 100)
        self.assertGreater(count["outcome"], 100)
        self.assertGreater(count["came"], 20 * count["kept"], "a crowd has heard it")
        recovered = sum(event["event"] == "joined" and event["recovered"] is True for event in events)
        self.assertGreater(recovered, 100)
        self.assertEqual(set(crowd.proxy.seen), {"cut", "end", "stall", "half", "swallow", "deaf"}, "the network has failed in each way")
        print(f"PATCHBAY_SEED={SEED}: {count}, {recovered} recovered, {dict(crowd.proxy.seen)}")


cases.run_unittest("integration_wire_crowd")
