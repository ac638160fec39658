"""One thing changed in a history in which all was well, and the rules of checker.py that must find it.

A change takes events and where to draw from, and returns the events with one fault, or None where there is no place for it.
"""


def _handled(events):
    """Of the last run of each client and topic, its handled events, two at least."""
    runs = {}
    for event in events:
        if event["event"] == "joined" and not event.get("recovered"):
            runs[event["client"], event["topic"]] = []
        elif event["event"] == "came" and event["handled"]:
            runs[event["client"], event["topic"]].append(event)
    return [run for run in runs.values() if len(run) > 2]


def leave_out(events, draw):
    """a client has missed one"""
    runs = _handled(events)
    gone = draw.choice(draw.choice(runs)[1:-1]) if runs else None
    return gone and [event for event in events if event is not gone]


def leave_out_the_end(events, draw):
    """a client has missed the last one"""
    runs = _handled(events)
    if not runs:
        return None
    last = draw.choice(runs)[-1]
    ends = ("end", last["client"], last["topic"])
    return [event if (event["event"], event["client"], event.get("topic")) != ends else {**event, "last": event["last"] - 1}
            for event in events if event is not last]


def give_twice(events, draw):
    """a client has handled one twice"""
    runs = _handled(events)
    again = draw.choice(draw.choice(runs)) if runs else None
    return again and events + [{**events[-1], **again, "n": len(events) + 1, "t": events[-1]["t"] + 1}]


def turn_round(events, draw):
    """a client has handled two the other way round"""
    runs = _handled(events)
    if not runs:
        return None
    run = draw.choice(runs)
    where = draw.randrange(len(run) - 1)
    one, other = run[where], run[where + 1]
    swapped = {id(one): {**one, "n": other["n"], "t": other["t"]}, id(other): {**other, "n": one["n"], "t": one["t"]}}
    return [swapped.get(id(event), event) for event in events]


def forget_the_end(events, draw):
    """the last one of a topic, which was acknowledged, is not there, and nobody has seen it"""
    acknowledged = {(event["client"], event["id"]) for event in events if event["event"] == "outcome" and not event.get("error")}
    lasts = {event["topic"]: event for event in events if event["event"] == "kept"}
    lasts = [event for event in lasts.values() if tuple(event["by"]) in acknowledged]
    if not lasts or any(event["event"] == "lost-disk" for event in events):
        return None
    last = draw.choice(lasts)
    place = (last["topic"], last["epoch"], last["offset"])
    rest = [event for event in events
            if event["event"] not in ("came", "kept") or (event["topic"], event["epoch"], event["offset"]) != place]
    return [{**event, "last": last["offset"] - 1} if event["event"] in ("stands", "end") and event["topic"] == last["topic"] else event
            for event in rest]


def show_another(events, draw):
    """a client was shown something else at a place"""
    came = [event for event in events if event["event"] == "came"]
    other = draw.choice(came) if came else None
    return other and [{**event, "body": "something else"} if event is other else event for event in events]


def publish_twice(events, draw):
    """a request was published twice"""
    kept = [event for event in events if event["event"] == "kept"]
    if len({event["topic"] for event in kept}) == len(kept):
        return None
    one = draw.choice(kept)
    others = [event for event in kept if event["topic"] == one["topic"] and event is not one]
    other = draw.choice(others) if others else None
    return other and [{**event, "by": one["by"], "body": one["body"]} if event is other else event for event in events]


def recover_nothing(events, draw):
    """a topic was not recovered though it could have been"""
    joined = [event for event in events if event["event"] == "joined" and event.get("recovered")]
    one = draw.choice(joined) if joined else None
    return one and [{**event, "recovered": False} if event is one else event for event in events]


def answer_nothing(events, draw):
    """a request has no outcome"""
    outcomes = [event for event in events if event["event"] == "outcome"]
    gone = draw.choice(outcomes) if outcomes else None
    return gone and [event for event in events if (event["event"], event["client"], event.get("id")) != ("outcome", gone["client"], gone["id"])]


def answer_wrongly(events, draw):
    """an outcome says that nothing was done"""
    kept = {tuple(event["by"]) for event in events if event["event"] == "kept"}
    outcomes = [event for event in events if event["event"] == "outcome" and (event["client"], event["id"]) in kept]
    one = draw.choice(outcomes) if outcomes else None
    error = {"data": None, "ok": None, "error": {"code": "failed", "retry": False}}
    return one and [{**event, **error} if (event["event"], event["client"], event.get("id")) == ("outcome", one["client"], one["id"]) else event
                    for event in events]


def keep_the_epoch(events, draw):
    """a topic that has lost its end, and goes on, has its old epoch"""
    losses = [event["t"] for event in events if event["event"] == "lost-disk"]
    seen = [event for event in events if event["event"] in ("joined", "came") and losses and event["t"] < losses[0]]
    renewed = {}
    for event in events:
        if event["event"] == "joined" and losses and event["t"] > losses[0]:
            renewed.setdefault(event["topic"], event)
    topics = [topic for topic, event in renewed.items() if max((e["offset"] for e in seen if e["topic"] == topic), default=0) > event["offset"]]
    if not topics:
        return None
    topic = draw.choice(topics)
    old = next(event["epoch"] for event in seen if event["topic"] == topic)
    changed = []
    for event in events:
        event = {**event, "epoch": old} if event.get("topic") == topic and "epoch" in event else event
        changed.append(event)
    return changed


CHANGES = {
    leave_out: {"gap"}, leave_out_the_end: {"gap"}, give_twice: {"double"}, turn_round: {"double", "reordering"},
    forget_the_end: {"lost acknowledgement"}, show_another: {"taken back", "invented"}, publish_twice: {"double"}, recover_nothing: {"needless"},
    answer_nothing: {"outcomes"}, answer_wrongly: {"undone"}, keep_the_epoch: {"epoch kept"},
}
