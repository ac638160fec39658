"""A proxy between clients and a server that treats connections as networks do: it cuts, stalls, half-closes, and swallows.

What becomes of the n-th connection is drawn from the seed and n alone: a Fate, when it comes (after so many bytes of both directions), and the
sizes of the pieces in which all bytes are passed on. calm() ends what is stalled or swallowed, and new connections are left alone.
"""
import asyncio
import collections
import random
import socket
import struct
import typing

KINDS = ("pass", "cut", "end", "stall", "half", "swallow", "deaf")
PIECE = 1 << 16


class Fate(typing.NamedTuple):
    """pass: nothing. cut: both sides are reset. end: both sides see an end of file. stall: nothing passes for `seconds`, then everything.
    half: one direction ends, the other goes on for `seconds`. swallow: nothing passes in either direction any longer, and neither side hears of
    the other's end; deaf: so in one of them."""
    kind: str
    after: int         # bytes of both directions
    seconds: float
    backward: bool     # which direction is the one: from the server, or to it
    pieces: int        # what passes at a time, at most


def fate_of(seed, number, kinds=KINDS, most=40_000, seconds=(0.2, 3.0)):
    draw = random.Random(f"{seed}/{number}")
    return Fate(draw.choice(kinds), int(draw.random() ** 2 * most), draw.uniform(*seconds), draw.random() < 0.5, draw.choice((7, 1000, PIECE, PIECE)))


class Proxy:
    """`target` is the port of the server, and may change; while nobody listens there, connections are ended."""

    def __init__(self, seed, target=None, **draws):
        self.target = target
        self.draw = lambda number: fate_of(seed, number, **draws)
        self.seen = collections.Counter()  # how many connections met which fate
        self.calmed = False
        self._number = 0
        self._connections = {}  # task → _Pair

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for connection in list(self._connections):
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def calm(self):
        """From here on nothing happens; who has met their fate lose their connections."""
        self.calmed = True
        for connection, pair in list(self._connections.items()):
            if pair.met:
                connection.cancel()

    async def _accept(self, reader, writer):
        task = asyncio.current_task()
        self._number += 1
        pair = self._connections[task] = _Pair(self, self.draw(self._number))
        try:
            await pair.carry(reader, writer)
        except OSError:
            pass
        finally:
            del self._connections[task]


class _Pair:
    def __init__(self, proxy, fate):
        self.proxy, self.fate = proxy, fate
        self.passed, self.met = 0, False
        self.later = asyncio.Event()  # `seconds` have passed since

    async def carry(self, reader, writer):
        writers = [writer]
        try:
            from_server, to_server = await asyncio.open_connection("127.0.0.1", self.proxy.target)
            writers.append(to_server)
            ways = [asyncio.create_task(self._pass(*way)) for way in ((reader, to_server, False), (from_server, writer, True))]
            try:
                await asyncio.gather(*ways)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        except _Cut:
            for each in writers:
                _reset(each)
        finally:
            for each in writers:
                each.close()

    async def _pass(self, reader, writer, backward):
        while data := await reader.read(PIECE):
            for start in range(0, len(data), self.fate.pieces):
                piece = data[start:start + self.fate.pieces]
                if self.fate.kind != "pass" and not self.met and not self.proxy.calmed and self.passed + len(piece) > self.fate.after:
                    self.met = True
                    self.proxy.seen[self.fate.kind] += 1
                    asyncio.get_running_loop().call_later(self.fate.seconds, self.later.set)
                self.passed += len(piece)
                if self.met:
                    await self._meets(reader, writer, backward == self.fate.backward)
                writer.write(piece)
                await writer.drain()
        if self.met and (self.fate.kind == "swallow" or (self.fate.kind == "deaf" and backward == self.fate.backward)):
            await asyncio.Event().wait()  # nobody hears of the end
        writer.write_eof()

    async def _meets(self, reader, writer, mine):
        """Returns where what has just come may pass."""
        kind = self.fate.kind
        if kind == "cut":
            raise _Cut
        if kind == "end":
            raise ConnectionError("the proxy ends it")
        if kind == "stall":
            await self.later.wait()
        elif kind == "half" and mine:
            writer.write_eof()
            await self.later.wait()
            raise _Cut
        elif kind == "swallow" or (kind == "deaf" and mine):
            while await reader.read(PIECE):  # so that the sender notices nothing
                pass
            await asyncio.Event().wait()


class _Cut(Exception):
    pass


def _reset(writer):
    """RST in place of FIN."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
