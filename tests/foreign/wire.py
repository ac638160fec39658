"""A WebSocket client of bare bytes, over TCP or TLS: it can send what no library would.   Source: RFC 6455 §5.2"""
import socket
import struct

from programs import PATIENCE

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # the pair of RFC 6455 §1.3


def upgrade(path):
    return (f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n").encode()


def header(opcode, length, fin=True, mask=b"\x37\xfa\x21\x3d"):
    """The start of a client's frame that announces `length` bytes."""
    first = (0x80 if fin else 0) | opcode
    if length < 126:
        return struct.pack("!BB", first, 0x80 | length) + mask
    if length < 65536:
        return struct.pack("!BBH", first, 0x80 | 126, length) + mask
    return struct.pack("!BBQ", first, 0x80 | 127, length) + mask


def masked(payload, mask=b"\x37\xfa\x21\x3d"):
    key = (mask * (len(payload) // 4 + 1))[:len(payload)]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(len(payload), "big")


def frame(opcode, payload=b"", fin=True):
    return header(opcode, len(payload), fin) + masked(payload)


def tcp(port):
    return socket.create_connection(("127.0.0.1", port), PATIENCE)


def tls(port, context, host="localhost", session=None):
    plain = tcp(port)
    try:
        return context.wrap_socket(plain, server_hostname=host, session=session)
    except BaseException:
        plain.close()
        raise


class Wire:
    """One WebSocket connection on a connected socket. Every read has a bound."""

    def __init__(self, connected, path="/echo", behind=b""):
        """Sends the request and `behind` it in one piece, and reads the answer."""
        self.socket = connected
        self.rest = b""
        self.send(upgrade(path) + behind)
        self.answer = self._until(b"\r\n\r\n").decode()
        assert self.answer.startswith("HTTP/1.1 101 "), self.answer

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def frame(self):
        """The next frame: first byte, payload."""
        first, second = self._take(2)
        assert second & 0x80 == 0, "a server must not mask (RFC 6455 §5.1)"
        length = second
        if second == 126:
            length, = struct.unpack("!H", self._take(2))
        elif second == 127:
            length, = struct.unpack("!Q", self._take(8))
        return first, self._take(length)

    def message(self):
        first, payload = self.frame()
        assert first in (0x80 | TEXT, 0x80 | BINARY), f"first byte {first:#x}: {payload[:125]!r}"
        return payload.decode() if first == 0x80 | TEXT else payload

    def close_code(self):
        """The code of the Close frame that must come next; 1005 for none."""
        first, payload = self.frame()
        assert first == 0x80 | CLOSE, f"first byte {first:#x}: {payload[:125]!r}"
        return struct.unpack("!H", payload[:2])[0] if payload else 1005

    def at_end(self):
        """True when the server has ended the connection and nothing more came."""
        return self.rest == b"" and self.socket.recv(1) == b""

    def _take(self, count):
        parts, missing = [self.rest[:count]], count - len(self.rest)
        self.rest = self.rest[count:]
        while missing > 0:
            parts.append(self._receive(min(missing, 1 << 20)))
            missing -= len(parts[-1])
        return b"".join(parts)

    def _until(self, mark):
        while mark not in self.rest:
            self.rest += self._receive(65536)
        head, _, self.rest = self.rest.partition(mark)
        return head

    def _receive(self, most):
        data = self.socket.recv(most)
        if not data:
            raise ConnectionError("the connection ended in the middle")
        return data


def close_payload(code, reason=b""):
    return struct.pack("!H", code) + reason
