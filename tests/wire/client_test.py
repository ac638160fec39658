"""The reference client's clock and connections, against servers that follow a script.   Source: framework/WIRE.md §1, §9, §10"""
import asyncio
import json
import os
import random
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cases  # noqa: E402
import websockets  # noqa: E402
from client import Client, after_close, wait_before  # noqa: E402

BOUND = 30  # seconds, for one step
WELCOME = {"welcome": {"session": "1", "you": "y", "ping": 1, "limits": {"message": 65536, "topics": 100, "ids": 1000}}}
IDLE = {"welcome": {**WELCOME["welcome"], "ping": 1000}}


class Closes(unittest.TestCase):
    def test_the_table(self):
        for code in (1000, 1002, 1003, 1007, 1009, 4400, 4450, 4499):
            self.assertEqual(after_close(code, "expired"), "stop", code)
        for code in (1001, 1005, 1006, 1010, 1011, 1012, 1013, 1014, 1015, 3000, 4000, 4399, 4500, 4999):
            self.assertEqual(after_close(code, ""), "back", code)
        self.assertEqual((after_close(1008, "expired"), after_close(1008, ""), after_close(1008, "banned")), ("token", "stop", "stop"))

    def test_waits_are_anything_up_to_twice_as_long_each_time_and_never_more_than_half_a_minute(self):
        draw = random.Random(1)
        for tries, most in ((0, 0.5), (1, 1), (2, 2), (5, 16), (6, 30), (100_000, 30)):
            waits = [wait_before(tries, draw) for _ in range(1000)]
            self.assertLessEqual(max(waits), most)
            self.assertGreater(max(waits), 0.9 * most)
            self.assertLess(min(waits), 0.1 * most)


