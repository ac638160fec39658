"""A small WebSocket server in threads that can do wrong: the load generator is to notice. Messages below 126 bytes only."""
import base64
import hashlib
import socket
import threading
import time

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 §1.3
CLOSE = 0x8


class Connection:
    def __init__(self, server, peer):
        self.server, self.peer, self.unread = server, peer, b""

    def _more(self):
        if not (part := self.peer.recv(65536)):
            raise ConnectionError
        self.unread += part

    def _take(self, count):
        while len(self.unread) < count:
            self._more()
        taken, self.unread = self.unread[:count], self.unread[count:]
        return taken

    def read_head(self):
        while b"\r\n\r\n" not in self.unread:
            self._more()
        head, self.unread = self.unread.split(b"\r\n\r\n", 1)
        return head.decode("ascii")

    def read_frame(self):
        """(opcode, payload)"""
        first, length = self._take(2)
        mask, payload = self._take(4), self._take(length & 0x7f)
        return first & 0xf, bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))

    def send(self, opcode, payload, first=0x80):
        self.peer.sendall(bytes([first | opcode, len(payload)]) + payload)

    def upgrade(self):
        key = next(line.split(": ")[1] for line in self.read_head().split("\r\n") if line.startswith("Sec-WebSocket-Key: "))
        accept = base64.b64encode(hashlib.sha1(key.encode() + GUID).digest()).decode()
        self.peer.sendall(self.server.answer.format(accept=accept).encode())

    def serve(self):
        self.upgrade()
        while True:
            opcode, payload = self.read_frame()
            if opcode == CLOSE:
                self.send(CLOSE, payload)
                return
            self.server.message(self, opcode, payload)


class FakeServer:
    """Echoes. Those that do wrong override `answer` or `message`."""

    answer = ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              "Sec-WebSocket-Accept: {accept}\r\n\r\n")

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.messages = 0
        self.peers = []
        threading.Thread(target=self._accept, daemon=True).start()

    def message(self, connection, opcode, payload):
        self.messages += 1
        connection.send(opcode, payload)

    def close(self):
        """Nobody listens there from here on. Twice is once."""
        if self.listener.fileno() < 0:
            return
        self.listener.shutdown(socket.SHUT_RDWR)  # or the thread that waits there would take one more
        for one in [self.listener, *self.peers]:
            one.close()

    def _accept(self):
        try:
            while True:
                self.peers.append(self.listener.accept()[0])
                threading.Thread(target=self._serve, args=(self.peers[-1],), daemon=True).start()
        except OSError:
            pass  # closed: the test is over

    def _serve(self, peer):
        try:
            Connection(self, peer).serve()
        except (ConnectionError, OSError):
            pass  # the client has gone, as it may
        finally:
            peer.close()


class Stalling(FakeServer):
    """Does nothing for a while, once."""

    def __init__(self, at_message, seconds):
        super().__init__()
        self.at_message, self.seconds = at_message, seconds

    def message(self, connection, opcode, payload):
        if self.messages == self.at_message:
            time.sleep(self.seconds)  # this is what is measured
        super().message(connection, opcode, payload)


class After(FakeServer):
    """Does something else from the tenth message on."""

    def __init__(self, instead):
        super().__init__()
        self.instead = instead

    def message(self, connection, opcode, payload):
        if self.messages < 10:
            super().message(connection, opcode, payload)
        else:
            self.instead(connection, opcode, payload)


class Answering(FakeServer):
    def __init__(self, answer):
        self.answer = answer
        super().__init__()
