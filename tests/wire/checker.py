"""The checker of histories: what clients sent, saw acknowledged and received, each in its order, against what a topic may do.

It knows neither client nor server: a history is a list of events, dictionaries, and each rule below looks at them alone. Usage by hand:

    checker.py HISTORY.jsonl        one event a line; prints each contradiction with the events that make it up

Every event has `client`, `n` (its place in that client's order), `t` (seconds of one clock for all clients) and `event`:

| event | fields | |
|---|---|---|
| connected | connection | its hello goes out; whatever comes over it, was said later |
| sent | id, topic, body; amends | a request that is to publish `body` to `topic`, as it is sent for the first time. Bodies are unique |
| outcome | id, connection, and ok, data or error | data may be the position {"epoch", "offset"} at which it was published |
| joined | topic, connection, epoch, offset, from, recovered, since, latest | recovered and since are missing or None where no since was given |
| came | topic, connection, epoch, offset, by, body, handled; amends, id | a publication as it came off the wire. handled: the application has seen it; by: [client, id] |
| at | topic, connection, epoch, offset | what the server says of lost tails |
| end | topic, epoch, last | where the client stood in the topic when all had become quiet |
| stands | topic, epoch, first, last | what an observer found at the very end: the offsets that are kept |
| kept | topic, epoch, offset, by, body; amends | each of the publications that it found |
| durable | topic, epoch, offset | what a store says of itself, where it says so |
| lost-disk | | whoever keeps the histories was made to lose the end of them just now: what was promised before is void |

Rules, by the name that a contradiction has. A *run* is what a client handled of a topic between two joins that recovered nothing.
- gap: the run leaves an offset out, or ends before the topic does.        - double: it has one twice, or one request was published twice.
- reordering: it goes back, or one client's requests, or requests of which one was acknowledged before the other was sent, are published
  the other way round.
- lost acknowledgement: what was acknowledged is not there, or not where the outcome says.
- taken back: what somebody was shown is not there, or is something else.
- early: it was shown or acknowledged before it was durable (only where the store's own events, `durable`, are in the history).
- epoch kept: a topic's offset went back, and its epoch stayed.
- hole: on the wire of one connection, behind `joined`, an offset is missing though nothing was dropped (`drops=False`).
- needless: `recovered` false though the epoch is the same and nothing can have gone (`keeps` publications are kept).
- invented: nobody sent it, or not so.      - undone: an error said that nothing was done, but it was.      - outcomes: none, or two that differ.
"""
import collections
import json
import sys
import typing

NOTHING_DONE = {"failed", "busy", "malformed", "unsupported", "forbidden", "not-joined", "too-many", "too-large"}


class Contradiction(typing.NamedTuple):
    rule: str
    text: str
    events: list  # the fewest that make it up

    def __str__(self):
        return f"{self.rule}: {self.text}\n" + "\n".join("    " + json.dumps(event) for event in self.events)


def check(events, drops=False, keeps=None, settled=True):
    """All contradictions, those of the fewest events first.

    drops: connections may miss what is published while they cannot keep up. keeps: how many publications of a topic are kept at least; None:
    unknown. settled: every request must have had an outcome, and every client have caught up.
    """
    history = _History(events, drops, keeps, settled)
    for rule in (history.runs, history.wires, history.joins, history.places, history.requests, history.acknowledgements, history.shown,
                 history.orders, history.ends, history.durability):
        rule()
    return sorted(history.found, key=lambda contradiction: (len(contradiction.events), contradiction.events[0]["t"]))