class Scripted(unittest.IsolatedAsyncioTestCase):
    """`scripts` are what becomes of one connection after the other; the last is for all that come later too."""

    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)  # unittest's choice
        self.connections, self.heard, self.tries = 0, [], []

    async def with_client(self, *scripts, subprotocols=("patchbay.1",), **options):
        async def serve(connection):
            script = scripts[min(self.connections, len(scripts) - 1)]
            self.connections += 1
            self.tries.append(self.client.tries)
            self.heard.append([])
            try:
                await script(connection)
            except websockets.ConnectionClosed:
                pass

        self.server = await websockets.serve(serve, "127.0.0.1", 0, subprotocols=subprotocols, compression=None, ping_interval=None, close_timeout=1)
        self.addAsyncCleanup(self._end)
        port = self.server.sockets[0].getsockname()[1]
        self.client = Client(f"ws://127.0.0.1:{port}/", random.Random(1), **{"patience": 0.3, "most_wait": 0.05, **options})
        await self.client.__aenter__()

    async def _end(self):
        await self.client.__aexit__()
        self.server.close()
        await self.server.wait_closed()

    async def hear(self, connection):
        self.heard[-1].extend(json.loads(line) for line in (await connection.recv()).split("\n"))
        return self.heard[-1][-1]

    async def say(self, connection, *values):
        await connection.send("\n".join(map(json.dumps, values)))

    async def until(self, holds):
        async def wait():
            while not holds():
                await asyncio.sleep(0.005)
        await asyncio.wait_for(wait(), BOUND)

    def welcomes(self, welcome=WELCOME, then=None):
        async def script(connection):
            await self.hear(connection)
            await self.say(connection, welcome)
            if then is not None:
                await then(connection)
            await connection.wait_closed()
        return script

    def closes(self, code, reason="", welcome=True):
        async def script(connection):
            await self.hear(connection)
            if welcome:
                await self.say(connection, IDLE)
            await connection.close(code, reason)
        return script

    async def test_a_request_is_sent_again_on_the_next_connection_until_it_has_its_outcome(self):
        async def loses(connection):
            await self.hear(connection)
            connection.transport.abort()

        async def answers(connection):
            await self.say(connection, {"id": (await self.hear(connection))["id"], "data": {"n": 1}})
        await self.with_client(self.welcomes(IDLE, loses), self.welcomes(IDLE, loses), self.welcomes(IDLE, answers))
        self.assertEqual(await asyncio.wait_for(self.client.request({"type": "Say"}), BOUND), {"data": {"n": 1}})
        self.assertEqual([each[1] for each in self.heard], [{"id": 1, "data": {"type": "Say"}}] * 3)
        self.assertEqual([each[0]["hello"]["next"] for each in self.heard], [1, 1, 1])

    async def test_who_is_silent_is_asked_and_whoever_answers_is_kept(self):
        async def answers(connection):
            for _ in range(3):
                self.assertEqual(await self.hear(connection), {})
                await self.say(connection, {})
        await self.with_client(self.welcomes(WELCOME, answers))
        await self.until(lambda: self.heard and self.heard[0].count({}) == 3)
        self.assertEqual(self.connections, 1)

    async def test_who_does_not_answer_is_given_up(self):
        await self.with_client(self.welcomes(WELCOME))
        await self.until(lambda: self.connections == 2)
        self.assertEqual(self.client.closes[0][0], 1006)

    async def test_who_talks_and_hears_nothing_doubts_too(self):
        async def swallows(connection):
            while True:
                await self.hear(connection)
        await self.with_client(self.welcomes(WELCOME, swallows))

        async def talk():
            while self.connections < 2:
                self.client.tell("more")
                await asyncio.sleep(0.05)
        await asyncio.wait_for(talk(), BOUND)
        self.assertIn({}, self.heard[0])

    async def test_a_ping_is_answered_and_its_answer_is_not(self):
        async def asks(connection):
            await self.say(connection, {})
            self.assertEqual(await self.hear(connection), {})
            self.client.doubt()
            self.assertEqual(await self.hear(connection), {})
            await self.say(connection, {"data": "alive"}, {}, {"data": "more"})
            self.client.tell("the end")
            self.assertEqual(await self.hear(connection), {"data": "the end"})
        await self.with_client(self.welcomes(IDLE, asks))
        await self.until(lambda: self.heard and {"data": "the end"} in self.heard[0])
        self.assertEqual(self.heard[0].count({}), 2)

    async def test_without_a_welcome_it_gives_up(self):
        async def silent(connection):
            await connection.wait_closed()
        await self.with_client(silent, self.welcomes(IDLE))
        await asyncio.wait_for(self.client.welcomed.wait(), BOUND)
        self.assertEqual((self.connections, self.client.closes[0][0]), (2, 1006))

    async def test_it_comes_back_or_stops_as_the_table_says(self):
        await self.with_client(self.closes(1001), self.closes(1011), self.closes(1013), self.closes(4500), self.closes(4400, "full"))
        await self.until(lambda: self.client.stopped)
        self.assertEqual([code for code, _ in self.client.closes], [1001, 1011, 1013, 4500, 4400])
        self.assertEqual(self.client.stopped, "closed with 4400 full")

    async def test_tries_count_from_the_last_welcome(self):
        await self.with_client(self.closes(1013, welcome=False), self.closes(1013, welcome=False), self.welcomes(IDLE))
        await asyncio.wait_for(self.client.welcomed.wait(), BOUND)
        self.assertEqual((self.tries, self.client.tries), ([0, 1, 2], 0))

    async def test_a_handshake_that_fails_is_a_lost_connection(self):
        async def refuse(_, writer):
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            writer.close()
        async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
            async with Client(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/", random.Random(1), most_wait=0.01) as stranger:
                await self.until(lambda: len(stranger.closes) >= 3)
            self.assertEqual(set(stranger.closes), {(1006, "")})
            self.assertIsNone(stranger.stopped)

    async def test_a_server_that_speaks_something_else_is_left(self):
        await self.with_client(self.closes(1000), subprotocols=["chat.v1"])
        await self.client.__aexit__()
        other = Client(self.client.url, random.Random(1), subprotocols=["chat.v1"])
        async with other:
            await self.until(lambda: other.stopped)
        self.assertEqual(other.stopped, "the server speaks chat.v1")

    async def test_an_expired_token_is_renewed_and_a_renewed_one_that_does_is_the_end(self):
        tokens = iter(["second", "third", "fourth"])
        await self.with_client(self.closes(1008, "expired"), self.closes(1008, "expired"), self.closes(1008, "expired", welcome=False),
                               self.closes(1008, "expired", welcome=False), token="first", new_token=lambda: next(tokens))
        await self.until(lambda: self.client.stopped)
        self.assertEqual([each[0]["hello"]["token"] for each in self.heard], ["first", "second", "third"])

    async def test_a_server_that_breaks_the_rules_is_left_and_named(self):
        await self.with_client(self.welcomes(IDLE, lambda connection: self.say(connection, {"topic": "x", "offset": 1, "data": 1})))
        await self.until(lambda: self.client.stopped)
        self.assertIn("not joined", str(self.client.fault))

    async def test_a_gap_that_cannot_be_mended_now_is_mended_a_little_later(self):
        async def has_no_room(connection):
            await self.hear(connection)
            joined = {"joined": "x", "epoch": "e", "offset": 0, "from": 0}
            await self.say(connection, joined, {"id": 1, "ok": True}, {"topic": "x", "offset": 2, "data": 2})
            await self.hear(connection)
            await self.say(connection, {"id": 2, "error": {"code": "busy", "retry": True}})
            await self.hear(connection)
        await self.with_client(self.welcomes(IDLE, has_no_room))
        self.assertEqual(await asyncio.wait_for(self.client.join("x"), BOUND), {"ok": True})
        await self.until(lambda: len(self.heard[0]) == 4)
        self.assertEqual([value.get("id") for value in self.heard[0]], [None, 1, 2, 3])
        self.assertEqual(self.heard[0][3]["since"], {"epoch": "e", "offset": 0})


cases.run_unittest("integration_wire_client")
