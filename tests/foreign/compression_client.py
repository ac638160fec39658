"""permessage-deflate as python3-websockets speaks it, with every parameter on and off, against servers of every setting.

Usage: compression_client.py PROGRAM
"""
import asyncio
import itertools
import json
import os
import random
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cases  # noqa: E402
from compression_servers import compressing  # noqa: E402
from programs import PATIENCE  # noqa: E402

try:
    import websockets
    from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory as Offer
except ImportError:
    sys.exit("This test needs a foreign WebSocket client: apt-get install python3-websockets")

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else sys.exit(__doc__)
CHATTER = "".join(json.dumps({"from": f"user{i % 7}", "text": f"message number {i}, ünïcödé"}) for i in range(2000))
SMALL = ("", b"", "x", b"\x00", CHATTER[:300], os.urandom(300), "Grüße, 世界 🌍")
LARGE = (CHATTER[:100 << 10], CHATTER[:100 << 10].encode(), os.urandom(100 << 10), CHATTER * 30, os.urandom(3 << 20),
         bytes(8 << 20))


class Defaults(unittest.IsolatedAsyncioTestCase):
    settings = {}
    server_bits, client_bits, keeps_context = 12, 12, True

    @classmethod
    def setUpClass(cls):
        cls.server = compressing(cls, PROGRAM, **cls.settings)

    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)  # unittest's choice; it doubles the client's work

    def connect(self, offer, path="/echo"):
        return websockets.connect(f"ws://127.0.0.1:{self.server.port}{path}", max_size=None, compression=None,
                                  open_timeout=PATIENCE, extensions=[offer] if offer else None)

    async def said(self, connection):
        return await asyncio.wait_for(connection.recv(), PATIENCE)

    async def echoes(self, connection, messages):
        for message in messages:
            await connection.send(message)
            answer = await self.said(connection)
            self.assertTrue(type(answer) is type(message) and answer == message,
                            f"{len(message)} of {type(message)} came back as {len(answer)} of {type(answer)}")

    def assert_agreed(self, connection, offer):
        """What the extension was told, as the client reads it."""
        agreed, = connection.extensions
        self.assertEqual(agreed.remote_no_context_takeover, offer.server_no_context_takeover or not self.keeps_context)
        self.assertEqual(agreed.local_no_context_takeover, offer.client_no_context_takeover or not self.keeps_context)
        if offer.server_max_window_bits is None:
            self.assertEqual(agreed.remote_max_window_bits, 15)
        else:
            self.assertEqual(agreed.remote_max_window_bits, min(offer.server_max_window_bits, self.server_bits))
        if offer.client_max_window_bits is None:
            self.assertEqual(agreed.local_max_window_bits, 15)
        else:
            asked = 15 if offer.client_max_window_bits is True else offer.client_max_window_bits
            self.assertEqual(agreed.local_max_window_bits, min(asked, self.client_bits))

    async def test_whatever_is_offered_is_kept_to(self):
        for values in itertools.product((False, True), (False, True), (None, 8, 9, 12, 15), (None, True, 9, 12, 15)):
            offer = Offer(*values)
            with self.subTest(offer=values):
                async with self.connect(offer) as connection:
                    self.assert_agreed(connection, offer)
                    await self.echoes(connection, (*SMALL, CHATTER[:5000], CHATTER[:5000], CHATTER[3000:40000]))

    async def test_messages_of_every_size_come_back(self):
        for offer in (Offer(), Offer(True, True), Offer(False, False, 8, 9)):
            async with self.connect(offer) as connection:
                await self.echoes(connection, (*LARGE, *SMALL, CHATTER[:5000]))

    async def test_fragments_are_one_message(self):
        for offer in (Offer(), Offer(True, True), Offer(False, True, 9, 9)):
            async with self.connect(offer) as connection:
                for message in (CHATTER[:20000], os.urandom(20000), CHATTER[:20000].encode(), CHATTER[500:9000]):
                    await connection.send([message[:1], message[1:1], message[1:7000], message[7000:], message[:0]])
                    self.assertEqual(await self.said(connection), message)
                await connection.send(["", "", ""])
                self.assertEqual(await self.said(connection), "")

    async def test_pings_between_fragments_are_answered(self):
        async with self.connect(Offer()) as connection:
            async def parts():
                for start in range(0, 10000, 1000):
                    yield CHATTER[start:start + 1000]
                    await asyncio.wait_for(await connection.ping(f"at {start}".encode()), PATIENCE)
            for _ in range(3):
                await connection.send(parts())
                self.assertEqual(await self.said(connection), CHATTER[:10000])

    async def test_a_thousand_messages_of_any_size_come_back_in_order(self):
        chance = random.Random(7692)
        messages = [CHATTER[(start := chance.randrange(50000)):start + chance.choice((0, 1, 9, 80, 255, 256, 700, 6000))]
                    for _ in range(1000)]
        async with self.connect(Offer()) as connection:
            async def listen():
                return [await self.said(connection) for _ in messages]
            listening = asyncio.ensure_future(listen())
            for message in messages:
                await connection.send(message)
            self.assertEqual(await listening, messages)

    async def test_a_fanout_reaches_clients_of_every_agreement(self):
        offers = (Offer(), Offer(True), Offer(False, True), Offer(False, False, 8), Offer(False, False, 9, 9),
                  Offer(True, True, 15, 15), None)
        connections = [await self.connect(offer, "/fanout") for offer in offers]
        try:
            for turn, message in enumerate((*SMALL, *LARGE[:3], CHATTER[:9000], CHATTER[:9000]) * 3):
                await connections[turn % len(connections)].send(message)
                for offer, connection in zip(offers, connections):
                    self.assertTrue(await self.said(connection) == message, f"{len(message)} to {offer and vars(offer)}")
        finally:
            for connection in connections:
                await connection.close()

    async def test_records_are_decoded_and_encoded(self):
        record = json.dumps({"text": CHATTER[:700], "number": 1.5, "list": ["a", "b"] * 40})
        async with self.connect(Offer(), "/json") as connection:
            for _ in range(3):
                await connection.send(record)
                self.assertEqual(json.loads(await self.said(connection)), json.loads(record))


class LargestWindows(Defaults):
    settings = {"serverMaxWindowBits": 15, "clientMaxWindowBits": 15, "level": 3, "threshold": "1B"}
    server_bits, client_bits = 15, 15


class SmallestWindows(Defaults):
    settings = {"serverMaxWindowBits": 8, "clientMaxWindowBits": 9, "threshold": "1B", "level": 1}  # Python has no 8
    server_bits, client_bits = 8, 9


class NoBudget(Defaults):
    settings = {"memoryBudget": "0B", "threshold": "1B"}
    keeps_context = False


cases.run_unittest("integration_compression_client")
