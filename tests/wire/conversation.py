"""One client's side of `patchbay.1` without I/O: messages in, events and messages out. It outlives its connections.

Written from framework/WIRE.md and nothing else; the chapters are that page's. It is strict: what the page does not allow a server
raises WireFault. What it knows no member or object of, it ignores (§2).

    conversation.begins() → hello          conversation.receives(message) → [Event, …]          conversation.takes() → [message, …]
"""
import base64
import dataclasses
import typing

from objects import (MOST, check_joined, check_publication, check_welcome, decode, demand, encode, offset_of, outcome_of,
                     size_of)

DEFAULT_LIMITS = {"message": 65536, "topics": 100, "ids": 1000}
RECORDED = "data"  # the kind of request whose outcome the server keeps


class Event(typing.NamedTuple):
    """kind: welcome, joined, publication, left, said, outcome, ping, or again: a `join` to be tried once more after a while (mend())."""
    kind: str
    topic: str = None
    value: object = None


@dataclasses.dataclass
class Asked:
    """A request, from being asked to its outcome. `members` are those besides id and data."""
    kind: str
    members: dict
    data: object = None
    id: int = None          # given when it is first sent
    outcome: dict = None    # {"ok": True}, {"data": …} or {"error": {…}}
    settled: object = None  # is called with the outcome

    @property
    def ok(self):
        return "error" not in self.outcome


@dataclasses.dataclass
class Place:
    """Where the client stands in a topic (§4, §5)."""
    epoch: str = None
    last: int = None
    latest: bool = False
    own: bool = False      # the client has asked for it, so it joins again
    here: bool = False     # joined on this connection
    joining: bool = False  # a join is on its way
    again: bool = False    # what has come behind its `joined` has shown another gap
    hello: dict = None     # the since of this connection's hello, as long as it is unused
    since: dict = None     # that of a join on its way
    told: bool = False     # whether it was recovered, since that join was sent

    @property
    def position(self):
        return {"epoch": self.epoch, "offset": self.last}


