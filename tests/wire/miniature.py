"""A miniature server of `patchbay.1` on a file, from framework/WIRE.md alone: what clients, proxy and checker are tried with, and what does
wrong on demand, so that they are known to find it.

Usage: miniature.py --port N --store FILE [--fault FAULT] [--loses N]
It serves what tests/wire/server.cpp does. The file has a commit a line; beside it FILE.durable says when each
publication was on the disk. --loses: at the start the last N commits are gone, as after a disk that has lied; then each topic gets a new epoch. FAULT is one of
"""
import argparse
import asyncio
import functools
import hashlib
import json
import os
import secrets
import time

import websockets

FAULTS = {
    "ack-before-commit": "outcomes go out before they are on the disk",
    "delivery-before-commit": "publications go out before they are on the disk",
    "history-first": "a join reads the history, and subscribes a while later",
    "answer-apart": "the outcome is a commit of its own, behind that of the publication",
    "epoch-kept": "a topic that has lost its end has its old epoch",
}
LIMITS = {"message": 65536, "topics": 100, "ids": 1000}
DISK = 0.008  # seconds that a commit takes at least
LATE = 0.1    # seconds by which what is done wrong is too late
SHOWN = 5     # publications to a newcomer


class Store:
    """Commits in their order, each durable when its future is done; those that wait share one write."""

    def __init__(self, path, loses, keeps_epochs):
        self.topics, self.answers, self.waiting, self.due = {}, {}, [], asyncio.Event()
        lines = open(path, "rb").read().split(b"\n")[:-1] if os.path.exists(path) else []  # a torn line is none
        lost, lines = lines[max(len(lines) - loses, 0):], lines[:max(len(lines) - loses, 0)]
        for line in lines:
            self.apply(json.loads(line))
        self.file, self.log = open(path, "wb", buffering=0), open(path + ".durable", "ab", buffering=0)
        if lost and not keeps_epochs:
            for name in self.topics:
                lines.append(json.dumps({"epoch": [name, fresh_epoch()]}).encode())
                self.apply(json.loads(lines[-1]))
        self.write(lines)
        self.say_durable(publication for _, publications in self.topics.values() for publication in publications)

    def topic(self, name):
        """Its epoch, and its publications from 1 on."""
        if name not in self.topics:
            self.topics[name] = (fresh_epoch(), [])
            self.write([json.dumps({"epoch": [name, self.topics[name][0]]}).encode()])
        return self.topics[name]

    def commit(self, append=None, answer=None, deliver=lambda: None, late=0.0):
        """deliver() is called in the same step in which joins begin to see it."""
        done = asyncio.get_running_loop().create_future()
        self.waiting.append(({"append": append, "answer": answer}, done, deliver, late))
        self.due.set()
        return done

    async def run(self):
        while True:
            await self.due.wait()
            self.due.clear()
            batch, self.waiting = self.waiting, []
            await asyncio.sleep(max(DISK, *(late for *_, late in batch)))
            self.write([json.dumps(commit).encode() for commit, *_ in batch])
            self.say_durable(commit["append"] for commit, *_ in batch if commit["append"])
            for commit, done, deliver, _ in batch:
                self.apply(commit)
                deliver()
                done.set_result(None)

    def write(self, lines):
        self.file.write(b"".join(line + b"\n" for line in lines))
        os.fdatasync(self.file.fileno())

    def say_durable(self, publications):
        now = time.monotonic()
        self.log.write(b"".join(json.dumps({"t": now, "topic": each["topic"], "epoch": self.topics[each["topic"]][0], "offset": each["offset"]})
                                .encode() + b"\n" for each in publications))

    def apply(self, line):
        if line.get("epoch"):
            self.topics[line["epoch"][0]] = (line["epoch"][1], self.topics.get(line["epoch"][0], ("", []))[1])
        if line.get("append"):
            self.topics[line["append"]["topic"]][1].append(line["append"])
        if line.get("answer"):
            client, number, outcome = line["answer"]
            self.answers[client, number] = outcome


def fresh_epoch():
    return secrets.token_hex(6)


