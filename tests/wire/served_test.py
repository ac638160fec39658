"""The reference client, and bare objects, against a program that serves rooms (server.cpp): what framework/WIRE.md says, one thing after the other.

Usage: served_test.py PROGRAM [ARGUMENT…]
"""
import asyncio
import json
import os
import random
import sys
import unittest

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", folder) for folder in ("support", "foreign")]
import cases  # noqa: E402
import websockets  # noqa: E402
from client import Client  # noqa: E402
from programs import Program, Scratch  # noqa: E402

COMMAND = sys.argv[1:] or sys.exit(__doc__)
BOUND = 30  # seconds, for one step
SECRET = "s" * 30


class Served(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.scratch = Scratch()
        self.addCleanup(self.scratch.remove)
        self.start()
        self.addCleanup(lambda: self.server.stop())  # whichever it is by then

    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)  # unittest's choice
        self.clients = 0

    def start(self):
        self.server = Program(*COMMAND, "--port", "0", "--store", self.scratch.path("store"))

    def url(self):
        return f"ws://127.0.0.1:{self.server.port}/rooms"

    async def bounded(self, what):
        return await asyncio.wait_for(what, BOUND)

    async def client(self, **options):
        """One that keeps what it handles."""
        self.clients += 1
        heard = []
        client = Client(self.url(), random.Random(self.clients), most_wait=0.1, handle=heard.append, **options)
        client.heard = heard
        await client.__aenter__()
        self.addAsyncCleanup(client.__aexit__)
        await self.bounded(client.welcomed.wait())
        return client

    def say(self, client, text, topic="x"):
        return self.bounded(client.request({"type": "Say", "topic": topic, "text": text}))

    async def hears(self, client, *texts, topic="x"):
        """These, in this order, and nothing else of the topic."""
        def heard():
            return [event.value["data"]["text"] for event in client.heard if event.kind == "publication" and event.topic == topic]

        async def wait():
            while len(heard()) < len(texts) and client.stopped is None:
                await asyncio.sleep(0.01)
        await self.bounded(wait())
        self.assertIsNone(client.stopped)
        self.assertEqual(heard(), list(texts))

    async def bare(self, *messages, subprotocols=("patchbay.1",)):
        """A connection of bare messages."""
        connection = await self.bounded(websockets.connect(self.url(), subprotocols=list(subprotocols), compression=None, ping_interval=None))
        self.addAsyncCleanup(connection.close)
        for message in messages:
            await connection.send(message)
        return connection

    async def begun(self, hello, *messages):
        """One that says the rest when it has been welcomed; which is the first of its answers."""
        connection = await self.bare(hello)
        connection.welcome = json.loads(await self.bounded(connection.recv()))
        for message in messages:
            await connection.send(message)
        return connection

    async def answers(self, connection, id):
        """All objects up to the outcome of a request."""
        objects = [connection.welcome]
        while objects[-1].get("id") != id:
            objects += [json.loads(line) for line in (await self.bounded(connection.recv())).split("\n")]
        return objects

    def hello(self, **members):
        return json.dumps({"hello": {"client": SECRET, "next": 1, **members}})

    async def closed(self, *messages):
        connection = await self.bare(*messages)
        await self.bounded(connection.wait_closed())
        return connection.close_code

    # ------------------------------------------------------------------------------------------------ with the client

    async def test_what_is_said_reaches_everyone_with_who_said_it(self):
        ann, bob = await self.client(), await self.client()
        for client in (ann, bob):
            self.assertEqual(await self.bounded(client.join("x")), {"ok": True})
        self.assertNotIn("error", await self.say(ann, "hi"))
        for client in (ann, bob):
            await self.hears(client, "hi")
        said = next(event.value for event in bob.heard if event.kind == "publication")
        self.assertEqual((said["offset"], said["by"]), (1, [ann.conversation.welcome["you"], 2]))

    async def test_what_was_missed_is_recovered(self):
        ann, bob = await self.client(), await self.client()
        await self.bounded(bob.join("x"))
        await self.say(ann, "1")
        await self.hears(bob, "1")
        bob.url, url = "ws://127.0.0.1:1/", bob.url
        bob._connection.transport.abort()
        for text in ("2", "3", "4"):
            await self.say(ann, text)
        bob.url = url
        await self.hears(bob, "1", "2", "3", "4")
        self.assertIs([event.value for event in bob.heard if event.kind == "joined"][-1]["recovered"], True)
        await self.say(ann, "5")
        await self.hears(bob, "1", "2", "3", "4", "5")

    async def test_topics_outlive_a_kill_with_their_epochs_and_offsets(self):
        ann = await self.client()
        await self.bounded(ann.join("x"))
        await self.say(ann, "before")
        epoch = ann.conversation.topics["x"].epoch
        self.server.kill()
        self.start()
        ann.url = self.url()
        await self.say(ann, "after")
        await self.hears(ann, "before", "after")
        self.assertEqual((ann.conversation.topics["x"].epoch, ann.conversation.topics["x"].last), (epoch, 2))

    async def test_a_history_is_read_in_pages(self):
        ann = await self.client()
        await self.bounded(ann.join("x"))
        for number in range(1, 8):
            await self.say(ann, str(number))
        page = (await self.bounded(ann.history("x", limit=3)))["data"]
        self.assertEqual(([each["offset"] for each in page["list"]], page["more"], page["epoch"]), ([5, 6, 7], True, ann.conversation.topics["x"].epoch))
        page = (await self.bounded(ann.history("x", before=3)))["data"]
        self.assertEqual(([each["data"]["text"] for each in page["list"]], page["more"]), (["1", "2"], False))

    async def test_a_history_is_for_those_who_are_there(self):
        outcome = await self.bounded((await self.client()).history("x"))
        self.assertEqual((outcome["error"]["code"], outcome["error"]["retry"]), ("not-joined", False))

    async def test_who_leaves_hears_no_more(self):
        ann, bob = await self.client(), await self.client()
        await self.bounded(bob.join("x"))
        await self.bounded(bob.join("y"))
        await self.say(ann, "1")
        await self.hears(bob, "1")
        self.assertEqual(await self.bounded(bob.leave("x")), {"ok": True})
        self.assertEqual(await self.bounded(bob.leave("x")), {"ok": True})
        await self.say(ann, "2")
        await self.say(ann, "3", topic="y")
        await self.hears(bob, "3", topic="y")
        await self.hears(bob, "1")

    async def test_a_ping_is_answered(self):
        ann = await self.client()
        ann.doubt()

        async def wait():
            while not any(event.kind == "ping" for event in ann.heard):
                await asyncio.sleep(0.01)
        await self.bounded(wait())

    # ------------------------------------------------------------------------------------------------ bare

    async def test_a_request_that_is_sent_again_is_done_once(self):
        say = json.dumps({"id": 1, "data": {"type": "Say", "topic": "x", "text": "once"}})
        outcomes = []
        for _ in range(2):
            connection = await self.begun(self.hello(), say)
            outcomes.append((await self.answers(connection, 1))[1])
            connection.transport.abort()
        self.assertEqual(outcomes[0], outcomes[1])
        self.server.kill()
        self.start()
        connection = await self.begun(self.hello(), say, '{"id":2,"join":"x"}')
        objects = await self.answers(connection, 2)
        self.assertEqual(objects[1], outcomes[0])
        self.assertEqual([each["offset"] for each in objects if "joined" in each], [1])

    async def test_objects_of_one_message_are_as_if_each_had_come_alone(self):
        connection = await self.begun(self.hello(), '{"id":1,"join":"x"}\n{"id":2,"leave":"x"}\n{}\n{"id":3,"join":"y"}')
        objects = await self.answers(connection, 3)
        self.assertEqual([next(iter(each), None) for each in objects][0], "welcome")
        self.assertEqual([each["id"] for each in objects if "id" in each], [1, 2, 3])
        self.assertIn({}, objects)

    async def test_what_the_server_does_not_know(self):
        connection = await self.begun(self.hello(), '{"newer":1}\n{"id":1,"newer":1}\n{"id":2,"join":"x","newer":1}')
        objects = await self.answers(connection, 2)
        self.assertEqual((objects[1]["id"], objects[1]["error"]["code"], objects[1]["error"]["retry"]), (1, "unsupported", False))
        self.assertEqual(objects[-1], {"id": 2, "ok": True})

    async def test_whoever_does_not_begin_as_is_asked_is_closed(self):
        for messages in (('{"id":1,"join":"x"}',), ('{"hello":{}}',), (self.hello(client="short"),), (self.hello(next=0),), (self.hello(), self.hello()),
                         (self.hello(since={"x": {"epoch": "e", "offset": 2 ** 63}}),), (self.hello(since={"x": {"epoch": "e", "offset": -1}}),)):
            self.assertEqual(await self.closed(*messages), 1002, messages)
        for message, code in ((self.hello(), 1002), ("", 1007), ("{", 1007), ("[]", 1007), ("{}\n", 1007), ("no", 1007)):
            connection = await self.begun(self.hello(), message)
            await self.bounded(connection.wait_closed())
            self.assertEqual(connection.close_code, code, message)

    async def test_a_since_of_another_epoch_recovers_nothing_and_says_so(self):
        connection = await self.begun(self.hello(since={"x": {"epoch": "nosuch", "offset": 3}}), '{"id":1,"join":"x"}')
        joined = (await self.answers(connection, 1))[1]
        self.assertEqual((joined["joined"], joined["offset"], joined["from"], joined["recovered"]), ("x", 0, 0, False))

    async def test_who_does_not_offer_it_gets_bare_messages(self):
        ann = await self.client()
        await self.bounded(ann.join("x"))
        connection = await self.bare('{"type":"Say","topic":"x","text":"plain"}', '{"hello":{}}', subprotocols=[])
        self.assertIsNone(connection.subprotocol)
        await self.hears(ann, "plain")
        self.assertNotIn("by", next(event.value for event in ann.heard if event.kind == "publication"))
        await self.bounded(connection.close(1000))
        self.assertEqual(connection.close_code, 1000)


cases.run_unittest("integration_wire_served")
