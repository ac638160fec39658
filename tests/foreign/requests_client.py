"""patchbay.1 by Debian's python3-websockets: the handshake's subprotocol, requests and their outcomes, and the same again on another
connection, over TCP and over TLS.   Source: framework/WIRE.md

Usage: requests_client.py PROGRAM
"""
import asyncio
import json
import os
import secrets
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cases  # noqa: E402
from programs import PATIENCE, Scratch, listening  # noqa: E402

try:
    import websockets
except ImportError:
    sys.exit("This test needs a foreign WebSocket client: apt-get install python3-websockets")

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else sys.exit(__doc__)


class OverTcp(unittest.IsolatedAsyncioTestCase):
    secure = False

    def setUp(self):
        scratch = Scratch()
        self.addCleanup(scratch.remove)
        self.server, self.trust = listening(scratch, self.secure, PROGRAM, "--loops", "2", ready="^ready$")
        self.addCleanup(self.server.stop)
        self.secret = secrets.token_urlsafe(24)

    def connect(self):
        scheme = "wss" if self.secure else "ws"
        return websockets.connect(f"{scheme}://localhost:{self.server.port}/echo", ssl=self.trust, subprotocols=["patchbay.1"])

    async def hears(self, connection):
        return await asyncio.wait_for(connection.recv(), PATIENCE)

    async def greets(self, connection, **more):
        await connection.send(json.dumps({"hello": {"client": self.secret, "next": 1, **more}}))
        return json.loads(await self.hears(connection))["welcome"]

    async def test_the_server_answers_with_the_subprotocol_and_a_welcome(self):
        async with self.connect() as connection:
            self.assertEqual(connection.subprotocol, "patchbay.1")
            welcome = await self.greets(connection)
            self.assertEqual(len(welcome["you"]), 32)
            self.assertNotIn(self.secret, json.dumps(welcome))
            self.assertEqual(welcome["limits"]["ids"], 1000)

    async def test_what_the_handler_returns_is_the_outcome(self):
        async with self.connect() as connection:
            await self.greets(connection)
            for request, data in enumerate(({"a": [1, "}"]}, "text\nof lines", "\u00e9\U0001f600"), 1):
                await connection.send(json.dumps({"id": request, "data": data}))
                self.assertEqual(json.loads(await self.hears(connection)), {"id": request, "data": data})
            await connection.send(b'{"id":9}\n\0\n\xff')
            self.assertEqual(await self.hears(connection), b'{"id":9}\n\0\n\xff')

    async def test_a_request_that_comes_again_has_the_outcome_that_it_had(self):
        async with self.connect() as connection:
            await self.greets(connection)
            await connection.send(json.dumps({"id": 1, "data": "first"}))
            await self.hears(connection)
        async with self.connect() as connection:
            await self.greets(connection)
            await connection.send(json.dumps({"id": 1, "data": "second"}))
            self.assertEqual(json.loads(await self.hears(connection)), {"id": 1, "data": "first"})

    async def test_objects_of_one_message_are_answered_in_their_order_and_a_ping_by_one(self):
        async with self.connect() as connection:
            await self.greets(connection)
            await connection.send('{}\n{"id":1,"data":"a"}\n{"id":2,"data":"b"}')
            heard = []
            while len(heard) < 3:
                heard += (await self.hears(connection)).split("\n")
            self.assertEqual(heard, ["{}", '{"id":1,"data":"a"}', '{"id":2,"data":"b"}'])

    async def test_who_says_no_hello_is_sent_away(self):
        async with self.connect() as connection:
            await connection.send('{"id":1,"data":1}')
            with self.assertRaises(websockets.ConnectionClosed) as closed:
                await self.hears(connection)
            self.assertEqual(closed.exception.rcvd.code, 1002)


class OverTls(OverTcp):
    secure = True


cases.run_unittest("integration_foreign_requests")