class _History:
    def __init__(self, events, drops, keeps, settled):
        self.drops, self.keeps, self.settled, self.found = drops, keeps, settled, []
        self.of = collections.defaultdict(list)        # kind → events, by time
        self.streams = collections.defaultdict(list)   # (client, topic) → its events, in the client's order
        for event in sorted(events, key=lambda event: (event["t"], event["n"])):
            self.of[event["event"]].append(event)
        for event in sorted(events, key=lambda event: event["n"]):
            if "topic" in event and event["event"] in ("joined", "came", "at", "end", "left"):
                self.streams[event["client"], event["topic"]].append(event)
        self.sent = {(event["client"], event["id"]): event for event in self.of["sent"]}
        self.stands = {event["topic"]: event for event in self.of["stands"]}
        self.disk_lost = max((event["t"] for event in self.of["lost-disk"]), default=float("-inf"))
        self.connected = {(event["client"], event["connection"]): event["t"] for event in self.of["connected"]}
        self.publications = sorted(self.of["kept"] + self.of["came"], key=lambda event: event["t"])
        self.versions = {(event["topic"], event["amends"], event["body"]) for event in [*self.publications, *self.of["sent"]] if event.get("amends")}
        self.kept = {(event["topic"], event["epoch"], event["offset"]): event for event in self.of["kept"]}
        self.by_request = collections.defaultdict(list)  # (client, id) → one event for each place it was seen at, the last of them
        places = set()
        for event in sorted(self.publications, key=self.said, reverse=True):
            if event.get("by") and (tuple(event["by"]), _place(event)) not in places:
                places.add((tuple(event["by"]), _place(event)))
                self.by_request[tuple(event["by"])].append(event)
        for events in self.by_request.values():
            events.sort(key=lambda event: event["t"])

    def report(self, rule, text, *events):
        self.found.append(Contradiction(rule, text, [event for event in events if event is not None]))

    def said(self, event):
        """Not before then: what is read may have been long on its way, but no longer than its connection is old."""
        return self.connected.get((event["client"], event.get("connection")), event["t"])

    def void(self, event):
        """What was promised before the disk lost it."""
        return self.said(event) < self.disk_lost

    def amended(self, event):
        """It is there with what a later one has made of it."""
        return (event["topic"], event["offset"], event["body"]) in self.versions

    # ---------------------------------------------------------------------------------------------- what a client handled

    def runs(self):
        for (client, topic), stream in self.streams.items():
            before, latest, have = None, False, {}
            for event in stream:
                if event["event"] == "joined":
                    latest = event.get("latest", False)
                    if not event.get("recovered"):
                        before, have = {**event, "offset": event["from"]}, {}
                elif event["event"] == "came" and event["handled"]:
                    offset = event["offset"]
                    if offset in have:
                        self.report("double", f"{client} was given {offset} of {topic} twice", have[offset], event)
                    elif before is not None and offset < before["offset"]:
                        self.report("reordering", f"{client} was given {offset} of {topic} behind {before['offset']}", before, event)
                    elif before is not None and not latest and offset > before["offset"] + 1:
                        self.report("gap", f"{client} has missed {before['offset'] + 1} of {topic}", before, event)
                    have[offset] = event
                    before = event if before is None or offset > before["offset"] else before

    def ends(self):
        """Where all is quiet, everybody has everything."""
        if not self.settled:
            return
        for event in self.of["end"]:
            stands = self.stands.get(event["topic"])
            if stands and (event["epoch"], event["last"]) != (stands["epoch"], stands["last"]):
                self.report("gap", f"{event['client']} has missed the end of {event['topic']}, and nothing told it", event, stands)

    # ---------------------------------------------------------------------------------------------- what came over a connection

    def wires(self):
        """Behind `joined` comes what is recovered, or any newest state, and then all that is new: each once, in order."""
        for (client, topic), stream in self.streams.items():
            expected, start, connection, before = None, None, None, None
            for event in stream:
                if event["event"] == "joined":
                    start, connection, before = event, event["connection"], None
                    expected = event["from"] + 1
                    if event.get("recovered") and event.get("since") and event["from"] != event["since"]["offset"]:
                        self.report("hole", f"{client} asked for {topic} from {event['since']['offset']}, and got it from {event['from']}", event)
                elif event["event"] == "came" and start and event["connection"] == connection and not start.get("latest"):
                    offset = event["offset"]
                    if offset > expected and not self.drops:
                        self.report("hole", f"{client} should have had {expected} of {topic} next", start, event)
                    elif offset < expected:
                        self.report("double", f"{client} was sent {offset} of {topic} again", start, before, event)
                    expected, before = offset + 1, event

    def joins(self):
        for event in self.of["joined"]:
            since = event.get("since")
            if since is None:
                if event.get("recovered"):
                    self.report("needless", f"{event['topic']} says `recovered` to who gave no since", event)
                continue
            if event.get("recovered") is None:
                self.report("needless", f"{event['topic']} does not say whether it was recovered", event)
            elif event["recovered"] and since["epoch"] != event["epoch"]:
                self.report("epoch kept", f"{event['topic']} was recovered from another epoch", event)
            elif event["recovered"] and since["offset"] > event["offset"]:
                self.report("epoch kept", f"{event['topic']} was recovered from beyond its end", event)
            elif not event["recovered"] and since["epoch"] == event["epoch"] and self.keeps is not None and \
                    0 <= event["offset"] - since["offset"] <= self.keeps:
                self.report("needless", f"{event['topic']} could have been recovered", event)

    # ---------------------------------------------------------------------------------------------- what a topic says of itself

    def places(self):
        """A place holds one thing; a topic's offset does not go back while its epoch stays."""
        first, reported = {}, set()
        for event in self.publications:
            if self.amended(event):
                continue
            place = _place(event)
            known = first.setdefault(place, event)
            if _content(known) != _content(event):
                loss = next((loss for loss in self.of["lost-disk"] if known["t"] < loss["t"] < event["t"]), None)
                if place not in reported:
                    self.report("epoch kept" if loss else "taken back", f"{place[2]} of {place[0]} is two things in one epoch", known, loss, event)
                reported.add(place)
        highest = {}  # (topic, epoch) → what was said of it, later and later, each with a higher offset
        for event in sorted(self.of["joined"] + self.of["came"], key=lambda event: event["t"]):
            line = highest.setdefault((event["topic"], event["epoch"]), [])
            if event["event"] == "joined":
                known = next((known for known in reversed(line) if known["t"] < self.said(event)), None)
                if known is not None and event["offset"] < known["offset"]:
                    self.report("epoch kept", f"{event['topic']} went back to {event['offset']}, and its epoch stayed", known, event)
            if not line or event["offset"] > line[-1]["offset"]:
                line.append(event)
        for topic, stands in self.stands.items():
            for offset in range(stands["first"], stands["last"] + 1):
                if (topic, stands["epoch"], offset) not in self.kept:
                    self.report("gap", f"the history of {topic} itself lacks {offset}", stands)

    def shown(self):
        """What somebody was shown stays, while its epoch does; and where the disk has lost nothing, the epoch does."""
        reported = set()
        for event in self.of["came"]:
            stands, place = self.stands.get(event["topic"]), _place(event)
            if stands is None or place in self.kept or place in reported:
                continue
            if self.void(event):
                continue
            if event["epoch"] != stands["epoch"] or event["offset"] >= stands["first"]:
                reported.add(place)
                self.report("taken back", f"{event['offset']} of {event['topic']} was shown to {event['client']}, and is not there", event, stands)

    # ---------------------------------------------------------------------------------------------- requests

    def requests(self):
        outcomes = collections.defaultdict(list)
        for event in self.of["outcome"]:
            outcomes[event["client"], event["id"]].append(event)
        for request, sent in self.sent.items():
            if self.settled and request not in outcomes:
                self.report("outcomes", f"{request[1]} of {request[0]} has none", sent)
        for request, events in outcomes.items():
            for one, other in zip(events, events[1:]):
                if one["connection"] == other["connection"] or _outcome(one) != _outcome(other):
                    self.report("outcomes", f"{request[1]} of {request[0]} has two", one, other)
            for event in events:
                lasting = [seen for seen in self.by_request.get(request, ()) if not self.void(seen)]
                if (event.get("error") or {}).get("code") in NOTHING_DONE and lasting:
                    self.report("undone", f"{request[1]} of {request[0]} was published all the same", event, lasting[0])
        for request, places in self.by_request.items():
            lasting = [event for event in places if not self.void(event)]
            if len(lasting) > 1:
                self.report("double", f"{request[1]} of {request[0]} was published twice", *lasting[:2])
        self.inventions()

    def inventions(self):
        seen = set()
        for event in self.publications:
            content = (tuple(event.get("by") or ()), _place(event), event["body"])
            if not content[0] or content in seen or self.amended(event):
                continue
            seen.add(content)
            sent = self.sent.get(content[0])
            if sent is None:
                self.report("invented", f"{event['by']} has sent no such thing", event)
            elif (sent["topic"], sent["body"]) != (event["topic"], event["body"]):
                self.report("invented", f"{event['by']} has sent something else", sent, event)

    def acknowledgements(self):
        for event in self.of["outcome"]:
            sent = self.sent.get((event["client"], event["id"]))
            if event.get("error") or sent is None or self.void(event):
                continue
            stands, position = self.stands.get(sent["topic"]), event.get("data")
            places = [_place(seen) for seen in self.by_request[event["client"], event["id"]]]
            position = position if isinstance(position, dict) and "offset" in position else None
            moved = self.of["lost-disk"] and position and position["epoch"] not in (place[1] for place in places)  # it has a new epoch since
            if position and places and (sent["topic"], position["epoch"], position["offset"]) not in places and not moved:
                self.report("lost acknowledgement", f"{event['id']} of {event['client']} is elsewhere than was said", event,
                            self.by_request[event["client"], event["id"]][0])
            elif stands and not any(place in self.kept for place in places) and not self._trimmed(stands, position, places):
                self.report("lost acknowledgement", f"{event['id']} of {event['client']} was acknowledged and is not in {sent['topic']}",
                            sent, event, stands)

    def _trimmed(self, stands, position, places):
        """It may have been kept once, and be too old by now."""
        offsets = [place[2] for place in places if place[1] == stands["epoch"]]
        if position and position["epoch"] == stands["epoch"]:
            offsets.append(position["offset"])
        unknown = not offsets and (position is None or self.of["lost-disk"])
        return any(offset < stands["first"] for offset in offsets) or (unknown and stands["first"] > 1)

    def orders(self):
        """In a topic, a client's requests are in the order of their ids, and what was sent after an acknowledgement is behind it."""
        acknowledged = {(event["client"], event["id"]): event for event in self.of["outcome"] if not event.get("error")}
        histories = collections.defaultdict(list)
        for request, places in self.by_request.items():
            for event in places:
                histories[event["topic"], event["epoch"]].append((event["offset"], request, event))
        for (topic, _), publications in histories.items():
            publications.sort(key=lambda publication: publication[0])
            highest, newest, its = {}, None, None  # of each client; the sending of the one that was sent last, and its publication
            for _, request, event in publications:
                known = highest.get(request[0])
                if known is not None and request[1] < known["by"][1] and known["offset"] < event["offset"]:
                    self.report("reordering", f"{topic}: {request[0]} sent {request[1]} before {known['by'][1]}", known, event)
                if known is None or request[1] > known["by"][1]:
                    highest[request[0]] = event
                mine = acknowledged.get(request)
                if newest is not None and mine is not None and mine["t"] < newest["t"] and its["offset"] < event["offset"]:
                    self.report("reordering", f"{topic}: {request} was acknowledged before what stands before it was sent", mine, newest, its, event)
                sent = self.sent.get(request)
                if sent is not None and (newest is None or sent["t"] > newest["t"]):
                    newest, its = sent, event

    def durability(self):
        durable = {_place(event): event for event in reversed(self.of["durable"])}  # the first time counts
        if not durable:
            return
        reported = set()
        for event in self.of["came"]:
            place = _place(event)
            if place not in reported and (place not in durable or event["t"] < durable[place]["t"]):
                reported.add(place)
                self.report("early", f"{place[2]} of {place[0]} was shown before it was durable", event, durable.get(place))
        for event in self.of["outcome"]:
            request, position = (event["client"], event["id"]), event.get("data")
            if event.get("error") or request not in self.sent:
                continue
            places = [_place(seen) for seen in self.by_request[request]]
            if isinstance(position, dict) and "offset" in position:
                places.append((self.sent[request]["topic"], position["epoch"], position["offset"]))
            known = [durable[place] for place in places if place in durable]
            if places and not any(each["t"] <= event["t"] for each in known):
                self.report("early", f"{event['id']} of {event['client']} was acknowledged before it was durable", event, *known[:1])


def _place(event):
    return event["topic"], event["epoch"], event["offset"]


def _content(event):
    return event["body"], tuple(event.get("by") or ()), event.get("amends")


def _outcome(event):
    return json.dumps([event.get(name) for name in ("ok", "data", "error")], sort_keys=True)


def main(path):
    with open(path, encoding="utf-8") as file:
        contradictions = check([json.loads(line) for line in file])
    for contradiction in contradictions:
        print(contradiction)
    print(f"{len(contradictions)} contradictions")
    return 1 if contradictions else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]) if len(sys.argv) == 2 else __doc__)