class Server:
    def __init__(self, arguments):
        self.fault = arguments.fault
        self.store = Store(arguments.store, arguments.loses, self.fault == "epoch-kept")
        self.members = {}   # topic → sessions
        self.running = {}   # (client, id) → the task of its handler
        self.given = {}     # topic → the last offset that was given away

    async def say(self, client, you, number, data):
        """One publication, and the outcome of the request, in one commit. Offsets are those of the commit's order."""
        name = data["topic"]
        epoch, publications = self.store.topic(name)
        offset = self.given[name] = max(self.given.get(name, 0), len(publications)) + 1
        publication = {"topic": name, "offset": offset, "by": [you, number], "data": {"type": "Said", "text": data["text"]}}
        outcome = {"id": number, "data": {"epoch": epoch, "offset": offset}}
        deliver = functools.partial(self.deliver, publication)
        if self.fault == "answer-apart":
            await self.store.commit(publication, deliver=deliver)
            await self.store.commit(answer=[client, number, outcome], late=LATE)
            return outcome
        if self.fault == "delivery-before-commit":
            deliver()
            deliver = bool  # nothing more to do
        late = LATE if self.fault in ("ack-before-commit", "delivery-before-commit") else 0
        done = self.store.commit(publication, [client, number, outcome], deliver, late)
        if self.fault != "ack-before-commit":
            await done
        return outcome

    def deliver(self, publication):
        for session in self.members.get(publication["topic"], ()):
            session.send(publication)

    async def serve(self, connection):
        session = Session(self, connection)
        writing = asyncio.create_task(session.write())
        try:
            async for message in connection:
                for line in message.split("\n"):
                    await session.handle(json.loads(line))
        except websockets.ConnectionClosed:
            pass
        finally:
            writing.cancel()
            for sessions in self.members.values():
                sessions.discard(session)


class Session:
    def __init__(self, server, connection):
        self.server, self.connection, self.client, self.since = server, connection, None, {}
        self.out, self.due = [], asyncio.Event()

    def send(self, value):
        self.out.append(json.dumps(value))
        self.due.set()

    async def write(self):
        while True:
            await self.due.wait()
            self.due.clear()
            while self.out:  # 100 of these objects fit into a message
                lines, self.out = self.out[:100], self.out[100:]
                await self.connection.send("\n".join(lines))

    async def handle(self, value):
        number = value.get("id")
        if self.client is None or "hello" in value:
            return await self.begin(value)
        if "join" in value:
            await self.join(value["join"], value.get("since"))
            self.send({"id": number, "ok": True})
        elif "leave" in value:
            self.server.members.get(value["leave"], set()).discard(self)
            self.send({"id": number, "ok": True})
        elif "history" in value:
            self.history(value)
        elif "auth" in value:
            self.send({"id": number, "data": {"expires": 3600}})
        elif "data" in value:
            self.request(number, value["data"])
        elif not value:
            self.send({})
        elif number is not None:
            self.send({"id": number, "error": {"code": "unsupported", "retry": False}})

    async def begin(self, value):
        if self.client is not None or "hello" not in value:
            return await self.connection.close(1002)
        hello = value["hello"]
        self.client, self.since = hello["client"], hello.get("since", {})
        self.you = hashlib.sha256(self.client.encode()).hexdigest()[:32]
        self.send({"welcome": {"session": secrets.token_hex(4), "you": self.you, "ping": 2, "limits": LIMITS}})

    async def join(self, name, since):
        epoch, publications = self.server.store.topic(name)
        since = since or self.since.pop(name, None)
        self.since.pop(name, None)
        joined = {"joined": name, "epoch": epoch, "offset": len(publications)}
        recovered = since is not None and since["epoch"] == epoch and since["offset"] <= len(publications)
        if since is not None:
            joined["recovered"] = recovered
        begin = since["offset"] if recovered else max(len(publications) - SHOWN, 0)
        joined["from"], state = begin, publications[begin:]
        if self.server.fault == "history-first":
            await asyncio.sleep(LATE)
        for each in (joined, *state):
            self.send(each)
        self.server.members.setdefault(name, set()).add(self)

    def history(self, value):
        epoch, publications = self.server.store.topic(value["history"])
        end = min(value.get("before", len(publications) + 1) - 1, len(publications))
        start = max(end - value.get("limit", 50), 0)
        page = [{name: each[name] for name in each if name != "topic"} for each in publications[start:end]]
        self.send({"id": value["id"], "data": {"epoch": epoch, "list": page, "more": start > 0}})

    def request(self, number, data):
        """Once: with the outcome that is recorded, that of the handler that still runs, or by handling it."""
        key = (self.client, number)
        if key in self.server.store.answers:
            return self.send(self.server.store.answers[key])
        if key not in self.server.running:
            self.server.running[key] = asyncio.create_task(self.server.say(self.client, self.you, number, data))
            self.server.running[key].add_done_callback(lambda _: self.server.running.pop(key))
        self.server.running[key].add_done_callback(lambda task: self.send(task.result()))


async def main():
    parser = argparse.ArgumentParser(description=__doc__ + "\n".join(f"  {name}: {text}" for name, text in FAULTS.items()),
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--store", required=True)
    parser.add_argument("--fault", choices=FAULTS)
    parser.add_argument("--loses", type=int, default=0)
    arguments = parser.parse_args()
    server = Server(arguments)
    async with websockets.serve(server.serve, "127.0.0.1", arguments.port, subprotocols=["patchbay.1"], compression=None,
                                ping_interval=None, max_queue=None, close_timeout=1) as listening:
        print(f"listening on http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", flush=True)
        await server.store.run()


if __name__ == "__main__":
    asyncio.run(main())
