"""modules/web and event streams behind nginx, with its buffering off and on.

Usage: proxied.py PROGRAM
"""
import hashlib
import os
import pathlib
import socket
import subprocess
import sys
import time
import unittest

from site_of_the_tests import BLOCK, Site, large_block, request, write_large
import cases
from programs import PATIENCE, Scratch

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else sys.exit(__doc__)
NGINX = "/usr/sbin/nginx"
if not os.path.exists(NGINX):
    sys.exit("This test needs nginx: apt-get install nginx-light")
LARGE = 16  # MiB
ATTEMPTS = 5  # a port that is free now may be taken when nginx comes to it
CONFIGURATION = """daemon off;
pid nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    upstream site {{
        server 127.0.0.1:{server};
        keepalive 4;
    }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://site;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_buffering {buffering};
        }}
    }}
}}
"""

def accepts(port):
    try:
        with socket.create_connection(("127.0.0.1", port), 1):
            return True
    except OSError:
        return False

class Proxied(unittest.TestCase):
    buffering = None

    @classmethod
    def setUpClass(cls):
        cls.site = Site(cls, PROGRAM)
        write_large(cls.site.root / "large.bin", LARGE)
        cls.site.age("large.bin")
        scratch = Scratch()
        cls.addClassCleanup(scratch.remove)
        folder = pathlib.Path(scratch.folder)
        folder.chmod(0o755)  # for its workers, who are somebody else where nginx runs as root
        cls.port = cls.start(folder)

    @classmethod
    def start(cls, folder):
        for _ in range(ATTEMPTS):
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = free.getsockname()[1]
            (folder / "nginx.conf").write_text(CONFIGURATION.format(server=cls.site.port, port=port, buffering=cls.buffering))
            with (folder / "said").open("w") as said:
                nginx = subprocess.Popen([NGINX, "-p", folder, "-c", folder / "nginx.conf", "-e", "stderr"], stderr=said)
            deadline = time.monotonic() + PATIENCE
            while nginx.poll() is None and time.monotonic() < deadline:
                if accepts(port):
                    cls.addClassCleanup(nginx.wait, PATIENCE)
                    cls.addClassCleanup(nginx.terminate)
                    return port
                time.sleep(0.02)
        raise AssertionError("nginx does not start: " + (folder / "said").read_text())

    def listen(self, path):
        """A connection that has asked for the event stream."""
        connection = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        self.addCleanup(connection.close)
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        self.wait_for(1)
        return connection

    def wait_for(self, listeners):
        deadline = time.monotonic() + PATIENCE
        while (count := int(request(self.site.port, "GET", "/listeners").body)) != listeners:
            self.assertLess(time.monotonic(), deadline, f"{count} listeners, not {listeners}")
            time.sleep(0.01)

    def tell(self, text):
        self.assertEqual(request(self.port, "POST", "/tell", body=text).status, 200)

    def read_until(self, connection, marker):
        told = b""
        while marker not in told:
            piece = connection.recv(1 << 16)
            self.assertTrue(piece, f"ended behind {told}")
            told += piece
        return told

    def passes_at_once(self, path):
        connection = self.listen(path)
        self.read_until(connection, b"data: 0\n\n")
        for number in range(1, 4):
            self.tell(f"event {number}")
            self.read_until(connection, f"data: event {number}\n\n".encode())  # before the next is told
        connection.close()
        self.wait_for(0)  # that its client has gone is passed on, too

class WithoutBuffering(Proxied):
    buffering = "off"

    def test_an_event_stream_passes_at_once(self):
        self.passes_at_once("/events")

    def test_a_stream_that_ends_ends_for_the_client(self):
        connection = self.listen("/events")
        self.tell("last")
        request(self.port, "POST", "/end")
        told = b""
        while piece := connection.recv(1 << 16):
            told += piece
        self.assertIn(b"data: last\n\n", told)
        self.assertTrue(told.endswith(b"0\r\n\r\n"), told[-50:])

    def test_files_come_whole_and_in_parts(self):
        expected = hashlib.sha256(b"".join(large_block(number) for number in range(LARGE))).hexdigest()
        self.assertEqual(hashlib.sha256(request(self.port, "GET", "/files/large.bin").body).hexdigest(), expected)
        part = request(self.port, "GET", "/files/large.bin", {"Range": f"bytes={BLOCK}-{2 * BLOCK - 1}"})
        self.assertEqual((part.status, part.body), (206, large_block(1)))
        head = request(self.port, "HEAD", "/files/large.bin")
        self.assertEqual((head["Content-Length"], head.body), (str(LARGE * BLOCK), b""))
        self.assertEqual(request(self.port, "GET", "/files/large.bin", {"If-None-Match": head["ETag"]}).status, 304)

    def test_one_who_reads_slowly_gets_all_of_it(self):
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(PATIENCE)
            connection.connect(("127.0.0.1", self.port))
            connection.sendall(b"GET /files/large.bin HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            time.sleep(0.3)  # it reads nothing for a while
            size = 0
            while piece := connection.recv(1 << 20):
                size += len(piece)
        self.assertGreater(size, LARGE * BLOCK)

class WithBuffering(WithoutBuffering):
    buffering = "on"

    def test_an_event_stream_passes_at_once(self):
        """It does not, unless it says so: nginx keeps what is not much until there is more, or the end."""
        self.passes_at_once("/events?unbuffered")

cases.run_unittest("integration_web_proxied")
