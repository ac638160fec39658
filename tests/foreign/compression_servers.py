"""Servers that compress, and what a client of bare bytes needs to talk to them.   Source: RFC 7692 §7"""
import zlib

from programs import Program, Scratch
from wire import Wire, frame, upgrade

RSV1, RSV2, RSV3 = 0x40, 0x20, 0x10
TAIL = b"\x00\x00\xff\xff"
CONTEXT = "permessage-deflate"
OWN = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"


def compressing(test_class, program, endpoints="{}", **settings):
    """A program on a free port with the plugin set as given, such as threshold="1B"; it stops with the class's tests."""
    scratch = Scratch()
    test_class.addClassCleanup(scratch.remove)
    config = ", ".join(f"{key}: {value}" for key, value in settings.items())
    file = scratch.write("server.yaml", 'server: { listen: [ "http://127.0.0.1:0" ], loops: 2 }\n'
                                        f"plugins: [ {{ library: compression, config: {{ {config} }} }} ]\n"
                                        f"endpoints: {endpoints}\n")
    server = Program(program, "--config", file)
    test_class.addClassCleanup(server.stop)
    return server


def deflated(message, window_bits=15, level=6):
    """A message as a sender without context makes it."""
    stream = zlib.compressobj(level, wbits=-window_bits)
    return (stream.compress(message) + stream.flush(zlib.Z_SYNC_FLUSH))[:-len(TAIL)]


class Window:
    """Reads messages one after the other, and nothing that refers further back than 2^bits bytes: with one byte of room
    at a time, zlib has only its window to look back into."""

    def __init__(self, bits):
        self.stream = zlib.decompressobj(wbits=-bits)

    def message(self, payload):
        parts, rest = [], payload + TAIL
        while True:
            parts.append(self.stream.decompress(rest, 1))
            rest = self.stream.unconsumed_tail
            if not parts[-1] and not rest:
                return b"".join(parts)


class Offering(Wire):
    """A connection whose request carries `offers`, each in a header of its own."""

    def __init__(self, connected, *offers, path="/echo"):
        self.socket = connected
        self.rest = b""
        lines = "".join(f"Sec-WebSocket-Extensions: {offer}\r\n" for offer in offers)
        self.send(upgrade(path)[:-2] + lines.encode() + b"\r\n")
        self.answer = self._until(b"\r\n\r\n").decode()

    @property
    def status(self):
        return int(self.answer.split(" ", 2)[1])

    @property
    def agreed(self):
        """The answer's extensions; None without such a header."""
        headers = dict(line.split(": ", 1) for line in self.answer.split("\r\n")[1:])
        return headers.get("Sec-WebSocket-Extensions")


def compressed(opcode, payload, fin=True, rsv=RSV1):
    """A client's frame with reserved bits, whatever its payload is."""
    whole = frame(opcode, payload, fin)
    return bytes([whole[0] | rsv]) + whole[1:]
