"""The server of these tests, and the folder that it serves."""
import gzip
import http.client
import os
import pathlib
import re
import socket
import sys

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", folder) for folder in ("support", "foreign")]
from programs import PATIENCE, Program, Scratch  # noqa: E402

HOUR = 3600
TEXT = "".join(f"line {number}\n" for number in range(2000))
BLOCK = 1 << 20


def large_block(number):
    """A megabyte of the large file: no two are alike, so that none can come in another's place."""
    return (f"block {number:10} ".encode() * (BLOCK // 16 + 1))[:BLOCK]


def write_large(path, megabytes):
    with open(path, "wb") as file:
        for number in range(megabytes):
            file.write(large_block(number))


class Site:
    """`root` is what is served; `root.parent` holds what must never be."""

    def __init__(self, case, program, *arguments):
        scratch = Scratch()
        case.addClassCleanup(scratch.remove)
        self.root = pathlib.Path(scratch.folder) / "root"
        (self.root / "docs").mkdir(parents=True)
        self.write("../secret.txt", "secret")
        self.write("index.html", "<h1>start</h1>")
        self.write("docs/index.html", "<h1>docs</h1>")
        self.write("text.txt", TEXT)
        self.write(".hidden", "secret")
        os.symlink(self.root.parent / "secret.txt", self.root / "link.txt")
        self.age("text.txt")
        (self.root / "text.txt.gz").write_bytes(gzip.compress(TEXT.encode()))
        self.age("text.txt.gz")
        os.environ["PATCHBAY_TEST_FOLDER"] = str(self.root)
        self.server = Program(program, "--port", "0", "--loops", "2", *arguments)
        case.addClassCleanup(self.server.stop)
        self.port = self.server.port

    def write(self, name, text):
        (self.root / name).write_text(text)

    def age(self, name):
        """As if nobody had touched it for an hour: then its tag is a strong one."""
        at = os.stat(self.root / name).st_mtime - HOUR
        os.utime(self.root / name, (at, at))

    def open_files(self):
        """How many files below the root the server has open."""
        folder = f"/proc/{self.server.process.pid}/fd"
        count = 0
        for name in os.listdir(folder):
            try:
                count += os.readlink(os.path.join(folder, name)).startswith(str(self.root))
            except FileNotFoundError:
                pass
        return count

    def memory(self):
        """What the server itself holds.   Units: bytes."""
        with open(f"/proc/{self.server.process.pid}/status", encoding="ascii") as file:
            return int(re.search(r"RssAnon:\s+(\d+) kB", file.read()).group(1)) * 1024


class Response:
    def __init__(self, response):
        self.status, self.headers = response.status, response.headers
        self.body = response.read()

    def __getitem__(self, name):
        return self.headers.get(name)


def request(port, method, path, headers=None, body=None, tls=None):
    """One request on a connection of its own."""
    if tls:
        connection = http.client.HTTPSConnection("localhost", port, timeout=PATIENCE, context=tls)
    else:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        return Response(connection.getresponse())
    finally:
        connection.close()


def raw(port, text):
    """What comes for these bytes until the server ends the connection."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        connection.sendall(text.encode("latin-1"))
        told = b""
        while piece := connection.recv(1 << 16):
            told += piece
    return told