class Conversation:
    def __init__(self, secret, token=None, journal=lambda event, **fields: None):
        """`journal(event, **fields)` is told what a checker of histories wants to know (checker.py)."""
        self.secret, self.token, self.journal = secret, token, journal
        self.topics = {}        # name → Place
        self.unanswered = {}    # id → Asked, recorded ones first sent on any connection
        self.waiting = []       # Asked that have no id yet
        self.next_id = 1
        self.connection = 0     # a count of them
        self.welcome = None     # that of this connection
        self.limits = dict(DEFAULT_LIMITS)
        self.others = {}        # id → Asked: joins and the like, of this connection
        self.answered = set()   # ids, on this connection
        self.out = []

    def _note(self, event, **fields):
        self.journal(event, connection=self.connection, **fields)

    # ------------------------------------------------------------------------------------------------ what the client wants

    def ask(self, kind, data=None, settled=None, **members):
        """kind: data, join, leave, history or auth. Sent as soon as may be, and again until its outcome is known: settled(asked).
        Errors: ValueError for more than a message may be."""
        asked = Asked(kind, members, data, MOST, settled=settled)
        size = size_of(self._message(asked))
        if size > self.limits["message"]:
            raise ValueError(f"{size} bytes are more than a message may be, {self.limits['message']}")
        self.waiting.append(asked)
        self._send_waiting()
        return asked

    def tell(self, data):
        """Without an id: at most once, and lost without a connection."""
        if self.welcome is not None:
            self.out.append(encode({}, data) if isinstance(data, bytes) else encode({"data": data}))

    def ping(self):
        self.out.append("{}")

    def mend(self, topic):
        """Joins again, from where the client stands; as soon as the join that is on its way has its outcome, if there is one."""
        place = self.topics.get(topic)
        if self.welcome is not None and place is not None:
            place.again = place.joining
            if not place.joining:
                self.ask("join", join=topic)

    def takes(self):
        """What is to be sent, objects of text joined as far as a message may be long (§2)."""
        taken, self.out = self.out, []
        result, joined, length = [], [], 0
        for message in taken:
            size = size_of(message)
            if joined and (isinstance(message, bytes) or length + 1 + size > self.limits["message"]):
                result.append("\n".join(joined))
                joined, length = [], 0
            if isinstance(message, bytes):
                result.append(message)
            else:
                length += size + bool(joined)
                joined.append(message)
        return result + (["\n".join(joined)] if joined else [])

    # ------------------------------------------------------------------------------------------------ a connection

    def begins(self):
        """A new connection stands: the hello (§3)."""
        self.lost()
        self.connection += 1
        self._note("connected")
        hello = {"client": self.secret, "next": min(self.unanswered, default=self.next_id)}
        if self.token is not None:
            hello["token"] = self.token
        positions = {name: place.position for name, place in self.topics.items() if place.epoch is not None}
        if positions:
            hello["since"] = dict(list(positions.items())[:self.limits["topics"]])
            for name, position in hello["since"].items():
                self.topics[name].hello = position
        return encode({"hello": hello})

    def lost(self):
        """The connection has gone; what was not recorded is asked again on the next, joins first (§7). A join that nobody
        waits for is made anew from `own`."""
        again = sorted((asked for asked in self.others.values() if asked.settled is not None), key=lambda asked: asked.id)
        self.waiting = [*(a for a in again if a.kind == "join"), *(a for a in again if a.kind != "join"), *self.waiting]
        self.others, self.answered, self.out, self.welcome = {}, set(), [], None
        for place in self.topics.values():
            place.here = place.joining = place.again = False
            place.hello = place.since = None

    def receives(self, message):
        size = size_of(message)
        demand(size <= self.limits["message"], f"a message of {size} bytes")
        events = []
        for value in decode(message):
            self._object(value, events.append)
        return events

    def _object(self, value, event):
        if self.welcome is None:
            demand("welcome" in value, f"before welcome: {value}")
            return self._welcomed(value["welcome"], event)
        for kind in ("welcome", "joined", "left", "topic", "people", "at", "ask"):  # the first that it has (§2)
            if kind in value:
                break
        else:
            kind = "id" if "id" in value else "said"
        handle = {"joined": self._joined, "left": self._left, "topic": self._published, "at": self._stands, "id": self._settled,
                  "said": self._said}.get(kind)
        demand(kind != "welcome", "a second welcome")
        if handle is not None:
            handle(value, event)

    def _said(self, value, event):
        """`{}` is a ping or its answer, which whoever has the clock sees to (§9); data alone is the application's, to this connection."""
        if not value:
            event(Event("ping"))
        elif "data" in value:
            event(Event("said", value=value["data"]))

    def _welcomed(self, welcome, event):
        check_welcome(welcome, self.secret)
        self.welcome, self.limits = welcome, welcome["limits"]
        self._note("welcome", you=welcome["you"])
        for number in sorted(self.unanswered):
            self._transmit(self.unanswered[number])
        asked = {asked.members["join"] for asked in self.waiting if asked.kind == "join"}
        rejoins = [Asked("join", {"join": name}) for name, place in self.topics.items() if place.own and name not in asked]
        self.waiting = rejoins + self.waiting
        self._send_waiting()
        event(Event("welcome", value=welcome))

    # ------------------------------------------------------------------------------------------------ topics

    def _joined(self, value, event):
        check_joined(value)
        name, recovered = value["joined"], value.get("recovered")
        place = self.topics.setdefault(name, Place())
        since = place.hello or place.since
        demand(not recovered or since is not None, f"recovered, for who gave no since: {value}")
        demand(recovered is not None or place.hello is None, f"not said whether it was recovered: {value}")
        if recovered:
            demand(place.epoch == value["epoch"], f"recovered, but not what was asked for, {place.position}: {value}")
            demand(since["offset"] == value["from"], f"recovered, but not from {since}: {value}")
        else:
            place.last = value["from"]
        place.epoch = value["epoch"]
        place.latest, place.here = value.get("latest", False), True
        self._note("joined", topic=name, epoch=place.epoch, offset=value["offset"], recovered=recovered, latest=place.latest,
                   since=since if recovered is not None else None, **{"from": value["from"]})
        place.hello, place.told, place.again = None, place.told or recovered is not None, False
        event(Event("joined", name, value))

    def _published(self, value, event):
        check_publication(value)
        name, offset = value["topic"], value.get("offset")
        place = self.topics.get(name)
        demand(place is not None and place.here, f"of a topic that is not joined: {value}")
        if offset is None:
            return event(Event("publication", name, value))
        known = offset <= place.last
        gap = not known and not place.latest and offset > place.last + 1
        self._note("came", topic=name, epoch=place.epoch, offset=offset, by=value.get("by"), data=value["data"],
                   amends=value.get("amends"), key=value.get("key"), handled=not known and not gap)
        if gap:
            self.mend(name)
        elif not known:
            place.last = offset
            event(Event("publication", name, value))

    def _stands(self, value, _):
        for name, offset in value["at"].items():
            offset_of(offset)
            place = self.topics.get(name)
            if place is None or not place.here:
                continue
            self._note("at", topic=name, epoch=place.epoch, offset=offset)
            if place.latest:
                place.last = max(place.last, offset)
            elif place.last < offset:
                self.mend(name)

    def _left(self, value, event):
        self.topics.pop(value["left"], None)
        self._note("left", topic=value["left"])
        event(Event("left", value["left"], value.get("error")))

    # ------------------------------------------------------------------------------------------------ requests

    def _settled(self, value, event):
        number, outcome = value["id"], outcome_of(value)
        asked = self.unanswered.get(number) or self.others.get(number)
        demand(number not in self.answered, f"a second outcome of {number}: {value}")
        if asked is None:
            return  # of a connection before, or given up
        self.answered.add(number)
        asked.outcome = outcome
        self.unanswered.pop(number, None)
        self.others.pop(number, None)
        if asked.kind == RECORDED:
            self._note("outcome", id=number, **asked.outcome)
        else:
            self._settled_topic(asked, event)
        if asked.settled is not None:
            asked.settled(asked)
        event(Event("outcome", value=asked))
        self._send_waiting()

    def _settled_topic(self, asked, event):
        if asked.kind == "join":
            name, place = asked.members["join"], self.topics.get(asked.members["join"])
            if place is None:
                return  # left meanwhile
            since, again = place.since, place.again
            place.joining, place.again, place.since = False, False, None
            if asked.ok:
                demand(place.here, f"joined {name} without `joined`")
                demand(since is None or place.told, f"not said whether {name} was recovered")
                place.own = place.own or asked.settled is not None
                if again:
                    self.mend(name)
            elif place.epoch is None:
                del self.topics[name]
            elif asked.settled is None:  # a gap that was to be mended, or a topic of the last connection
                if asked.outcome["error"]["retry"]:
                    event(Event("again", name))
                else:
                    self._left({"left": name, "error": asked.outcome["error"]}, event)
        elif asked.kind == "leave" and asked.ok:
            self.topics.pop(asked.members["leave"], None)
            self._note("left", topic=asked.members["leave"])
        elif asked.kind == "history" and asked.ok:
            for publication in asked.outcome["data"]["list"]:
                if "bytes" in publication:  # §6
                    publication["data"] = base64.b64decode(publication.pop("bytes"), validate=True)
        elif asked.kind == "auth" and asked.ok:
            self.token = asked.members["auth"]

    def _send_waiting(self):
        """Ids are given as things are sent, so on each connection they only go up. No more requests than the server keeps outcomes of."""
        if self.welcome is None:
            return
        held = []
        for asked in self.waiting:
            if asked.kind == RECORDED and self.next_id - min(self.unanswered, default=self.next_id) >= self.limits["ids"]:
                held.append(asked)
                continue
            asked.id, self.next_id = self.next_id, self.next_id + 1
            if asked.kind == RECORDED:
                self.unanswered[asked.id] = asked
                self._note("sent", id=asked.id, data=asked.data)
            else:
                self.others[asked.id] = asked
            self._transmit(asked)
        self.waiting = held

    def _transmit(self, asked):
        if asked.kind == "join":
            place = self.topics.setdefault(asked.members["join"], Place())
            place.joining, place.told = True, False
            place.since = place.position if place.epoch is not None else None
        self.out.append(self._message(asked))

    def _message(self, asked):
        members = {"id": asked.id, **asked.members}
        place = self.topics.get(asked.members.get("join"))
        if place is not None and place.epoch is not None:
            members["since"] = place.position
        if isinstance(asked.data, bytes):
            return encode(members, asked.data)
        return encode({**members, "data": asked.data} if asked.kind == RECORDED else members)
