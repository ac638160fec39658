"""A foreign client, Debian's python3-websockets, against the conformance server.

Usage: foreign_client.py PROGRAM
"""
import asyncio
import os
import re
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cases  # noqa: E402

try:
    import websockets
except ImportError:
    sys.exit("This test needs a foreign WebSocket client: apt-get install python3-websockets")

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else sys.exit(__doc__)
PATIENCE = 20  # seconds, for a whole test
FIVE_MIB = 5 << 20


class ForeignClient(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = subprocess.Popen([PROGRAM, "--port", "0", "--loops", "2"], stdout=subprocess.PIPE, text=True)
        line = cls.server.stdout.readline()
        found = re.match(r"listening on http://(\S+:\d+)", line)
        assert found, f"no address in {line!r}"
        cls.address = "ws://" + found.group(1)

    @classmethod
    def tearDownClass(cls):
        cls.server.terminate()
        code = cls.server.wait(PATIENCE)
        cls.server.stdout.close()
        assert code == 0, f"the server exited with {code}"

    def connect(self, path="/echo", **options):
        options = {"max_size": None, "compression": None, "open_timeout": PATIENCE, **options}
        return websockets.connect(self.address + path, **options)

    async def said(self, connection):
        return await asyncio.wait_for(connection.recv(), PATIENCE)

    async def echo(self, message):
        async with self.connect() as connection:
            await connection.send(message)
            return await self.said(connection)

    async def test_text_comes_back_as_text(self):
        self.assertEqual(await self.echo("Grüße, 世界 🌍"), "Grüße, 世界 🌍")

    async def test_bytes_come_back_as_bytes(self):
        everything = bytes(range(256))
        self.assertEqual(await self.echo(everything), everything)

    async def test_empty_messages_are_messages(self):
        async with self.connect() as connection:
            for empty in ("", b""):
                await connection.send(empty)
                self.assertEqual(await self.said(connection), empty)

    async def test_every_length_of_a_frame_header(self):
        async with self.connect() as connection:
            for size in (1, 125, 126, 127, 65535, 65536, 65537):
                await connection.send("x" * size)
                self.assertEqual(await self.said(connection), "x" * size)

    async def test_five_mebibytes_of_text_and_of_bytes(self):
        async with self.connect() as connection:
            for message in ("ü" * (FIVE_MIB // 2), os.urandom(FIVE_MIB)):
                await connection.send(message)
                self.assertTrue(await self.said(connection) == message, "another message came back")

    async def test_fragments_are_one_message(self):
        async with self.connect() as connection:
            await connection.send(["in ", "thr", "", "ee"])
            self.assertEqual(await self.said(connection), "in three")
            await connection.send([b"\x00", b"\xff" * 70000, b""])
            self.assertEqual(await self.said(connection), b"\x00" + b"\xff" * 70000)

    async def test_a_ping_between_fragments_is_answered(self):
        async with self.connect() as connection:
            async def parts():
                yield "before "
                await asyncio.wait_for(await connection.ping(b"in the middle"), PATIENCE)
                yield "and after"
            await connection.send(parts())
            self.assertEqual(await self.said(connection), "before and after")

    async def test_pings_are_answered_with_their_payload(self):
        async with self.connect() as connection:
            for payload in (b"", b"p" * 125):
                await asyncio.wait_for(await connection.ping(payload), PATIENCE)

    async def test_an_unasked_pong_is_no_matter(self):
        async with self.connect() as connection:
            await connection.pong(b"unasked")
            await connection.send("still here")
            self.assertEqual(await self.said(connection), "still here")

    async def test_close_codes_are_echoed(self):
        for code in (1000, 1001, 1003, 1008, 1011, 3000, 4999):
            async with self.connect() as connection:
                await asyncio.wait_for(connection.close(code, "bye"), PATIENCE)
                self.assertEqual(connection.close_code, code)

    async def test_a_thousand_messages_come_back_in_order(self):
        async with self.connect() as connection:
            for number in range(1000):
                await connection.send(str(number))
            self.assertEqual([await self.said(connection) for _ in range(1000)], [str(n) for n in range(1000)])

    async def test_no_subprotocol_is_agreed_on_where_the_endpoint_has_none(self):
        async with self.connect(subprotocols=["chat.v1", "chat.v2"]) as connection:
            self.assertIsNone(connection.subprotocol)

    async def test_an_offer_to_compress_is_declined(self):
        async with self.connect(compression="deflate") as connection:
            self.assertEqual(connection.extensions, [])
            await connection.send("plain")
            self.assertEqual(await self.said(connection), "plain")

    async def test_a_path_without_an_endpoint_is_404(self):
        with self.assertRaises(websockets.InvalidStatusCode) as refusal:
            async with self.connect("/nowhere"):
                pass
        self.assertEqual(refusal.exception.status_code, 404)

    async def test_a_fanout_reaches_everyone_in_one_order(self):
        async with self.connect("/fanout") as ann, self.connect("/fanout") as bob:
            await ann.send("one")
            self.assertEqual([await self.said(ann), await self.said(bob)], ["one", "one"])
            await bob.send(b"two")
            self.assertEqual([await self.said(ann), await self.said(bob)], [b"two", b"two"])

    async def test_a_record_is_decoded_and_encoded(self):
        async with self.connect("/json") as connection:
            await connection.send('{"list": ["a"], "number": 1.5, "text": "t"}')
            self.assertEqual(await self.said(connection), '{"text":"t","number":1.5,"list":["a"]}')


cases.run_unittest("integration_foreign_client")
