"""The objects of `patchbay.1` in messages, and what the page says of their members.   Source: framework/WIRE.md §2, §3, §7"""
import json
import re

MOST = 2 ** 53 - 1
EPOCH = re.compile(r"[0-9a-z]{1,16}")
CODE = re.compile(r"[a-z0-9-]{1,64}")


class WireFault(Exception):
    """The server has said what the page does not allow."""


def encode(value, data=None):
    """An object, or with bytes as its data a binary message."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text if data is None else text.encode() + b"\n" + data


def decode(message):
    """The objects of a message (§2)."""
    if isinstance(message, bytes):
        head, line, data = message.partition(b"\n")
        demand(line, "a binary message without a line feed")
        return [{**_object(head.decode()), "data": data}]
    return [_object(line) for line in message.split("\n")]


def _object(text):
    try:
        value = json.loads(text, object_pairs_hook=_members)
    except ValueError as error:
        raise WireFault(f"no JSON: {error}: {text[:80]!r}") from None
    demand(isinstance(value, dict), f"no object: {text[:80]!r}")
    return value


def _members(pairs):
    demand(len({name for name, _ in pairs}) == len(pairs), "a member stands there twice")
    return dict(pairs)


def size_of(message):
    return len(message) if isinstance(message, bytes) else len(message.encode())


def demand(holds, fault):
    if not holds:
        raise WireFault(fault)


def offset_of(value, least=0):
    demand(type(value) is int and least <= value <= MOST, f"no offset: {value!r}")
    return value


def check_welcome(welcome, secret):
    demand(isinstance(welcome.get("session"), str), f"welcome without session: {welcome}")
    demand(isinstance(welcome.get("you"), str) and len(welcome["you"]) <= 32, f"welcome without you: {welcome}")
    demand(welcome["you"] != secret, "the secret is no public name")
    demand(type(welcome.get("ping")) is int and welcome["ping"] > 0, f"welcome without ping: {welcome}")
    for name in ("message", "topics", "ids"):
        demand(type(welcome.get("limits", {}).get(name)) is int, f"welcome without limits.{name}: {welcome}")


def check_joined(value):
    demand(isinstance(value["joined"], str) and 1 <= len(value["joined"].encode()) <= 255, f"no topic: {value}")
    demand(isinstance(value.get("epoch"), str) and EPOCH.fullmatch(value["epoch"]), f"no epoch: {value}")
    demand(value.get("recovered") is None or type(value["recovered"]) is bool, f"recovered is neither: {value}")
    demand(offset_of(value.get("from")) <= offset_of(value.get("offset")), f"from beyond its end: {value}")


def check_publication(value):
    demand("data" in value, f"a publication without data: {value}")
    by = value.get("by")
    demand(by is None or (isinstance(by, list) and len(by) == 2 and isinstance(by[0], str) and type(by[1]) is int), f"no by: {value}")
    if "offset" in value:
        offset_of(value["offset"], least=1)
    if "amends" in value:
        demand(offset_of(value["amends"], least=1) < value.get("offset", 0), f"amends what comes later: {value}")


def outcome_of(value):
    """{"ok": True}, {"data": …} or {"error": {…}}"""
    outcomes = [name for name in ("ok", "data", "error") if name in value]
    demand(len(outcomes) == 1 and value.get("ok", True) is True, f"not one outcome: {value}")
    if "error" in value:
        error = value["error"]
        demand(isinstance(error.get("code"), str) and CODE.fullmatch(error["code"]), f"no code: {value}")
        demand(type(error.get("retry")) is bool, f"no retry: {value}")
    return {outcomes[0]: value[outcomes[0]]}
