"""What is measured, and Patchbay's targets. A cell more is a row in CELLS."""
from dataclasses import dataclass, field, replace

from servers import LIMIT, SERVERS

KIB = 1024
SOCKETS = ("floor", "Patchbay", "TCP", "Beast", "libwebsockets", "ws", "POCO", "Tomcat")
PEERS = tuple(name for name in SOCKETS if name != "TCP")


@dataclass(frozen=True)
class Load:
    """What patchbay-bench is asked for."""
    mode: str
    size: int = 64
    connections: int = 64
    in_flight: int = 1
    message: str = "binary"
    path: str = ""  # of the mode, if empty
    deflate: bool = False
    stalled: int = 0
    rate: int = 0
    addresses: int = 1
    longer: float = 1  # × the seconds that were asked for


@dataclass(frozen=True)
class Target:
    """`metric` of a row, or its ratio to the one of row `against`, is to be at most `most`."""
    most: float
    against: str | None = "floor"
    metric: str = "cpu"


@dataclass(frozen=True)
class Row:
    server: str
    load: Load
    against: str | None = "floor"  # the row that the table's ratio refers to
    targets: tuple = ()


@dataclass(frozen=True)
class Cell:
    """`fresh`: a new process for each measurement. `spread`: servers may use every core. `warm_up`: how many measurements
    long, for what compiles itself as it runs."""
    rows: dict = field(default_factory=dict)
    metric: str = "cpu"
    fresh: bool = False
    spread: bool = False
    most_rounds: int = 10 ** 6
    warm_up: int = 8


def side_by_side(load, target=None, peers=PEERS, path="", **fields):
    """Everyone does the same; `target` × floor is Patchbay's, and so is `path`."""
    rows = {name: Row(name, load) for name in peers}
    if load.size > 8 * KIB:
        rows["Tomcat"] = Row("Tomcat, large messages", load)
    rows["Patchbay"] = replace(rows["Patchbay"], targets=() if target is None else (Target(target),),
                               load=replace(load, path=path))
    return Cell(rows, **fields)


def echo(size, depth, target=None, message="binary"):
    return side_by_side(Load("echo", size, in_flight=depth, message=message), target, SOCKETS if message == "binary" else PEERS)


def fanout(depth):
    return side_by_side(Load("fanout", 128, 1000, depth), 1.05)


def handshake():
    cell = side_by_side(Load("storm", addresses=16, path="/echo"), None, (*PEERS, "POCO hosting"), path="/visit", warm_up=30)
    targets = (Target(1.7), Target(0.75, "POCO hosting"))
    return replace(cell, rows=cell.rows | {"Patchbay": replace(cell.rows["Patchbay"], targets=targets)})


def deflated(load, **rows):
    """Who speaks permessage-deflate, each as the server that does. `rows` come first."""
    load = replace(load, deflate=True, message="json", size=KIB)
    against = next(iter(rows))
    everyone = {name: Row(f"{name}, deflate", load, against) for name in ("Patchbay", "Beast", "libwebsockets", "ws")}
    return rows | everyone


def deflate_echo():
    rows = deflated(Load("echo"), **{"floor": Row("floor", Load("echo", KIB))})
    tomcat = Row("Tomcat", rows["Patchbay"].load)  # it always speaks it; fanned out to 1 000 it takes too long
    return Cell(rows | {"Patchbay": replace(rows["Patchbay"], targets=(Target(5),)), "Tomcat": tomcat})


def deflate_fanout():
    plain = Row("Patchbay", Load("fanout", KIB, 1000, message="json"), None)
    rows = deflated(Load("fanout", connections=1000), **{"Patchbay, plain": plain})
    return Cell(rows | {"Patchbay": replace(rows["Patchbay"], targets=(Target(1.3, "Patchbay, plain"),))})


def typed_echo():
    load = Load("echo", 128, in_flight=16, message="json")
    return Cell({"Patchbay, untyped": Row("Patchbay", load, None),
                 "Patchbay": Row("Patchbay", replace(load, path="/json"), "Patchbay, untyped",
                                 (Target(2.5, "Patchbay, untyped"),))})


def handlers(in_flight):
    """What it costs where a handler may take its time: the page on handlers tells the differences."""
    load = Load("echo", 12, in_flight=in_flight, message="ascii")
    kinds = {"by value": ("/owned", "Patchbay"), "a coroutine": ("/coroutine", "Patchbay, by value"),
             "on the pool": ("/worker", "Patchbay"), "a coroutine that waits for the pool": ("/waiting", "Patchbay")}
    return Cell({"Patchbay": Row("Patchbay", load, None),
                 **{f"Patchbay, {kind}": Row("Patchbay", replace(load, path=path), base) for kind, (path, base) in kinds.items()}})


