"""A foreign client, Debian's python3-websockets, against the conformance server, over ws and over wss.

Usage: foreign_client.py PROGRAM
"""
import asyncio
import os
import sys
import unittest

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", folder) for folder in ("support", "foreign")]
import cases  # noqa: E402
from programs import PATIENCE, Scratch, listening  # noqa: E402

try:
    import websockets
except ImportError:
    sys.exit("This test needs a foreign WebSocket client: apt-get install python3-websockets")

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else sys.exit(__doc__)
LIMIT = 64 << 20  # the conformance server's
MAY_BE_SENT = (*range(1000, 1004), *range(1007, 1015), 3000, 3999, 4000, 4999)


class OverTcp(unittest.IsolatedAsyncioTestCase):
    secure = False

    @classmethod
    def setUpClass(cls):
        scratch = Scratch()
        cls.addClassCleanup(scratch.remove)
        cls.server, cls.trust = listening(scratch, cls.secure, PROGRAM, "--loops", "2", ready="^ready$")
        cls.addClassCleanup(cls.server.stop)

    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)  # unittest's choice; it doubles the client's work

    def connect(self, path="/echo", **options):
        options = {"max_size": None, "compression": None, "open_timeout": PATIENCE, "ssl": self.trust, **options}
        scheme = "wss" if self.secure else "ws"
        return websockets.connect(f"{scheme}://localhost:{self.server.port}{path}", host="127.0.0.1", **options)

    async def said(self, connection):
        return await asyncio.wait_for(connection.recv(), PATIENCE)

    async def echo(self, message):
        async with self.connect() as connection:
            await connection.send(message)
            return await self.said(connection)

    async def failure(self, message):
        """The code of the server's Close frame in answer to a message."""
        async with self.connect() as connection:
            try:
                await connection.send(message)
                await self.said(connection)
            except websockets.ConnectionClosed as closed:
                return closed.rcvd and closed.rcvd.code
        return None

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
            for size in (0, 1, 125, 126, 127, 16383, 16384, 16385, 65535, 65536, 65537):  # and those of a TLS record
                for message in ("x" * size, os.urandom(size)):
                    await connection.send(message)
                    self.assertEqual(await self.said(connection), message)

    async def test_messages_up_to_the_limit_come_back(self):
        async with self.connect() as connection:
            for message in ("ü" * (5 << 19), os.urandom(5 << 20), os.urandom(LIMIT - 1), "ü" * (LIMIT // 2)):
                await connection.send(message)
                self.assertTrue(await self.said(connection) == message, f"{len(message)} came back as something else")

    async def test_fragments_up_to_the_limit_are_one_message(self):
        part = os.urandom(LIMIT // 64)
        async with self.connect() as connection:
            await connection.send([part] * 64)
            self.assertTrue(await self.said(connection) == part * 64, "another message came back")

    async def test_a_message_over_the_limit_is_1009(self):
        for message in (bytes(LIMIT + 1), "x" * (LIMIT + 1), [bytes(LIMIT), b"x"]):
            self.assertEqual(await self.failure(message), 1009)

    async def test_text_that_is_not_utf8_is_1007_at_once(self):
        async with self.connect() as connection:
            await connection.write_frame(False, 0x1, "Grüße ".encode())
            await connection.write_frame(False, 0x0, b"an \xff alle")
            await asyncio.wait_for(connection.wait_closed(), PATIENCE)  # the third fragment is never sent
            self.assertEqual(connection.close_code, 1007)

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
        for code in MAY_BE_SENT:
            async with self.connect() as connection:
                await asyncio.wait_for(connection.close(code, "bye"), PATIENCE)
                self.assertEqual(connection.close_rcvd, websockets.frames.Close(code, ""))

    async def test_a_close_without_a_code_is_answered_without_one(self):
        async with self.connect() as connection:
            await connection.write_frame(True, 0x8, b"")
            await asyncio.wait_for(connection.wait_closed(), PATIENCE)
            self.assertEqual(connection.close_rcvd.code, 1005)

    async def test_codes_that_must_not_be_sent_are_1002(self):
        for code in (999, 1004, 1005, 1006, 1015, 2999, 5000):
            async with self.connect() as connection:
                await connection.write_frame(True, 0x8, code.to_bytes(2, "big"))
                await asyncio.wait_for(connection.wait_closed(), PATIENCE)
                self.assertEqual(connection.close_rcvd.code, 1002, code)

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


class OverTls(OverTcp):
    secure = True


cases.run_unittest("integration_foreign_client")
