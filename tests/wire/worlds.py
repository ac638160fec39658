"""Histories of worlds in which all is well: a few clients, topics that keep little, lost connections, and sometimes a disk that loses its end.

A world is drawn from its seed. Nothing of client.py, miniature.py or checker.py is in here; time is a count of steps.
"""
import random


class World:
    def __init__(self, seed):
        self.draw = random.Random(seed)
        self.events, self.time = [], 0
        self.keeps = self.draw.choice((5, 1000))
        self.loses = self.draw.random() < 0.4
        self.topics = {f"x{number}": _Topic(self._epoch()) for number in range(self.draw.randint(1, 3))}
        self.answers, self.commits = {}, []  # (client, id) → outcome; (topic, publication, client, id) in their order
        self.clients = [_Client(name) for name in ("ann", "bob", "eve", "joe")[:self.draw.randint(2, 4)]]
        for _ in range(self.draw.randint(50, 400)):
            self._step()
        self._end()

    def _epoch(self):
        return f"{self.draw.randrange(36 ** 4):x}"

    def _note(self, client, event, **fields):
        self.time += 1
        self.events.append({"client": client, "n": self.time, "t": float(self.time), "event": event, **fields})

    def _step(self):
        client, what = self.draw.choice(self.clients), self.draw.random()
        if what < 0.01:
            self._crash()
        elif client.lost:
            self._connect(client)
        elif what < 0.03:
            client.lost = True
        elif what < 0.15:
            client.id += 1
            name, body = self.draw.choice(list(self.topics)), f"{client.name} says {client.id}"
            originals = [each["offset"] for each in self.topics[name].kept if not each["amends"]]
            amends = self.draw.choice(originals) if originals and self.draw.random() < 0.1 and not self.loses else None
            client.asked[client.id] = (name, body, amends)
            self._note(client.name, "sent", id=client.id, topic=name, body=body, amends=amends)
            client.up.append(("say", client.id))
        elif what < 0.5 and client.up:
            self._serve(client, *client.up.pop(0))
        elif client.down:
            self._read(client, client.down.pop(0))

    def _connect(self, client):
        client.lost, client.down, client.connection = False, [], client.connection + 1
        self._note(client.name, "connected", connection=client.connection)
        client.up = [*(("say", id) for id in sorted(client.asked)), *(("join", topic, client.position(topic)) for topic in self.topics)]
        for topic in self.topics.values():
            topic.members.discard(client)

    def _crash(self):
        for client in self.clients:
            client.lost = True
        if self.loses:
            self._note("disk", "lost-disk")
            self.loses = False
            for name, _, client, id in self.commits[max(len(self.commits) - 4, 0):]:
                topic = self.topics[name]
                topic.epoch = self._epoch()
                topic.kept.pop()
                topic.last -= 1
                self.answers.pop((client, id))

    # ------------------------------------------------------------------------------------------------ the server

    def _serve(self, client, kind, what, since=None):
        if kind == "join":
            return self._join(client, self.topics[what], what, since)
        if (client.name, what) not in self.answers:
            if self.draw.random() < 0.1:
                self.answers[client.name, what] = {"error": {"code": self.draw.choice(("busy", "slow-mode")), "retry": True}}
            else:
                self._publish(client, what)
        client.down.append(("outcome", what, self.answers[client.name, what]))

    def _publish(self, client, id):
        name, body, amends = client.asked[id]
        topic = self.topics[name]
        topic.last += 1
        amended = [each for each in topic.kept if each["offset"] == amends]  # none where it has gone meanwhile
        for each in amended:
            each["body"] = body
        amends = amends if amended else None
        publication = {"offset": topic.last, "by": [client.name, id], "body": body, "amends": amends}
        topic.kept = [*topic.kept, publication][-self.keeps:]
        self.answers[client.name, id] = {"data": {"epoch": topic.epoch, "offset": topic.last}}
        self.commits.append((name, publication, client.name, id))
        for member in topic.members:
            member.down.append(("came", name, dict(publication)))

    def _join(self, client, topic, name, since):
        first = topic.kept[0]["offset"] if topic.kept else topic.last + 1
        recovered = since and since["epoch"] == topic.epoch and first - 1 <= since["offset"] <= topic.last
        state = [each for each in topic.kept if each["offset"] > since["offset"]] if recovered else topic.kept[-3:]
        begin = since["offset"] if recovered else topic.last - len(state)
        client.down.append(("joined", name, {"epoch": topic.epoch, "offset": topic.last, "from": begin, "since": since, "recovered": recovered}))
        client.down.extend(("came", name, dict(each)) for each in state)
        topic.members.add(client)

    # ------------------------------------------------------------------------------------------------ a client

    def _read(self, client, told):
        kind, what, value = told
        if kind == "outcome":
            if client.asked.pop(what, None):
                self._note(client.name, "outcome", id=what, connection=client.connection, **value)
            return
        place = client.places.setdefault(what, {"epoch": None, "last": None})
        if kind == "joined":
            place.update(epoch=value["epoch"], last=place["last"] if value["recovered"] else value["from"])
        else:
            place["last"] = value["offset"]
            value = {"epoch": place["epoch"], "handled": True, **value}
        self._note(client.name, kind, topic=what, connection=client.connection, **value)

    # ------------------------------------------------------------------------------------------------ the end

    def _end(self):
        while busy := [client for client in self.clients if client.lost or client.up or client.down]:
            client = self.draw.choice(busy)
            if client.lost:
                self._connect(client)
            elif client.up:
                self._serve(client, *client.up.pop(0))
            else:
                self._read(client, client.down.pop(0))
        for name, topic in self.topics.items():
            for client in self.clients:
                self._note(client.name, "end", topic=name, epoch=topic.epoch, last=client.position(name)["offset"] if client.position(name) else 0)
            first = topic.kept[0]["offset"] if topic.kept else topic.last + 1
            self._note("observer", "stands", topic=name, epoch=topic.epoch, first=first, last=topic.last)
            for publication in topic.kept:
                self._note("observer", "kept", topic=name, epoch=topic.epoch, **publication)


class _Topic:
    def __init__(self, epoch):
        self.epoch, self.last, self.kept, self.members = epoch, 0, [], set()


class _Client:
    def __init__(self, name):
        self.name, self.id, self.connection, self.lost = name, 0, 0, True
        self.asked, self.places, self.up, self.down = {}, {}, [], []

    def position(self, topic):
        place = self.places.get(topic)
        return place and {"epoch": place["epoch"], "offset": place["last"]}