def pages(in_flight):
    """A page of 1 KiB. nginx, a worker of its own that serves a file, is what a loop is held against: at most twice its CPU time."""
    load = Load("pages", in_flight=in_flight, path="/page")
    rows = {"nginx": Row("nginx", load, None), "Patchbay": Row("Patchbay", load, "nginx", (Target(2, "nginx"),))}
    rows |= {f"Patchbay, {kind}": Row("Patchbay", replace(load, path=path), "nginx")
             for kind, path in {"modules/web": "/pages/page.txt", "a worker": "/worker-page"}.items()}
    return Cell(rows | {name: Row(name, load, "nginx") for name in ("POCO", "Node")})


def tls_echo(depth, target):
    load = Load("echo", KIB, in_flight=depth)
    return Cell({"Beast": Row("Beast, TLS", load, None),
                 "Patchbay": Row("Patchbay, TLS", load, "Beast", (Target(target, "Beast"),)),
                 **{name: Row(f"{name}, TLS", load, "Beast") for name in ("libwebsockets", "ws", "Tomcat")}})


def idle(most, connections, rows):
    """Bytes of RSS for each connection. `rows`: the peer and the server that it is here."""
    result = {}
    for name, server in rows.items():
        load = Load("idle", connections=min(connections, SERVERS[server].most_connections), path="/echo")
        result[name] = Row(server, load, None, (Target(most, None, "connection_bytes"),) if name == "Patchbay" else ())
    return Cell(result, "connection_bytes", fresh=True, most_rounds=3)


def slow():
    """6 MB/s to each of 64, beside nobody and beside 20 who do not read. POCO and Tomcat, which write blocking, would
    wait for these for ever."""
    calm = Load("fanout", 16 * KIB, rate=375, longer=8)
    rows = {}
    for name, server in {"Patchbay": "Patchbay, 1 MiB", "Beast": "Beast", "libwebsockets": "libwebsockets", "ws": "ws"}.items():
        base = f"{name}, all read"
        targets = (Target(1.1, base), Target(2, base, "p99"), Target(LIMIT, None, "stalled_bytes")) if name == "Patchbay" else ()
        rows[base] = Row(server, calm, None)
        rows[name] = Row(server, replace(calm, mode="slow", path="/fanout", stalled=20), base, targets)
    return Cell(rows, fresh=True)


def loops(load):
    base = "Patchbay, 1 loop"
    return Cell({base: Row("Patchbay", load, None)} |
                {f"Patchbay, {count} loops": Row(f"Patchbay, {count} loops", load, base, (Target(1.1, base),)) for count in (2, 4)},
                spread=True)


CELLS = {
    "echo 64 B D1": echo(64, 1, 1.1),
    "echo 1 KiB D1": echo(KIB, 1, 1.1),
    "echo 16 KiB D1": echo(16 * KIB, 1),
    "echo 128 KiB D1": echo(128 * KIB, 1, 1.0),
    "echo 64 B D16": echo(64, 16, 1.1),
    "echo 1 KiB D16": echo(KIB, 16, 1.1),
    "echo 16 KiB D16": echo(16 * KIB, 16, 1.15),
    "text, ASCII, 1 KiB D16": echo(KIB, 16, message="ascii"),
    "text, mixed, 1 KiB D16": echo(KIB, 16, 1.2, "mixed"),
    "text, mixed, 16 KiB D1": echo(16 * KIB, 1, 1.2, "mixed"),
    "fan-out 128 B D1": fanout(1),
    "fan-out 128 B D8": fanout(8),
    "fan-out 128 B D32": fanout(32),
    "handshake": handshake(),
    "deflate echo 1 KiB JSON": deflate_echo(),
    "deflate fan-out 1 KiB": deflate_fanout(),
    "typed echo 128 B D16": typed_echo(),
    "handlers, echo 12 B D1": handlers(1),
    "handlers, echo 12 B D16": handlers(16),
    "pages 1 KiB D1": pages(1),
    "pages 1 KiB D16": pages(16),
    "TLS echo 1 KiB D1": tls_echo(1, 0.6),
    "TLS echo 1 KiB D16": tls_echo(16, 0.15),
    "idle, bytes": idle(600, 5000, {name: name for name in PEERS}),
    "idle with TLS, bytes": idle(16 * KIB, 2000, {name: f"{name}, TLS" for name in ("Patchbay", "Beast", "ws")}),
    "slow consumers": slow(),
    "loops, echo 64 B D16": loops(Load("echo", 64, in_flight=16)),
    "loops, fan-out D8": loops(Load("fanout", 128, 1000, 8)),
}
