"""The tutorial's chat under many foreign clients, Debian's python3-websockets, that talk, join and leave at random.

Usage: tutorial_client.py PROGRAM
PATCHBAY_SEED repeats a run: who joins, talks and leaves, and when. Each run prints its seed.
"""
import asyncio
import os
import random
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cases  # noqa: E402
from programs import PATIENCE, Scratch, listening  # noqa: E402
from wire import CLOSE, PING, Wire, tcp, tls  # noqa: E402

try:
    import websockets
except ImportError:
    sys.exit("This test needs a foreign WebSocket client: apt-get install python3-websockets")

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else sys.exit(__doc__)
SEED = int(os.environ.get("PATCHBAY_SEED") or random.randrange(1 << 32))
CLIENTS = 200
STAYERS = 40
SPEECHES = 12    # of each stayer
VISITS = 4       # of each of the others, the first from the beginning
WHOLE_RUN = 150  # seconds, the bound; also for a program that a sanitizer slows down


class Guest:
    """Someone in the chat, who notes all that is heard."""

    def __init__(self, name, connection):
        self.name, self.connection = name, connection
        self.heard = []

    async def arrives(self):
        """Has heard itself, so everyone who speaks later is heard as well."""
        await self.says("hello")
        await self.until(f"{self.name}:hello")

    async def says(self, text):
        await self.connection.send(f"{self.name}:{text}")

    async def until(self, last):
        while not self.heard or self.heard[-1] != last:
            self.heard.append(await self.connection.recv())


class OverTcp(unittest.IsolatedAsyncioTestCase):
    secure = False

    def setUp(self):
        scratch = Scratch()
        self.addCleanup(scratch.remove)
        self.server, self.trust = listening(scratch, self.secure, PROGRAM, "--loops", "2")
        self.addCleanup(self.stop)

    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)  # unittest's choice; it doubles the clients' work

    def stop(self):
        """How many were online after each came or went; nothing went wrong on the way."""
        self.server.stop()
        output = "".join(self.server.output)
        self.assertNotRegex(output, "error in session|ThreadSanitizer")
        return [int(count) for count in re.findall(r"online: (-?\d+)", output)]

    def connect(self, path="/websocket"):
        scheme = "wss" if self.trust else "ws"
        return websockets.connect(f"{scheme}://localhost:{self.server.port}{path}", host="127.0.0.1", ssl=self.trust,
                                  compression=None, open_timeout=PATIENCE, ping_interval=None, max_queue=None)

    async def arrival(self, name):
        guest = Guest(name, await self.connect())
        await guest.arrives()
        return guest

    async def stays(self, guest, random_):
        for number in range(SPEECHES):
            await asyncio.sleep(random_.uniform(0, 0.4))  # the pace of talking; nothing waits for it
            await guest.says(number)

    async def visits(self, guest, random_):
        """Comes and goes, sometimes without a goodbye and with much unread."""
        for visit in range(VISITS):
            if visit > 0:
                guest = await self.arrival(f"{guest.name}'")
            for number in range(random_.randrange(3)):
                await guest.says(number)
                await asyncio.sleep(random_.uniform(0, 0.8))
            if random_.random() < 0.3:
                guest.connection.transport.abort()
                await guest.connection.wait_closed()
            else:
                await guest.connection.close()

    async def scenario(self):
        seeds = random.Random(SEED)
        guests = await asyncio.gather(*(self.arrival(f"guest{i}") for i in range(CLIENTS)))
        stayers, visitors = guests[:STAYERS], guests[STAYERS:]
        hearing = [asyncio.create_task(stayer.until(f"{stayers[0].name}:the end")) for stayer in stayers]
        talking = [self.stays(stayer, random.Random(seeds.random())) for stayer in stayers]
        visiting = [self.visits(visitor, random.Random(seeds.random())) for visitor in visitors]
        await asyncio.gather(*talking, *visiting)
        await stayers[0].says("the end")
        await asyncio.gather(*hearing)
        await asyncio.gather(*(stayer.connection.close() for stayer in stayers))
        return stayers

    def judge(self, stayers):
        """Everyone who stayed has heard all of everyone who stayed, each speaker in order. And since each message goes to
        everyone before the next one does, all have heard the same from the last one's arrival on, visitors included."""
        since = min((stayer.heard for stayer in stayers), key=len)
        for stayer in stayers:
            self.assertTrue(stayer.heard[-len(since):] == since, f"{stayer.name} has heard another story")
        said = {stayer.name: [str(number) for number in range(SPEECHES)] for stayer in stayers}
        said[stayers[0].name].append("the end")
        for stayer in stayers:
            heard = {name: [] for name in said}
            for line in stayer.heard:
                name, _, text = line.partition(":")
                if name in heard and text != "hello":
                    heard[name].append(text)
            self.assertEqual(heard, said, f"{stayer.name} has missed or mixed up something")

    async def test_nothing_is_lost_between_those_who_stay_while_others_come_and_go(self):
        self.judge(await asyncio.wait_for(self.scenario(), WHOLE_RUN))
        online = self.stop()
        self.assertEqual(len(online), 2 * (STAYERS + (CLIENTS - STAYERS) * VISITS), "each has joined and left once")
        self.assertGreaterEqual(max(online), CLIENTS)
        self.assertEqual(min(online), 0)

    async def test_a_client_that_answers_pings_is_not_taken_for_dead(self):
        async with self.connect("/pinged") as connection:
            self.assertEqual(await asyncio.wait_for(connection.recv(), PATIENCE), "you are there")

    async def test_a_client_that_does_not_is_sent_1001(self):
        port = self.server.port
        with Wire(tls(port, self.trust) if self.secure else tcp(port), "/pinged") as wire:
            first, payload = wire.frame()
            self.assertEqual((first, payload), (0x80 | PING, b"are you there?"))
            while first == 0x80 | PING:
                first, payload = wire.frame()
            self.assertEqual((first, payload[:2]), (0x80 | CLOSE, b"\x03\xe9"))


class OverTls(OverTcp):
    secure = True


print(f"PATCHBAY_SEED={SEED}")
cases.run_unittest("integration_tutorial")
