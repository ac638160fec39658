"""A crowd of clients that talk in topics through a proxy while their server is killed, and the history of what each of them has seen.

    events = await Crowd([program, *arguments], seed).run()      for checker.check()

The program is started with `--port 0 --store FILE`, and says `listening on http://…:PORT`. On /rooms it takes {"type":"Say","topic":…,"text":…},
publishes {"type":"Said","text":…} to the topic, and answers with the position (server.cpp, miniature.py).
"""
import asyncio
import dataclasses
import json
import os
import random
import sys
import time

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", folder) for folder in ("support", "foreign")]
from client import Client  # noqa: E402
from programs import Program, Scratch  # noqa: E402
from proxy import Proxy  # noqa: E402


@dataclasses.dataclass
class Crowd:
    command: list
    seed: int
    clients: int = 50
    topics: int = 20
    seconds: float = 20    # of talking
    rate: float = 40       # requests in a second, of all together
    kills: int = 3
    loses: int = 0         # commits that the disk loses at each kill: the program is told by --loses
    patience: float = 1.0  # of a client with a silent server: less than the proxy stalls
    most_wait: float = 1.0
    bound: float = 20      # seconds for what is to settle at the end

    def __post_init__(self):
        self.events, self.names, self.random = [], {}, random.Random(self.seed)
        self.talking, self.restarts = True, 0
        self.names_of_topics = [f"t{number}" for number in range(self.topics)]

    async def run(self):
        self.scratch = Scratch()
        try:
            self.server = await self._start()
            try:
                async with Proxy(self.seed, self.server.port) as self.proxy:
                    await self._talk()
            finally:
                self.server.kill()
            self._read_log()
            return self._finished()
        finally:
            self.scratch.remove()

    def _start(self, *arguments):
        return asyncio.to_thread(Program, *self.command, "--port", "0", "--store", self.scratch.path("store"), *arguments)

    def _journal(self, name):
        def note(event, **fields):
            if event == "welcome":
                self.names[fields["you"]] = name
            if "data" in fields and event in ("sent", "came"):
                said = fields.pop("data")
                fields.update({"body": said["text"]} | ({"topic": said["topic"]} if event == "sent" else {}))
            self.events.append({"client": name, "n": len(self.events), "t": time.monotonic(), "event": event, **fields})
        return note

    def _client(self, name, port):
        return Client(f"ws://127.0.0.1:{port}/rooms", random.Random(f"{self.seed}/{name}"), journal=self._journal(name),
                      patience=self.patience, most_wait=self.most_wait)

    # ------------------------------------------------------------------------------------------------ what happens

    async def _talk(self):
        guests = [self._client(f"guest{number}", self.proxy.port) for number in range(self.clients)]
        async with _All(guests):
            talks = [asyncio.create_task(self._guest(guest, number)) for number, guest in enumerate(guests)]
            await self._kill_now_and_then()
            self.talking = False
            self.proxy.calm()
            for guest in guests:
                guest.doubt()
            await self._settles(asyncio.gather(*talks), guests)
            stands = await self._observe()
            await self._settles(self._reached(guests, stands), guests)
            for number, guest in enumerate(guests):
                note = self._journal(f"guest{number}")
                for topic in self.names_of_topics:
                    place = guest.conversation.topics.get(topic)
                    note("end", topic=topic, epoch=place and place.epoch, last=place and place.last)

    async def _settles(self, what, guests):
        """What does not within the bound is the checker's to find; a server that breaks the page's rules is not."""
        try:
            await asyncio.wait_for(what, self.bound)
        except asyncio.TimeoutError:
            pass
        for guest in guests:
            if guest.stopped:
                raise AssertionError(guest.stopped)

    async def _guest(self, guest, number):
        draw = random.Random(f"{self.seed}/talk/{number}")
        joins = asyncio.gather(*(guest.join(topic) for topic in self.names_of_topics))
        asked, count = set(), 0
        while self.talking:
            await asyncio.sleep(draw.uniform(0, 2 * self.clients / self.rate))
            if self.talking and len(asked) < 4:  # some at a time
                count += 1
                said = {"type": "Say", "topic": draw.choice(self.names_of_topics), "text": f"guest{number} says {count}"}
                asked.add(asyncio.create_task(guest.request(said)))
            asked = {one for one in asked if not one.done()}
            if asked:
                guest.doubt()
        await asyncio.gather(joins, *asked)

    async def _kill_now_and_then(self):
        moments = sorted(self.random.uniform(0.1, 0.9) * self.seconds for _ in range(self.kills))
        begun = time.monotonic()
        for moment in moments:
            await asyncio.sleep(max(begun + moment - time.monotonic(), 0))
            await asyncio.to_thread(self.server.kill)
            if self.loses:
                self._journal("disk")("lost-disk")
            self.server = await self._start(*(("--loses", str(self.loses)) if self.loses else ()))
            self.proxy.target = self.server.port
        await asyncio.sleep(max(begun + self.seconds - time.monotonic(), 0))

    async def _observe(self):
        """Where the topics stand, by a client that nothing is between, from their histories."""
        note, stands = self._journal("observer"), {}
        async with self._client("observer", self.server.port) as observer:
            for topic in self.names_of_topics:
                await asyncio.wait_for(observer.join(topic), self.bound)
                kept, before = [], {}
                while True:
                    page = (await asyncio.wait_for(observer.history(topic, limit=100, **before), self.bound))["data"]
                    kept[:0] = page["list"]
                    if not page["more"]:
                        break
                    before = {"before": page["list"][0]["offset"]}
                last = observer.conversation.topics[topic].last
                stands[topic] = page["epoch"], last
                note("stands", topic=topic, epoch=page["epoch"], first=kept[0]["offset"] if kept else last + 1, last=last)
                for each in kept:
                    note("kept", topic=topic, epoch=page["epoch"], offset=each["offset"], by=each.get("by"), body=each["data"]["text"],
                         amends=each.get("amends"))
        return stands

    async def _reached(self, guests, stands):
        while any((place := guest.conversation.topics.get(topic)) is None or (place.epoch, place.last) != stands[topic]
                  for guest in guests for topic in self.names_of_topics):
            await asyncio.sleep(0.05)

    # ------------------------------------------------------------------------------------------------ what is left of it

    def _read_log(self):
        if os.path.exists(self.scratch.path("store.durable")):
            with open(self.scratch.path("store.durable"), encoding="utf-8") as log:
                for line in log.read().split("\n")[:-1]:
                    self.events.append({"client": "store", "n": len(self.events), "event": "durable", **json.loads(line)})

    def _finished(self):
        """With the names of clients in place of their public names. No text is said twice, so where a server does not say by whom it is, it is
        known all the same."""
        said = {event["body"]: [event["client"], event["id"]] for event in self.events if event["event"] == "sent"}
        for event in self.events:
            if event.get("by"):
                event["by"] = [self.names.get(event["by"][0], event["by"][0]), event["by"][1]]
            elif event["event"] in ("came", "kept"):
                event["by"] = said.get(event["body"])
        return self.events


class _All:
    """Clients that come and go together."""

    def __init__(self, clients):
        self.clients = clients

    async def __aenter__(self):
        await asyncio.gather(*(client.__aenter__() for client in self.clients))

    async def __aexit__(self, *error):
        await asyncio.gather(*(client.__aexit__(*error) for client in self.clients))
