"""Answers and broadcasts mixed on one connection, at clients of python3-websockets that keep context, keep none, have
other windows, or do not compress: a broadcast is one stream for all of a window, and the connection's own goes on behind
it.

Usage: compression_mixed.py PROGRAM
It prints PATCHBAY_SEED=…; the same variable repeats who says what.
"""
import asyncio
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
SEED = int(os.environ.get("PATCHBAY_SEED", random.SystemRandom().randrange(1 << 32)))
EACH = 300  # messages per speaker
# server_no_context_takeover, client_no_context_takeover, server_max_window_bits, client_max_window_bits
OFFERS = ((False, False, None, True), (False, False, None, True), (False, True, None, None), (True, False, None, 9),
          (True, True, 15, 15), (False, False, 8, 9), (False, False, 9, 12), (False, False, 10, 12), None, None)
WORDS = ("broadcast", "context", "window", "deflate", "flush", "ünïcödé", "takeover", "server", "client", "{\"from\":")


def sentence(chance):
    """Of a few characters, which go plain, up to several windows; the same words all the time."""
    words = chance.choices(WORDS, k=chance.choice((0, 1, 1, 5, 20, 100, 600)))
    return " ".join(words) + chance.choice(("", "", f"{chance.getrandbits(4000):x}"))


def for_all(messages):
    return [text for text in messages if text.startswith("all ")]


class Speaker:
    """A connection with what it was sent, and what it should have been sent."""

    def __init__(self, name, offer, connection, chance):
        self.name, self.offer, self.connection, self.chance = name, offer, connection, chance
        self.said = []  # in order, each with the first word `all` or `own`
        self.heard = []

    @classmethod
    async def arrives(cls, port, number, offer, chance):
        connection = await websockets.connect(
            f"ws://127.0.0.1:{port}/mixed", max_size=None, compression=None, open_timeout=PATIENCE,
            extensions=[Offer(*offer)] if offer else None)
        assert len(connection.extensions) == (1 if offer else 0), f"{offer}: {connection.extensions}"
        speaker = cls(f"speaker{number}", offer, connection, chance)
        await connection.send("hello")  # whose answer shows that what is for all comes from now on
        while (message := await asyncio.wait_for(connection.recv(), PATIENCE)) != "hello":
            speaker.heard.append(message)
        return speaker

    async def speak(self, share_for_all, numbers=range(EACH)):
        for number in numbers:
            to = "all" if self.chance.random() < share_for_all else "own"
            self.said.append(f"{to} {self.name} {number} {sentence(self.chance)}")
            await self.connection.send(self.said[-1])
            await asyncio.sleep(0)  # the others' turn
        if EACH - 1 in numbers:
            await self.connection.send(f"all {self.name} end")

    def heard_from(self, speaker):
        return [text for text in self.heard if text.split(" ", 2)[1] == speaker.name]

    async def listen(self, speakers):
        """Until each of `speakers` has ended."""
        missing = {f"all {speaker.name} end" for speaker in speakers}
        while missing:
            message = await asyncio.wait_for(self.connection.recv(), PATIENCE)
            if message in missing:
                missing.remove(message)
            else:
                self.heard.append(message)


class Mixed(unittest.IsolatedAsyncioTestCase):
    settings = {"threshold": "1B"}

    @classmethod
    def setUpClass(cls):
        cls.server = compressing(cls, PROGRAM, **cls.settings)

    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)  # unittest's choice; it doubles the client's work

    async def arrive(self, *offers, start=0):
        speakers = []
        for number, offer in enumerate(offers, start):
            speaker = await Speaker.arrives(self.server.port, number, offer, random.Random(SEED + number))
            self.addAsyncCleanup(speaker.connection.close)
            speakers.append(speaker)
        return speakers

    async def talk(self, speakers, share_for_all):
        await asyncio.gather(*(speaker.speak(share_for_all) for speaker in speakers),
                             *(listener.listen(speakers) for listener in speakers))
        for listener in speakers:
            for speaker in speakers:
                due = speaker.said if listener is speaker else for_all(speaker.said)
                self.assert_heard(listener, speaker, due)

    def assert_heard(self, listener, speaker, due):
        came = listener.heard_from(speaker)
        self.assertTrue(came == due, f"seed {SEED}: {listener.offer} heard {speaker.name} ({speaker.offer}) wrong: "
                                     f"{len(came)} messages instead of {len(due)}")

    async def test_every_message_arrives_whole_and_in_order(self):
        await self.talk(await self.arrive(*OFFERS), 0.3)

    async def test_a_speaker_alone_reads_both_in_the_order_in_which_it_spoke(self):
        for offer in OFFERS[:-1]:
            speaker, = await self.arrive(offer)
            await self.talk([speaker], 0.5)
            await speaker.connection.close()

    async def test_a_broadcast_now_and_then_leaves_the_own_stream_readable(self):
        await self.talk(await self.arrive(*OFFERS[:4]), 0.02)

    async def test_who_comes_later_reads_from_there_on(self):
        early = await self.arrive(*OFFERS[:3])
        listening = [asyncio.ensure_future(speaker.listen(early)) for speaker in early]
        first_half = asyncio.gather(*(speaker.speak(0.4, range(EACH // 2)) for speaker in early))
        late = await self.arrive(*OFFERS[4:7], None, start=len(early))
        await first_half
        said_before = [len(for_all(speaker.said)) for speaker in early]
        await asyncio.gather(*(speaker.speak(0.4, range(EACH // 2, EACH)) for speaker in early),
                             *(newcomer.listen(early) for newcomer in late), *listening)
        for speaker, before in zip(early, said_before):
            due = for_all(speaker.said)
            for newcomer in late:
                count = len(newcomer.heard_from(speaker))
                self.assertGreaterEqual(count, len(due) - before)
                self.assert_heard(newcomer, speaker, due[len(due) - count:])


class WithoutABudget(Mixed):
    settings = {"threshold": "1B", "memoryBudget": "0B"}


class WithABudgetForFew(Mixed):
    """Some keep context, the others are agreed out of it, as is what the server sends to some who keep it."""
    settings = {"threshold": "1B", "memoryBudget": "12KiB"}


print(f"PATCHBAY_SEED={SEED}", flush=True)
cases.run_unittest("integration_mixed_server")
